import type { Payment } from '@/lib/ledger/payment'
import type { Disagreement } from '@/lib/messaging/schema'

/**
 * How what a site reported differs from what the chain shows:
 *
 * - `said_unpaid`: it said that it was not paid, and was.
 * - `said_paid`: it said that it was paid, and the signature ran out unused.
 * - `other_transaction`: it was paid, in another transaction than the one it named.
 *
 * Null while the chain has not spoken, when the site reported nothing, and when both say the same.
 */
export function disagreementOf({ state, receipt, transaction }: Payment): Disagreement | null {
  if (!receipt) return null
  if (state === 'expired') return receipt.success ? 'said_paid' : null
  if (state !== 'settled') return null
  if (!receipt.success) return 'said_unpaid'
  return receipt.transaction !== null && receipt.transaction.toLowerCase() !== transaction?.toLowerCase()
    ? 'other_transaction'
    : null
}
