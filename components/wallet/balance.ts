import type { BalanceView } from '@/lib/messaging/schema'
import { findNetwork } from '@/lib/money/networks'

/** The balances worth a line where there is little room: real money first, and nothing that is empty if anything is not. */
export function mainBalances(balances: readonly BalanceView[]): BalanceView[] {
  const known = balances.filter(({ units }) => units !== null)
  const filled = known.filter(({ units }) => units !== 0n)
  return (filled.length > 0 ? filled : known.slice(0, 1)).toSorted((a, b) => realm(a) - realm(b)).slice(0, 2)
}

const realm = ({ network }: BalanceView) => (findNetwork(network)?.realm === 'test' ? 1 : 0)
