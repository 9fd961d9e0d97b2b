import 'fake-indexeddb/auto'

import { describe, expect, test } from 'vitest'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import { type Ledger, WrongStep } from '@/lib/ledger/ledger'
import type { Draft, Payment } from '@/lib/ledger/payment'
import { CREDIT } from '@/lib/money/assets'
import { CLOUDFLARE } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { disagreementOf } from '@/lib/payment/disagreement'
import { everything } from '@/lib/policy/limits'
import { spentIn } from '@/lib/policy/tally'
import { authorization, CREDENTIAL, draft, existing, limitsUnder, openLedger, paymentIn, SHOP } from './books'

const AGENT = 'https://agent.example'
const ALL = everything('main')

const billed = (changes: Partial<Draft> = {}): Draft =>
  draft({
    dialect: 'crawler',
    rail: 'deferred',
    network: CLOUDFLARE.id,
    asset: CREDIT.micros.address,
    payTo: 'merchant',
    from: AGENT,
    ...changes,
  })

/** A payment of two cents that was sent. */
async function sent(ledger: Ledger): Promise<Payment> {
  const { id } = await ledger.reserve(billed(), limitsUnder({ mostPerDay: usd(50_000n) }, { network: CLOUDFLARE.id }))
  await ledger.sign(id, { ...authorization(), method: 'http-signature' })
  return ledger.send(id, CREDENTIAL)
}

const spent = async (ledger: Ledger) => spentIn((await ledger.tallies([ALL]))(ALL), 'day', ledger.moment().day)
const held = (ledger: Ledger) => ledger.held(AGENT, CLOUDFLARE.id, CREDIT.micros.address)

describe('what is billed later', () => {
  test('is done when it is brought, and stays counted', async () => {
    const ledger = await openLedger()
    const { id } = await sent(ledger)
    const payment = await ledger.answer(id, 200, null)
    expect(payment).toMatchObject({ state: 'settled', history: [{}, {}, {}, { state: 'settled' }] })
    expect(payment).not.toHaveProperty('open')
    expect(payment).not.toHaveProperty('transaction')
    expect([await spent(ledger), await held(ledger)]).toEqual([20_000n, 0n])
    expect(await ledger.isSound()).toBe(true)
  })

  test('counts in real money’s limits', async () => {
    const ledger = await openLedger()
    await sent(ledger)
    await sent(ledger)
    await expect(sent(ledger)).rejects.toMatchObject({ reason: { code: 'over_day_limit' } })
  })

  test.each([0, 402, 403, 500])(
    'is of unknown outcome after an answer %i, and stays counted and open',
    async (status) => {
      const ledger = await openLedger()
      const { id, request } = await sent(ledger)
      expect(await ledger.answer(id, status, null)).toMatchObject({ state: 'unknown' })
      expect(await ledger.openPurchases(request)).toHaveLength(1)
      expect(await spent(ledger)).toBe(20_000n)
      expect(await ledger.isSound()).toBe(true)
    },
  )

  test('is free again when a person does not find it on the bill, and no more for asking twice', async () => {
    const ledger = await openLedger()
    const { id, request } = await sent(ledger)
    await ledger.answer(id, 500, null)
    expect(await ledger.readBill(id, false)).toMatchObject({ state: 'expired' })
    expect([await spent(ledger), await held(ledger)]).toEqual([0n, 0n])
    expect(await ledger.openPurchases(request)).toEqual([])
    await ledger.readBill(id, false)
    await expect(ledger.readBill(id, true)).rejects.toBeInstanceOf(WrongStep)
    expect(await spent(ledger)).toBe(0n)
    expect(await ledger.isSound()).toBe(true)
  })

  test('was taken for nothing when a person does find it there', async () => {
    const ledger = await openLedger()
    const { id } = await sent(ledger)
    await ledger.answer(id, 500, null)
    expect(await ledger.readBill(id, true)).toMatchObject({ state: 'settled' })
    expect(await spent(ledger)).toBe(20_000n)
    expect((await ledger.siteRecord({ network: CLOUDFLARE.id, site: SHOP })).denied).toBe(true)
    expect(await ledger.isSound()).toBe(true)
  })

  test('says nothing of what a chain knows: no bill frees that', async () => {
    const ledger = await openLedger()
    const { id } = await paymentIn(ledger, 'unknown')
    await expect(ledger.readBill(id, false)).rejects.toBeInstanceOf(WrongStep)
    expect((await existing(ledger, id)).state).toBe('unknown')
  })

  test('is no bill while it is under way', async () => {
    const ledger = await openLedger()
    const { id } = await sent(ledger)
    await expect(ledger.readBill(id, false)).rejects.toBeInstanceOf(WrongStep)
  })
})

describe('a charge above the price', () => {
  const said = (charged: bigint): ReportedReceipt => ({
    success: true,
    transaction: null,
    errorReason: null,
    units: charged,
  })

  test('is told, and not believed', async () => {
    const ledger = await openLedger()
    const { id } = await sent(ledger)
    const payment = await ledger.answer(id, 200, said(30_000n))
    expect(disagreementOf(payment)).toBe('charged_more')
    expect([payment.price, await spent(ledger)]).toEqual([20_000n, 20_000n])
  })

  test.each([20_000n, 10_000n])('is not one of %s', async (charged) => {
    const ledger = await openLedger()
    const { id } = await sent(ledger)
    const payment = await ledger.answer(id, 200, said(charged))
    expect(disagreementOf(payment)).toBeNull()
    // Only the bill could show that it was less.
    expect(await spent(ledger)).toBe(20_000n)
  })
})
