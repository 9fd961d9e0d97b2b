import 'fake-indexeddb/auto'

import { describe, expect, test, vi } from 'vitest'
import { Ledger, LimitReached } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import { usd } from '@/lib/money/usd'
import { dayCounter, siteDayCounter } from '@/lib/policy/limits'
import {
  authorization,
  CREDENTIAL,
  draft,
  existing,
  limits,
  NETWORK,
  openLedger,
  paymentIn,
  requestNamed,
  SHOP,
  TRANSACTION,
  USDC,
  WALLET,
} from './books'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 21, 12)
const TODAY = dayCounter('test', '2026-11-21')
const SHOP_TODAY = siteDayCounter('test', SHOP, '2026-11-21')

const total = async (ledger: Ledger, counter = TODAY) => (await ledger.totals([counter]))(counter)
const held = (ledger: Ledger) => ledger.held(WALLET, NETWORK, USDC)
const atNoon = { now: () => NOON }

describe('a reservation', () => {
  test('holds its price in every total and its units in the wallet', async () => {
    const ledger = await openLedger(atNoon)
    const payment = await ledger.reserve(draft(), limits())
    expect(payment).toEqual({
      ...draft(),
      id: expect.any(String),
      createdAt: NOON,
      state: 'reserved',
      history: [{ state: 'reserved', at: NOON }],
      counters: [TODAY, SHOP_TODAY],
    })
    expect(await existing(ledger, payment.id)).toEqual(payment)
    expect([await total(ledger), await total(ledger, SHOP_TODAY), await held(ledger)]).toEqual([
      20_000n,
      20_000n,
      20_000n,
    ])
  })

  test('goes up to a limit exactly', async () => {
    const ledger = await openLedger(atNoon)
    for (let payments = 0; payments < 3; payments += 1) await ledger.reserve(draft(), limits(60_000n))
    await expect(ledger.reserve(draft({ units: 1n, price: usd(1n) }), limits(60_000n))).rejects.toBeInstanceOf(
      LimitReached,
    )
    expect(await total(ledger)).toBe(60_000n)
  })

  test.each([
    ['over_day_limit', limits(39_999n, 1_000_000n), '$0.039999'],
    ['over_site_day_limit', limits(5_000_000n, 39_999n), '$0.039999'],
  ])('that would go above a limit says so, and leaves no trace: %s', async (code, limitsOf, cap) => {
    const onChange = vi.fn()
    const ledger = await openLedger({ ...atNoon, onChange })
    await ledger.reserve(draft(), limitsOf)
    onChange.mockClear()
    const reason = { code, values: { site: 'shop.example', total: '$0.04', cap } }
    await expect(ledger.reserve(draft(), limitsOf)).rejects.toMatchObject({ name: 'LimitReached', reason })
    expect([await total(ledger), await total(ledger, SHOP_TODAY), await held(ledger)]).toEqual([
      20_000n,
      20_000n,
      20_000n,
    ])
    expect(await ledger.list(10)).toHaveLength(1)
    expect(onChange).not.toHaveBeenCalled()
  })

  test('under limits that cannot be told leaves no trace', async () => {
    const ledger = await openLedger(atNoon)
    const broken = () => {
      throw new Error('no rules')
    }
    await expect(ledger.reserve(draft(), broken)).rejects.toThrow('no rules')
    expect([await held(ledger), await ledger.list(10)]).toEqual([0n, []])
  })

  test('among a thousand at once gets through exactly as often as the limit allows', async () => {
    const ledger = await openLedger(atNoon)
    const attempts = Array.from({ length: 1_000 }, () => ledger.reserve(draft(), limits(2_000_000n, 5_000_000n)))
    const results = await Promise.allSettled(attempts)
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error)
    expect(results.length - failures.length).toBe(100)
    expect(failures.every((failure) => failure instanceof LimitReached)).toBe(true)
    expect([await total(ledger), await held(ledger)]).toEqual([2_000_000n, 2_000_000n])
    expect(await ledger.list(1_000)).toHaveLength(100)
  }, 30_000)
})

describe('what is held', () => {
  test.each([
    ['reserved', 20_000n, 20_000n],
    ['signed', 20_000n, 20_000n],
    ['sent', 20_000n, 20_000n],
    ['unknown', 20_000n, 20_000n],
    ['settled', 20_000n, 0n],
    ['expired', 0n, 0n],
    ['released', 0n, 0n],
  ] as const)('by a payment that is %s: %s in the totals, %s in the wallet', async (state, spent, units) => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, state)
    expect([await total(ledger), await total(ledger, SHOP_TODAY), await held(ledger)]).toEqual([spent, spent, units])
  })

  test('is given back once, however often it is said', async () => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, 'sent')
    const { id } = await paymentIn(ledger, 'signed')
    await Promise.all([ledger.expire(id), ledger.expire(id), ledger.expire(id)])
    expect([await total(ledger), await held(ledger)]).toEqual([20_000n, 20_000n])
  })

  test('is kept by wallet, network and token, in any case of letters', async () => {
    const ledger = await openLedger(atNoon)
    await ledger.reserve(draft(), limits())
    await ledger.reserve(draft({ from: WALLET.toLowerCase() }), limits())
    await ledger.reserve(draft({ network: 'eip155:8453' }), limits())
    await ledger.reserve(draft({ asset: '0xother' }), limits())
    expect(await held(ledger)).toBe(40_000n)
    expect(await ledger.held('0xnobody', NETWORK, USDC)).toBe(0n)
  })

  test('comes out of the totals of its own day, not of the day it ends', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => now })
    const { id } = await paymentIn(ledger, 'sent')
    now += 24 * HOUR
    await paymentIn(ledger, 'sent')
    await ledger.expire(id)
    expect([await total(ledger), await total(ledger, dayCounter('test', '2026-11-22'))]).toEqual([0n, 20_000n])
  })
})

describe('the clock', () => {
  test('at midnight gives a fresh day', async () => {
    let now = Date.UTC(2026, 10, 21, 23, 59, 59, 999)
    const ledger = await openLedger({ now: () => now })
    await ledger.reserve(draft(), limits(20_000n))
    await expect(ledger.reserve(draft(), limits(20_000n))).rejects.toBeInstanceOf(LimitReached)
    now += 1
    await ledger.reserve(draft(), limits(20_000n))
    expect(await ledger.today()).toBe('2026-11-22')
  })

  test('that is set back refills nothing, even after a restart', async () => {
    let now = NOON
    const name = crypto.randomUUID()
    const ledger = await openLedger({ name, now: () => now })
    await ledger.reserve(draft(), limits(20_000n))
    now -= 48 * HOUR
    const restarted = await openLedger({ name, now: () => now })
    for (const books of [ledger, restarted]) {
      expect(await books.today()).toBe('2026-11-21')
      await expect(books.reserve(draft(), limits(20_000n))).rejects.toBeInstanceOf(LimitReached)
    }
  })

  test('that is set back makes no payment older than the one before', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => now })
    const first = await ledger.reserve(draft(), limits())
    now -= HOUR
    expect((await ledger.reserve(draft(), limits())).createdAt).toBeGreaterThanOrEqual(first.createdAt)
  })
})

describe('a signature', () => {
  test('is on the books before it is made: nonce, time limit and digest', async () => {
    const ledger = await openLedger()
    const { id } = await ledger.reserve(draft(), limits())
    const authorized = authorization()
    await ledger.sign(id, authorized)
    expect(await existing(ledger, id)).toMatchObject({
      state: 'signed',
      authorization: authorized,
      nonce: authorized.nonce,
    })
  })

  test('never has a nonce that was used before, whatever became of that payment', async () => {
    const ledger = await openLedger()
    for (const state of ['signed', 'sent', 'unknown', 'settled', 'expired'] as const) {
      const { nonce } = await paymentIn(ledger, state)
      const { id } = await ledger.reserve(draft(), limits())
      await expect(ledger.sign(id, authorization({ nonce: nonce as `0x${string}` }))).rejects.toThrow()
      const payment = await existing(ledger, id)
      expect(payment.state).toBe('reserved')
      expect(payment).not.toHaveProperty('authorization')
    }
  })

  test('is made for one of many takers only', async () => {
    const ledger = await openLedger()
    const { id } = await ledger.reserve(draft(), limits())
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => ledger.sign(id, authorization())))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('the bytes that were sent', () => {
  test('are kept, and go out again unchanged', async () => {
    const ledger = await openLedger()
    const { id, authorization: signed } = await paymentIn(ledger, 'unknown')
    expect(await ledger.resend(id)).toMatchObject({ state: 'sent', credential: CREDENTIAL, authorization: signed })
  })
})

describe('an answer', () => {
  test.each([200, 201, 204, 206, 299])('of %i brings the content: the purchase is complete', async (status) => {
    const ledger = await openLedger(atNoon)
    const { id } = await paymentIn(ledger, 'sent')
    const payment = await ledger.answer(id, status, { success: true, transaction: '0x01', errorReason: null })
    expect(payment).toMatchObject({ state: 'sent', answer: { status, at: NOON }, receipt: { transaction: '0x01' } })
    expect(payment).not.toHaveProperty('open')
    expect(await ledger.openPurchases(payment.request)).toEqual([])
  })

  test.each([0, 100, 199, 300, 302, 304, 402, 404, 500, 502])(
    'of %i leaves the outcome unknown, and the money held',
    async (status) => {
      const ledger = await openLedger(atNoon)
      const { id } = await paymentIn(ledger, 'sent')
      const payment = await ledger.answer(id, status, { success: false, transaction: null, errorReason: 'no' })
      expect(payment).toMatchObject({ state: 'unknown', answer: { status, at: NOON }, receipt: { errorReason: 'no' } })
      expect(await ledger.openPurchases(payment.request)).toEqual([payment])
      expect([await total(ledger), await held(ledger)]).toEqual([20_000n, 20_000n])
    },
  )

  test('that brought the content is not undone by another one later', async () => {
    const ledger = await openLedger()
    const { id } = await paymentIn(ledger, 'sent')
    const delivered = await ledger.answer(id, 200, { success: true, transaction: '0x01', errorReason: null })
    await ledger.answer(id, 402, null)
    expect(await existing(ledger, id)).toEqual(delivered)
  })

  test('to the same bytes, sent again, may still bring the content', async () => {
    const ledger = await openLedger()
    const { id, request } = await paymentIn(ledger, 'unknown')
    await ledger.resend(id)
    await ledger.answer(id, 200, null)
    expect(await ledger.openPurchases(request)).toEqual([])
  })
})

describe('open purchases of a request', () => {
  test.each([
    ['reserved', 0],
    ['signed', 1],
    ['sent', 1],
    ['unknown', 1],
    ['settled', 0],
    ['expired', 0],
    ['released', 0],
  ] as const)('when one is %s: %i', async (state, count) => {
    const ledger = await openLedger()
    await paymentIn(ledger, state)
    expect(await ledger.openPurchases(requestNamed('an article'))).toHaveLength(count)
  })

  test('are of that request alone', async () => {
    const ledger = await openLedger()
    await paymentIn(ledger, 'unknown', { request: requestNamed('another article') })
    const open = await paymentIn(ledger, 'unknown')
    expect(await ledger.openPurchases(requestNamed('an article'))).toEqual([open])
  })
})

describe('the latest that was paid for a request, since a time', () => {
  const delivered = async (ledger: Ledger) => {
    const { id } = await paymentIn(ledger, 'sent')
    return ledger.answer(id, 200, null)
  }
  const latest = (ledger: Ledger, since: number) => ledger.latestPaid(requestNamed('an article'), since)

  test('is what brought its content from then on', async () => {
    const ledger = await openLedger(atNoon)
    expect(await latest(ledger, 0)).toBeUndefined()
    const payment = await delivered(ledger)
    expect([await latest(ledger, NOON), await latest(ledger, NOON + 1)]).toEqual([payment, undefined])
    expect(await ledger.latestPaid(requestNamed('another article'), 0)).toBeUndefined()
  })

  test('is what the chain shows, whatever the answer was', async () => {
    const ledger = await openLedger(atNoon)
    const { id } = await paymentIn(ledger, 'unknown')
    const settled = await ledger.settle(id, TRANSACTION)
    expect(await latest(ledger, NOON)).toEqual(settled)
  })

  test.each(['reserved', 'signed', 'sent', 'unknown', 'released', 'expired'] as const)(
    'is not what is %s without an answer of 2xx',
    async (state) => {
      const ledger = await openLedger(atNoon)
      await paymentIn(ledger, state)
      expect(await latest(ledger, 0)).toBeUndefined()
    },
  )

  test('is found behind later attempts that failed', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => (now += 1) })
    const [, last] = [await delivered(ledger), await delivered(ledger)]
    for (let attempts = 0; attempts < 3; attempts += 1) await paymentIn(ledger, 'unknown')
    expect(await latest(ledger, NOON)).toEqual(last)
  })
})

describe('the list', () => {
  /** Everything, page by page, as a screen asks for it. */
  async function pages(ledger: Ledger, size: number): Promise<Payment[]> {
    const shown: Payment[] = []
    for (;;) {
      const page = await ledger.list(size, shown.at(-1))
      if (page.length === 0) return shown
      shown.push(...page)
    }
  }

  test('is newest first, page by page, each payment once', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => (now += 1) })
    for (let payments = 0; payments < 7; payments += 1)
      await ledger.reserve(draft({ url: `${SHOP}/${payments}` }), limits())
    const urls = (await ledger.list(100)).map(({ url }) => url)
    expect(urls).toEqual([6, 5, 4, 3, 2, 1, 0].map((payments) => `${SHOP}/${payments}`))
    expect((await pages(ledger, 3)).map(({ url }) => url)).toEqual(urls)
    expect(await ledger.list(2)).toHaveLength(2)
  })

  test('leaves out no payment that was made at the same moment as another', async () => {
    const ledger = await openLedger(atNoon)
    for (let payments = 0; payments < 5; payments += 1) await ledger.reserve(draft(), limits())
    expect(await pages(ledger, 2)).toHaveLength(5)
  })

  test('of the unfinished has what the chain must still speak on', async () => {
    const ledger = await openLedger()
    for (const state of ['reserved', 'signed', 'sent', 'unknown', 'settled', 'expired', 'released'] as const)
      await paymentIn(ledger, state)
    const states = (await ledger.unfinished()).map(({ state }) => state)
    expect(states.toSorted()).toEqual(['reserved', 'sent', 'signed', 'unknown'])
  })
})

describe('after a restart', () => {
  test('another ledger on the same database sees the same books', async () => {
    const name = crypto.randomUUID()
    const before = await openLedger({ ...atNoon, name })
    const payment = await paymentIn(before, 'sent')
    before.close()
    const after = await openLedger({ ...atNoon, name })
    expect(await after.list(10)).toEqual([payment])
    expect([await total(after), await held(after)]).toEqual([20_000n, 20_000n])
  })

  test('two ledgers at once on the same database share one limit', async () => {
    const name = crypto.randomUUID()
    const [one, other] = [await openLedger({ ...atNoon, name }), await openLedger({ ...atNoon, name })]
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, index) => (index % 2 ? one : other).reserve(draft(), limits(200_000n))),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    expect(await total(one)).toBe(200_000n)
  })

  test('a database of a newer version is not opened', async () => {
    const name = crypto.randomUUID()
    const today = await openLedger({ name })
    await paymentIn(today, 'sent')
    today.close()
    const upgrade = indexedDB.open(name, 20)
    upgrade.onupgradeneeded = () => upgrade.result.createObjectStore('invoices')
    await new Promise((resolve) => {
      upgrade.onsuccess = resolve
    })
    upgrade.result.close()
    const ledger = new Ledger({ name })
    await expect(ledger.open()).rejects.toThrow()
    ledger.close()
  })
})

describe('every change', () => {
  test('is told when it is on the books', async () => {
    const told: Payment[] = []
    const ledger = await openLedger({ onChange: (payment) => told.push(payment) })
    const { id } = await paymentIn(ledger, 'unknown')
    await ledger.settle(id, TRANSACTION)
    expect(told.map(({ state }) => state)).toEqual(['reserved', 'signed', 'sent', 'unknown', 'settled'])
    expect(told.at(-1)).toEqual(await existing(ledger, id))
  })
})
