import { useNetworks } from '@/components/shell/queries'
import type { PaymentView } from '@/lib/messaging/schema'
import { checkedUntil } from './state'
import { usePassed } from './usePassed'

/** Where the matter of a payment of unknown outcome stands. */
export function useUnproved(payment: PaymentView) {
  const { data: networks = [] } = useNetworks()
  return {
    /** Its time is over: it can no longer be made, but may have been. */
    over: usePassed(checkedUntil(payment)),
    /** There is nobody who could tell. */
    nobodyAsked: networks.some(({ id, rpcUrl }) => id === payment.network && rpcUrl === null),
  }
}
