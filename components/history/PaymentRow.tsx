import { useTranslation } from 'react-i18next'
import { costText } from '@/components/payment/cost'
import { TestMoney } from '@/components/payment/TestMoney'
import { hostOf } from '@/components/ui/host'
import { Time } from '@/components/ui/Time'
import type { PaymentView } from '@/lib/messaging/schema'
import { realmOf } from '@/lib/money/networks'
import { stateOf, stateSentence } from './state'
import { Unproved } from './Unproved'

/** One payment in a list: to whom, how much, what became of it, when. */
export function PaymentRow({ payment }: { payment: PaymentView }) {
  const { t } = useTranslation()
  const { site, network, createdAt, disagreement } = payment
  const state = stateOf(payment)
  const isDoubtful = state === 'unknown' || disagreement !== null
  return (
    <span className="grid w-full grid-cols-[1fr_auto] gap-x-4 text-start">
      <span className="font-medium">{hostOf(site)}</span>
      <span className="text-end font-medium tabular-nums">{costText(t, payment)}</span>
      <span className={`text-xs ${isDoubtful ? 'text-warn' : 'text-soft'}`}>
        {stateSentence(t, payment)}
        {state === 'unknown' && (
          <>
            . <Unproved payment={payment} />
          </>
        )}
        {disagreement !== null && ` · ${t('payments.disagrees')}`} <TestMoney realm={realmOf(network)} />
      </span>
      <span className="text-end text-soft text-xs">
        <Time at={createdAt} />
      </span>
    </span>
  )
}
