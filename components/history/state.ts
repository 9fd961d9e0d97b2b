import type { PaymentView } from '@/lib/messaging/schema'

/** An authorization that ran out this long ago cannot be used any more, whatever a chain's clock says. */
const SURELY_OVER_MS = 60_000

/** What a payment's state means to a reader: a site that answered with the content says that it was paid, the chain proves it. */
export function stateOf({ state, answerStatus }: PaymentView): PaymentView['state'] | 'reported' {
  const delivered = answerStatus !== null && answerStatus >= 200 && answerStatus < 300
  return state === 'sent' && delivered ? 'reported' : state
}

/** Whether the chain may still say more about it. */
export const isOpen = ({ state }: PaymentView): boolean => state === 'signed' || state === 'sent' || state === 'unknown'

/** Until when a payment may still be made, in Unix milliseconds. */
export const checkedUntil = ({ validBefore }: PaymentView): number => (validBefore ?? 0) * 1000 + SURELY_OVER_MS
