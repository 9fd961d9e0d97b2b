import { useTranslation } from 'react-i18next'
import { TestMoney } from '@/components/payment/TestMoney'
import { Time } from '@/components/ui/Time'
import type { PaymentView } from '@/lib/messaging/schema'
import { realmOf } from '@/lib/money/networks'
import { formatUsd } from '@/lib/money/usd'
import { stateOf } from './state'

/** One payment in a list: to whom, how much, what became of it, when. */
export function PaymentRow({ payment }: { payment: PaymentView }) {
  const { t } = useTranslation()
  const { site, price, network, createdAt } = payment
  const state = stateOf(payment)
  return (
    <span className="grid w-full grid-cols-[1fr_auto] gap-x-4 text-start">
      <span className="font-medium">{new URL(site).host}</span>
      <span className="text-end font-medium tabular-nums">{formatUsd(price)}</span>
      <span className={`text-xs ${state === 'unknown' ? 'text-warn' : 'text-soft'}`}>
        {t(`state.${state}`)} <TestMoney realm={realmOf(network)} />
      </span>
      <span className="text-end text-soft text-xs">
        <Time at={createdAt} />
      </span>
    </span>
  )
}
