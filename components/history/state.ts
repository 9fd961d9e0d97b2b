import type { PaymentView } from '@/lib/messaging/schema'

/** What a payment's state means to a reader: a site that answered with the content says that it was paid, the chain proves it. */
export function stateOf({ state, answerStatus }: PaymentView): PaymentView['state'] | 'reported' {
  const delivered = answerStatus !== null && answerStatus >= 200 && answerStatus < 300
  return state === 'sent' && delivered ? 'reported' : state
}
