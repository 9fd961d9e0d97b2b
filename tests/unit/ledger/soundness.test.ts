import 'fake-indexeddb/auto'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Ledger } from '@/lib/ledger/ledger'
import { PAYMENT_STATES } from '@/lib/ledger/states'
import { usd } from '@/lib/money/usd'
import { agentScope, everything, siteScope } from '@/lib/policy/limits'
import { payeeId } from '@/lib/policy/site-record'
import { authorization, draft, limits, NETWORK, openLedger, paymentIn, SHOP, TRANSACTION, USDC, WALLET } from './books'
import { done, rawDatabase } from './faults'

const NOON = Date.UTC(2026, 10, 21, 12)
const DAY = 86_400_000
const AGENT = 'shopping-agent'
const SCOPES = [everything('test'), siteScope('test', SHOP), agentScope('test', AGENT)]

let now = NOON
let name: string
let ledger: Ledger
beforeEach(async () => {
  now = NOON
  name = crypto.randomUUID()
  ledger = await openLedger({ name, now: () => now })
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** Changes what the ledger keeps, behind its back. */
async function tamper(store: 'tallies' | 'holds', change: (row: Record<string, unknown>) => Record<string, unknown>) {
  const db = await rawDatabase(name)
  const objects = db.transaction(store, 'readwrite').objectStore(store)
  for (const row of await done(objects.getAll())) await done(objects.put(change(row)))
}

/** Everything the ledger keeps besides its rows. */
async function kept() {
  const tallies = await ledger.tallies(SCOPES)
  return {
    days: SCOPES.map((scope) => tallies(scope).days),
    held: await ledger.held(WALLET, NETWORK, USDC),
    site: await ledger.siteRecord({ network: NETWORK, site: SHOP }),
  }
}

describe('the totals', () => {
  test('are what the rows say, whatever became of the payments', async () => {
    expect(await ledger.isSound()).toBe(true)
    for (const state of PAYMENT_STATES) {
      await paymentIn(ledger, state)
      await paymentIn(ledger, state, { agent: AGENT })
      now += DAY
    }
    expect(await ledger.isSound()).toBe(true)
  })

  test('are still so after months, when old days are forgotten', async () => {
    for (let days = 0; days < 90; days += 9) {
      now = NOON + days * DAY
      await paymentIn(ledger, days % 2 ? 'settled' : 'unknown')
      expect(await ledger.isSound()).toBe(true)
    }
    now += 40 * DAY
    expect(await ledger.isSound()).toBe(true)
  })

  test('are still so after a flight to the other end of the day', async () => {
    vi.stubEnv('TZ', 'Pacific/Kiritimati')
    // Just after midnight there, which is yesterday's morning in Pago Pago.
    now = Date.parse('2026-11-20T10:00:00Z')
    await paymentIn(ledger, 'settled')
    vi.stubEnv('TZ', 'Pacific/Pago_Pago')
    // The last minute of the thirtieth day.
    now = Date.parse('2026-12-21T10:59:00Z')
    await paymentIn(ledger, 'settled')
    expect((await ledger.moment()).day).toBe('2026-12-20')
    expect(await ledger.isSound()).toBe(true)
  })

  test.each([
    ['too small', (days: Record<string, bigint>) => ({ ...days, '2026-11-21': 1n })],
    ['too large', (days: Record<string, bigint>) => ({ ...days, '2026-11-21': 10n ** 9n })],
    ['of a day without payments', (days: Record<string, bigint>) => ({ ...days, '2026-11-01': 1n })],
    ['gone', () => ({})],
  ])('are found out when one is %s', async (_, change) => {
    await paymentIn(ledger, 'sent')
    await tamper('tallies', (row) => ({ ...row, days: change(row.days as Record<string, bigint>) }))
    expect(await ledger.isSound()).toBe(false)
  })

  test.each([0n, 1n, 40_000n])('are found out when %s units are held for 20,000', async (units) => {
    await paymentIn(ledger, 'sent')
    await tamper('holds', (row) => ({ ...row, units }))
    expect(await ledger.isSound()).toBe(false)
  })

  test('are found out when nothing is held that should be', async () => {
    await paymentIn(ledger, 'unknown')
    const db = await rawDatabase(name)
    await done(db.transaction('holds', 'readwrite').objectStore('holds').clear())
    expect(await ledger.isSound()).toBe(false)
  })

  test('are worked out anew from the rows alone', async () => {
    for (const state of PAYMENT_STATES) await paymentIn(ledger, state, { agent: AGENT })
    const { id } = await paymentIn(ledger, 'settled')
    await ledger.answer(id, 402, null)
    const before = await kept()
    await tamper('tallies', (row) => ({ ...row, days: {}, seconds: {} }))
    await tamper('holds', (row) => ({ ...row, units: 1n }))
    expect(await ledger.isSound()).toBe(false)
    await ledger.recount()
    expect(await ledger.isSound()).toBe(true)
    expect(await kept()).toEqual(before)
  })

  test('are not changed by working them out', async () => {
    for (const state of PAYMENT_STATES) await paymentIn(ledger, state)
    const before = await kept()
    await ledger.recount()
    await ledger.recount()
    expect(await kept()).toEqual(before)
  })
})

describe('what is known of a site', () => {
  const record = (network: string = NETWORK) => ledger.siteRecord({ network, site: SHOP })
  const payee = payeeId(draft())

  test('is nothing at first, then whom it was paid through', async () => {
    expect(await record()).toEqual({ payees: [], fruitless: 0, denied: false })
    await paymentIn(ledger, 'reserved')
    expect((await record()).payees).toEqual([])
    await paymentIn(ledger, 'signed')
    await paymentIn(ledger, 'signed', { payTo: draft().payTo.toLowerCase() })
    expect((await record()).payees).toEqual([payee])
    await paymentIn(ledger, 'signed', { payTo: '0xanother', decidedBy: 'user' })
    expect((await record()).payees).toEqual([payee, `${NETWORK}/0xanother`])
    expect((await record('eip155:8453')).payees).toEqual([])
  })

  test('counts payments in a row that brought nothing, each once, until one brings something', async () => {
    // The last is a connection that failed, which may have been the page's doing.
    for (const status of [402, 500, 404, 0]) {
      const { id } = await paymentIn(ledger, 'sent')
      await ledger.answer(id, status, null)
      await ledger.resend(id)
      await ledger.answer(id, status, null)
    }
    expect(await record()).toMatchObject({ fruitless: 3, denied: false })
    const { id } = await paymentIn(ledger, 'sent')
    await ledger.answer(id, 200, null)
    expect(await record()).toMatchObject({ fruitless: 0 })
  })

  test.each(['first the answer', 'first the chain'])('says that it took money for nothing: %s', async (order) => {
    const { id } = await paymentIn(ledger, 'sent')
    const steps = [() => ledger.answer(id, 402, null), () => ledger.settle(id, TRANSACTION)]
    for (const step of order === 'first the answer' ? steps : steps.toReversed()) await step()
    expect(await ledger.get(id)).toMatchObject({ state: 'settled', answer: { status: 402 } })
    expect(await record()).toMatchObject({ denied: true, fruitless: 1 })
  })

  test('is made good by content that comes after all', async () => {
    const { id } = await paymentIn(ledger, 'sent')
    await ledger.settle(id, TRANSACTION)
    await ledger.answer(id, 500, null)
    expect((await record()).denied).toBe(true)
    await ledger.answer(id, 200, null)
    expect(await record()).toMatchObject({ denied: false, fruitless: 0 })
    expect(await ledger.get(id)).toMatchObject({ state: 'settled', answer: { status: 200 } })
  })

  test('says nothing against a site whose payment ran out unused', async () => {
    const { id } = await paymentIn(ledger, 'unknown')
    await ledger.expire(id)
    expect((await record()).denied).toBe(false)
  })

  test('remembers fifty payees, the latest', async () => {
    for (let payees = 0; payees < 52; payees += 1)
      await paymentIn(ledger, 'signed', { payTo: `0x${payees}`, decidedBy: 'user', price: usd(1n) })
    const { payees } = await record()
    expect([payees.length, payees[0], payees.at(-1)]).toEqual([50, `${NETWORK}/0x2`, `${NETWORK}/0x51`])
  })
})

describe('the nonce of a payment', () => {
  test('is in one row only, though it was worked out anew', async () => {
    const { nonce } = await paymentIn(ledger, 'settled')
    await ledger.recount()
    const { id } = await ledger.reserve(draft(), limits())
    await expect(ledger.sign(id, authorization({ nonce: nonce as `0x${string}` }))).rejects.toMatchObject({
      code: 'nonce_used',
    })
  })
})
