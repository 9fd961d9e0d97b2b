import 'fake-indexeddb/auto'

import { describe, expect, test, vi } from 'vitest'
import { type Ledger, LimitReached, PayeeChanged, WrongStep } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import { usd } from '@/lib/money/usd'
import { everything, siteScope } from '@/lib/policy/limits'
import { spentIn } from '@/lib/policy/tally'
import { AGENT, auto, budget } from '../policy/situations'
import {
  authorization,
  CREDENTIAL,
  draft,
  existing,
  limits,
  limitsUnder,
  NETWORK,
  openLedger,
  paymentIn,
  requestNamed,
  SHOP,
  TRANSACTION,
  USDC,
  WALLET,
} from './books'
import { failWrites } from './faults'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 21, 12)
const TODAY = '2026-11-21'
const ALL = everything('test')
const AT_SHOP = siteScope('test', SHOP)

const total = async (ledger: Ledger, scope = ALL, day = TODAY) =>
  spentIn((await ledger.tallies([scope]))(scope), 'day', day)
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
      scopes: [ALL, AT_SHOP],
      day: TODAY,
    })
    expect(await existing(ledger, payment.id)).toEqual(payment)
    expect([await total(ledger), await total(ledger, AT_SHOP), await held(ledger)]).toEqual([20_000n, 20_000n, 20_000n])
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
    ['over_day_limit', limits(39_999n, 1_000_000n), '', '$0.039999'],
    ['over_site_day_limit', limits(5_000_000n, 39_999n), 'shop.example', '$0.039999'],
  ])('that would go above a limit says so, and leaves no trace: %s', async (code, limitsOf, name, cap) => {
    const onChange = vi.fn()
    const ledger = await openLedger({ ...atNoon, onChange })
    await ledger.reserve(draft(), limitsOf)
    onChange.mockClear()
    const reason = { code, values: { name, total: '$0.04', cap } }
    await expect(ledger.reserve(draft(), limitsOf)).rejects.toMatchObject({ name: 'LimitReached', reason })
    expect([await total(ledger), await total(ledger, AT_SHOP), await held(ledger)]).toEqual([20_000n, 20_000n, 20_000n])
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

describe('a limit', () => {
  const spend = async (ledger: Ledger, times: number, changes: Parameters<typeof draft>[0] = {}) => {
    for (let paid = 0; paid < times; paid += 1) await paymentIn(ledger, 'sent', changes)
  }

  test.each([
    ['over_week_limit', limitsUnder({ mostPerWeek: usd(50_000n) }), '', '$0.06', '$0.05'],
    ['over_month_limit', limitsUnder({ mostPerMonth: usd(50_000n) }), '', '$0.06', '$0.05'],
    [
      'over_site_week_limit',
      limitsUnder({ sites: { [SHOP]: auto(1n, [], { mostPerWeek: usd(50_000n) }) } }),
      'shop.example',
      '$0.06',
      '$0.05',
    ],
  ] as const)(
    'is kept in the one transaction that reserves, with its figures: %s',
    async (code, of, name, total, cap) => {
      const ledger = await openLedger(atNoon)
      await spend(ledger, 2)
      const reason = { code, values: { name, total, cap } }
      await expect(ledger.reserve(draft(), of)).rejects.toMatchObject({ name: 'LimitReached', message: code, reason })
    },
  )

  test('of payments a minute frees one payment after another, as each minute ends', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => now })
    const twoAMinute = limitsUnder({ mostPerMinute: 2 })
    for (const second of [0, 30]) {
      now = NOON + second * 1000
      await ledger.reserve(draft(), twoAMinute)
    }
    for (const [second, isFree] of [
      [59, false],
      [60, true],
      [61, false],
      [89, false],
      [90, true],
    ] as const) {
      now = NOON + second * 1000
      const { length } = await ledger.list(10)
      await ledger.reserve(draft(), twoAMinute).catch(() => undefined)
      expect([second, (await ledger.list(10)).length - length]).toEqual([second, isFree ? 1 : 0])
    }
  })

  test('of payments a minute counts those that were signed, whatever came of them, and none that never was', async () => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, 'released')
    await paymentIn(ledger, 'expired')
    await ledger.reserve(draft(), limitsUnder({ mostPerMinute: 2 }))
    await expect(ledger.reserve(draft(), limitsUnder({ mostPerMinute: 2 }))).rejects.toMatchObject({
      reason: { code: 'over_minute_limit', values: { name: '', cap: '2' } },
    })
  })

  test("of a domain holds for all its sites together, and for no other's", async () => {
    const ledger = await openLedger(atNoon)
    const sites = { 'shop.example': auto(1n, [], { mostPerDay: usd(50_000n) }) }
    const at = (site: string) => ledger.reserve(draft({ site }), limitsUnder({ sites }, { site }))
    for (const site of ['https://notshop.example', 'https://shop.example.org', 'https://shop-b.example']) await at(site)
    await at(SHOP)
    await at('https://www.shop.example')
    await expect(at('https://a.b.shop.example')).rejects.toMatchObject({
      reason: { code: 'over_site_day_limit', values: { name: 'shop.example', total: '$0.06', cap: '$0.05' } },
    })
  })

  test('of an agent counts what it did unseen, and not what a person approved', async () => {
    const ledger = await openLedger(atNoon)
    const agents = { [AGENT]: budget(1n, { mostPerDay: usd(40_000n) }) }
    const its = limitsUnder({ agents }, { agent: AGENT })
    await ledger.reserve(draft({ agent: AGENT, decidedBy: 'user' }), limits())
    await ledger.reserve(draft({ agent: null }), limits())
    await ledger.reserve(draft({ agent: AGENT }), its)
    await ledger.reserve(draft({ agent: AGENT }), its)
    await expect(ledger.reserve(draft({ agent: AGENT }), its)).rejects.toMatchObject({
      reason: { code: 'over_agent_day_limit', values: { name: AGENT } },
    })
  })

  test('that was lowered below what is spent already stops the next payment', async () => {
    const ledger = await openLedger(atNoon)
    await spend(ledger, 3)
    await expect(ledger.reserve(draft(), limits(10_000n))).rejects.toBeInstanceOf(LimitReached)
    expect(await total(ledger)).toBe(60_000n)
  })
})

describe('a payee that a site was never paid through', () => {
  const other = { payTo: '0xsomebodyelse' }

  test('is not paid by the rules, and nothing is held for it', async () => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, 'sent')
    await expect(ledger.reserve(draft(other), limits())).rejects.toBeInstanceOf(PayeeChanged)
    expect([await held(ledger), (await ledger.list(10)).length]).toEqual([20_000n, 1])
  })

  test('is paid when a person approves, and by the rules from then on', async () => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, 'sent')
    await paymentIn(ledger, 'signed', { ...other, decidedBy: 'user' })
    expect((await paymentIn(ledger, 'signed', other)).state).toBe('signed')
  })

  test('is not signed for either, when another was faster in between', async () => {
    const ledger = await openLedger(atNoon)
    const [first, second] = [await ledger.reserve(draft(), limits()), await ledger.reserve(draft(other), limits())]
    await ledger.sign(first.id, authorization())
    await expect(ledger.sign(second.id, authorization())).rejects.toBeInstanceOf(PayeeChanged)
    expect((await ledger.release(second.id)).state).toBe('released')
    expect(await held(ledger)).toBe(20_000n)
  })

  test('is nothing new where only a reservation was made, or other money paid', async () => {
    const ledger = await openLedger(atNoon)
    await paymentIn(ledger, 'released')
    await paymentIn(ledger, 'sent', { network: 'eip155:8453' })
    expect((await paymentIn(ledger, 'signed', other)).state).toBe('signed')
  })
})

describe('what MetaMask did not sign', () => {
  test('is free again where the person said no, and its nonce stays used', async () => {
    const ledger = await openLedger(atNoon)
    const { id, authorization: refused } = await paymentIn(ledger, 'signed')
    expect(await ledger.unsigned(id)).toMatchObject({ state: 'released', nonce: refused?.nonce })
    expect([await held(ledger), await ledger.isSound()]).toEqual([0n, true])
    const next = await ledger.reserve(draft(), limits())
    await expect(ledger.sign(next.id, refused ?? authorization())).rejects.toMatchObject({ code: 'nonce_used' })
  })

  test('is held where nobody knows, but is no open purchase, and can never be sent', async () => {
    const ledger = await openLedger(atNoon)
    const { id, request } = await paymentIn(ledger, 'signed')
    expect(await ledger.openPurchases(request)).toHaveLength(1)
    await ledger.unsent(id)
    expect([await ledger.openPurchases(request), await held(ledger)]).toEqual([[], 20_000n])
    await expect(ledger.send(id, CREDENTIAL)).rejects.toBeInstanceOf(WrongStep)
    expect((await ledger.unfinished()).map((row) => row.id)).toEqual([id])
    await ledger.expire(id)
    expect(await held(ledger)).toBe(0n)
  })
})

describe('a disk that says no', () => {
  test.each([
    ['QuotaExceededError', 'full'],
    ['UnknownError', 'unreadable'],
    ['AbortError', 'unreadable'],
  ] as const)('with %s is trouble: %s, and the payment is not made', async (error, trouble) => {
    const onChange = vi.fn()
    const ledger = await openLedger({ ...atNoon, onChange })
    const { mend } = failWrites(error)
    await expect(ledger.reserve(draft(), limits())).rejects.toMatchObject({ code: 'books_unusable' })
    expect([ledger.trouble, await ledger.list(10), onChange.mock.calls]).toEqual([trouble, [], []])
    mend()
    await (trouble === 'full' ? ledger.retry() : ledger.open())
    expect(ledger.trouble).toBeNull()
    await ledger.reserve(draft(), limits())
    expect(await ledger.isSound()).toBe(true)
  })

  test('is still trouble when it is tried again in vain', async () => {
    const ledger = await openLedger(atNoon)
    failWrites('QuotaExceededError')
    await ledger.reserve(draft(), limits()).catch(() => undefined)
    await ledger.retry()
    expect(ledger.trouble).toBe('full')
  })

  test('leaves a payment as it was, to be gone on with', async () => {
    const ledger = await openLedger(atNoon)
    const before = await paymentIn(ledger, 'signed')
    const { mend } = failWrites('QuotaExceededError')
    await expect(ledger.send(before.id, CREDENTIAL)).rejects.toMatchObject({ code: 'books_unusable' })
    expect(await existing(ledger, before.id)).toEqual(before)
    mend()
    expect((await ledger.send(before.id, CREDENTIAL)).state).toBe('sent')
    expect(ledger.trouble).toBeNull()
  })
})

describe('a ceiling', () => {
  async function sentUpTo(ledger: Ledger) {
    const { id } = await ledger.reserve(draft(), limits())
    await ledger.sign(id, authorization({ method: 'upto' }))
    await ledger.send(id, CREDENTIAL)
    return id
  }

  test.each([0n, 8_000n, 20_000n])('is held whole, and costs the %s that the chain shows', async (taken) => {
    const ledger = await openLedger(atNoon)
    const id = await sentUpTo(ledger)
    await ledger.answer(id, 200, { success: true, transaction: null, units: 1n, errorReason: null })
    expect([await total(ledger), await total(ledger, AT_SHOP), await held(ledger)]).toEqual([20_000n, 20_000n, 20_000n])
    expect(await ledger.settle(id, TRANSACTION, taken)).toMatchObject({
      units: 20_000n,
      charged: { units: taken, price: taken },
    })
    expect([await total(ledger), await total(ledger, AT_SHOP), await held(ledger)]).toEqual([taken, taken, 0n])
    expect(await ledger.isSound()).toBe(true)
    await ledger.recount()
    expect([await total(ledger), await held(ledger)]).toEqual([taken, 0n])
    // Once and for good.
    await ledger.settle(id, TRANSACTION, 20_000n)
    expect(await total(ledger)).toBe(taken)
  })

  test('is never exceeded, and an exact price never undercut, whatever is said to have been taken', async () => {
    const ledger = await openLedger(atNoon)
    const upTo = await sentUpTo(ledger)
    await expect(ledger.settle(upTo, TRANSACTION, 20_001n)).rejects.toThrow('of at most')
    const exact = await paymentIn(ledger, 'sent', { request: requestNamed('another article') })
    for (const taken of [19_999n, 20_001n])
      await expect(ledger.settle(exact.id, TRANSACTION, taken)).rejects.toThrow('of exactly')
    expect([await total(ledger), await held(ledger)]).toEqual([40_000n, 40_000n])
  })
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
    expect([await total(ledger), await total(ledger, AT_SHOP), await held(ledger)]).toEqual([spent, spent, units])
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
    expect([await total(ledger), await total(ledger, ALL, '2026-11-22')]).toEqual([0n, 20_000n])
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
    expect((await ledger.moment()).day).toBe('2026-11-22')
  })

  test('that is set back refills nothing, even after a restart', async () => {
    let now = NOON
    const name = crypto.randomUUID()
    const ledger = await openLedger({ name, now: () => now })
    await ledger.reserve(draft(), limits(20_000n))
    now -= 48 * HOUR
    const restarted = await openLedger({ name, now: () => now })
    for (const books of [ledger, restarted]) {
      expect((await books.moment()).day).toBe(TODAY)
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

  test('that was ahead is believed at once, also by a payment that comes along with it', async () => {
    let now = NOON + 365 * 24 * HOUR
    const name = crypto.randomUUID()
    const ledger = await openLedger({ name, now: () => now })
    await ledger.reserve(draft(), limits())
    now = NOON
    // Steps of one moment share a transaction.
    const [, payment] = await Promise.all([ledger.resetClock(), ledger.reserve(draft(), limits())])
    expect(payment).toMatchObject({ createdAt: NOON, day: TODAY })
    expect(await total(ledger)).toBe(20_000n)
    expect((await openLedger({ name, now: () => now })).moment()).toEqual({ now: NOON, day: TODAY })
  })

  test('that was a year ahead for a while makes nothing of today free again once it is believed', async () => {
    let now = NOON
    const ledger = await openLedger({ now: () => now })
    await ledger.reserve(draft(), limits(30_000n))
    now += 365 * 24 * HOUR
    await ledger.reserve(draft(), limits(30_000n))
    now = NOON + HOUR
    await ledger.resetClock()
    expect(ledger.moment()).toEqual({ now, day: TODAY })
    expect(await total(ledger)).toBe(20_000n)
    await expect(ledger.reserve(draft(), limits(30_000n))).rejects.toBeInstanceOf(LimitReached)
    expect(await ledger.isSound()).toBe(true)
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

describe('the same bytes, asked for by many at once', () => {
  test('are one step for the books, and no error', async () => {
    const ledger = await openLedger()
    const { id } = await paymentIn(ledger, 'unknown')
    const resent = await Promise.all([ledger.resend(id), ledger.resend(id), ledger.resend(id)])
    expect(resent.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent'])
    const { history } = await existing(ledger, id)
    expect(history.filter(({ state }) => state === 'sent')).toHaveLength(2)
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
