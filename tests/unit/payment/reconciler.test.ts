import 'fake-indexeddb/auto'

import { beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import type { Ledger } from '@/lib/ledger/ledger'
import { PAYMENT_STATES, type PaymentState } from '@/lib/ledger/states'
import { Reconciler } from '@/lib/payment/reconciler'
import { viewPayment } from '@/lib/payment/views'
import { existing, NETWORK, openLedger, paymentIn, USDC, WALLET } from '../ledger/books'

beforeEach(() => {
  fakeBrowser.reset()
})

async function oneOfEach(ledger: Ledger) {
  const payments = await Promise.all(PAYMENT_STATES.map((state) => paymentIn(ledger, state)))
  const delivered = await paymentIn(ledger, 'sent')
  await ledger.answer(delivered.id, 200, null)
  return [...payments, delivered].map(({ id }) => id)
}

describe('after a start', () => {
  test('what was never signed is given up, and what was under way is of unknown outcome', async () => {
    const ledger = await openLedger()
    const ids = await oneOfEach(ledger)
    await new Reconciler(ledger, new Balances()).recover()
    const states = await Promise.all(ids.map(async (id) => (await existing(ledger, id)).state))
    const expected: PaymentState[] = [
      'released',
      'signed',
      'unknown',
      'settled',
      'unknown',
      'expired',
      'released',
      'sent',
    ]
    expect(states).toEqual(expected)
    // What may have been paid stays held: signed, of unknown outcome (two), and delivered.
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(80_000n)
  })

  test('recovering twice changes nothing more', async () => {
    const ledger = await openLedger()
    await oneOfEach(ledger)
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.recover()
    const once = await ledger.list(100)
    await reconciler.recover()
    await new Reconciler(ledger, new Balances()).recover()
    expect(await ledger.list(100)).toEqual(once)
  })

  test('without anybody to ask about the chain, a look proves nothing', async () => {
    const ledger = await openLedger()
    const payment = await paymentIn(ledger, 'unknown')
    expect(await new Reconciler(ledger, new Balances()).look(payment)).toEqual(payment)
    expect(await existing(ledger, payment.id)).toEqual(payment)
  })
})

describe('what a screen is shown of a payment', () => {
  test('never has the signed bytes or the digest', async () => {
    const ledger = await openLedger()
    for (const state of PAYMENT_STATES) {
      const view = viewPayment(await paymentIn(ledger, state))
      expect(view).toMatchObject({ state, price: 20_000n, site: 'https://shop.example' })
      expect(view).not.toHaveProperty('credential')
      expect(view).not.toHaveProperty('authorization')
    }
  })
})
