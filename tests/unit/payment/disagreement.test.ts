import { expect, test } from 'vitest'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { Payment } from '@/lib/ledger/payment'
import { PAYMENT_STATES, type PaymentState } from '@/lib/ledger/states'
import type { Disagreement } from '@/lib/messaging/schema'
import { usd } from '@/lib/money/usd'
import { disagreementOf } from '@/lib/payment/disagreement'
import { draft, TRANSACTION } from '../ledger/books'

const OTHER = `0x${'07'.repeat(32)}`

const payment = (state: PaymentState, receipt: ReportedReceipt | null, transaction?: string): Payment => ({
  ...draft(),
  id: 'p',
  createdAt: 0,
  state,
  history: [],
  scopes: [],
  day: '1970-01-01',
  ...(receipt && { receipt }),
  ...(transaction && { transaction }),
})

const said = (success: boolean, transaction: string | null): ReportedReceipt => ({
  success,
  transaction,
  errorReason: null,
})

test.each<[what: string, receipt: ReportedReceipt | null, disagreement: Disagreement | null]>([
  ['nothing', null, null],
  ['that it was paid', said(true, null), null],
  ['that it was paid, in this transaction', said(true, TRANSACTION), null],
  ['that it was paid, in this transaction, in capitals', said(true, TRANSACTION.toUpperCase()), null],
  ['that it was paid, in another transaction', said(true, OTHER), 'other_transaction'],
  ['that it was not paid', said(false, null), 'said_unpaid'],
  ['that it was not paid, in this transaction', said(false, TRANSACTION), 'said_unpaid'],
  ['that it was not paid, in another transaction', said(false, OTHER), 'said_unpaid'],
])('a payment is settled, and its site said %s', (_, receipt, disagreement) => {
  expect(disagreementOf(payment('settled', receipt, TRANSACTION))).toBe(disagreement)
})

test.each<[what: string, receipt: ReportedReceipt | null, disagreement: Disagreement | null]>([
  ['nothing', null, null],
  ['that it was paid', said(true, OTHER), 'said_paid'],
  ['that it was not paid', said(false, null), null],
])('a payment is expired, and its site said %s', (_, receipt, disagreement) => {
  expect(disagreementOf(payment('expired', receipt))).toBe(disagreement)
})

test('of a ceiling, the site may have named another amount than was taken, and nothing used is nothing paid', () => {
  const named = (units: bigint): ReportedReceipt => ({ ...said(true, TRANSACTION), units })
  const taken = { charged: { units: 8_000n, price: usd(8_000n) } }
  expect(disagreementOf({ ...payment('settled', named(8_000n), TRANSACTION), ...taken })).toBeNull()
  expect(disagreementOf({ ...payment('settled', named(1n), TRANSACTION), ...taken })).toBe('other_amount')
  expect(disagreementOf({ ...payment('settled', said(true, TRANSACTION), TRANSACTION), ...taken })).toBeNull()
  expect(disagreementOf(payment('expired', named(0n)))).toBeNull()
  expect(disagreementOf(payment('expired', named(1n)))).toBe('said_paid')
})

test('nobody disagrees before the chain has spoken', () => {
  for (const state of PAYMENT_STATES.filter((state) => state !== 'settled' && state !== 'expired'))
    for (const success of [true, false]) expect(disagreementOf(payment(state, said(success, OTHER)))).toBeNull()
})
