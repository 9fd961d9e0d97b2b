import { useEffect, useState } from 'react'
import { useNetworks } from '@/components/shell/queries'
import type { PaymentView } from '@/lib/messaging/schema'
import { checkedUntil } from './state'

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

/** Whether a moment (Unix milliseconds) is past. Turns true when it is. */
function usePassed(moment: number): boolean {
  const [passed, setPassed] = useState(() => moment <= Date.now())
  useEffect(() => {
    setPassed(moment <= Date.now())
    const timer = setTimeout(() => setPassed(true), Math.max(0, moment - Date.now()))
    return () => clearTimeout(timer)
  }, [moment])
  return passed
}
