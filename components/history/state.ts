import type { TFunction } from 'i18next'
import type { PaymentView } from '@/lib/messaging/schema'
import { findNetwork, isOnCredit } from '@/lib/money/networks'

/** An authorization that ran out this long ago cannot be used any more, whatever a chain's clock says. */
const SURELY_OVER_MS = 60_000

/** What a payment's state means to a reader: a site that answered with the content says that it was paid, the chain proves it. */
export function stateOf({ state, answerStatus }: PaymentView): PaymentView['state'] | 'reported' {
  const delivered = answerStatus !== null && answerStatus >= 200 && answerStatus < 300
  return state === 'sent' && delivered ? 'reported' : state
}

/** The same in words. What is billed later, or paid from a prepaid tab, has its own: no chain tells of it. */
export function stateSentence(t: TFunction, payment: PaymentView): string {
  const state = stateOf(payment)
  if (payment.tab?.does === 'spend' && state === 'settled') return t('prepaid.paid')
  if (payment.tab?.does === 'open' && state === 'settled') return t('prepaid.opened')
  return isOnCredit(payment) && (state === 'settled' || state === 'unknown' || state === 'expired')
    ? t(`billed.state.${state}`, { biller: billerOf(payment) })
    : t(`state.${state}`)
}

/** A step of its life in words. */
export function stepSentence(t: TFunction, payment: PaymentView, state: PaymentView['state']): string {
  const { tab } = payment
  if (tab?.does === 'spend' && (state === 'settled' || state === 'expired')) return t(`prepaid.charged.${state}`)
  return isOnCredit(payment) && (state === 'settled' || state === 'unknown' || state === 'expired')
    ? t(`billed.step.${state}`)
    : t(`step.${state}`)
}

/** Who sends the bill. */
export const billerOf = ({ network }: { network: string }): string => findNetwork(network)?.name ?? network

/** Whether the chain may still say more about it. */
export const isOpen = (payment: PaymentView): boolean =>
  payment.tab?.does !== 'spend' && ['signed', 'sent', 'unknown'].includes(payment.state) && !isOnCredit(payment)

/** Until when a payment may still be made, in Unix milliseconds. */
export const checkedUntil = ({ validBefore }: PaymentView): number => (validBefore ?? 0) * 1000 + SURELY_OVER_MS
