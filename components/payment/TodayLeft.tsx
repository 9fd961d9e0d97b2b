import { useTranslation } from 'react-i18next'
import { Gauge } from '@/components/ui/Gauge'
import type { Gauge as Spending } from '@/lib/messaging/schema'
import { formatUsd, type Usd, usd } from '@/lib/money/usd'

interface Props {
  today: Spending
  price: Usd
}

/** What this payment would leave of today's limit. */
export function TodayLeft({ today: { spent, cap }, price }: Props) {
  const { t } = useTranslation()
  const left = usd(cap - spent - price)
  return (
    <div className="grid gap-1.5">
      <p className={`text-xs ${left < 0n ? 'text-danger' : 'text-soft'}`}>
        {left < 0n
          ? t('approval.overToday', { cap: formatUsd(cap) })
          : t('approval.leavesToday', { left: formatUsd(left), cap: formatUsd(cap) })}
      </p>
      <Gauge spent={spent} adding={price} cap={cap} />
    </div>
  )
}
