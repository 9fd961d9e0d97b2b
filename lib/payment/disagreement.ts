import type { Payment } from '@/lib/ledger/payment'
import type { Disagreement } from '@/lib/messaging/schema'
import { isOnCredit } from '@/lib/money/networks'

/**
 * How what a site reported differs from what the chain shows:
 *
 * - `said_unpaid`: it said that it was not paid, and was.
 * - `said_paid`: it said that it was paid, and the signature ran out unused.
 * - `other_transaction`: it was paid, in another transaction than the one it named.
 * - `other_amount`: more or less was taken than it said.
 * - `charged_more`: it says that it bills more than was agreed to.
 *
 * Null while the chain has not spoken, when the site reported nothing, and when both say the same.
 */
export function disagreementOf(payment: Payment): Disagreement | null {
  const { state, receipt, transaction, charged, units } = payment
  if (!receipt) return null
  if (isOnCredit(payment)) return receipt.units !== undefined && receipt.units > units ? 'charged_more' : null
  // Of a ceiling, nothing may have been used.
  if (state === 'expired') return receipt.success && receipt.units !== 0n ? 'said_paid' : null
  if (state !== 'settled') return null
  if (!receipt.success) return 'said_unpaid'
  if (receipt.transaction !== null && receipt.transaction.toLowerCase() !== transaction?.toLowerCase())
    return 'other_transaction'
  return charged && receipt.units !== undefined && receipt.units !== charged.units ? 'other_amount' : null
}
