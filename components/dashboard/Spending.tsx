import { useTranslation } from 'react-i18next'
import { TestMoney } from '@/components/payment/TestMoney'
import { Gauge } from '@/components/ui/Gauge'
import type { SpendingView } from '@/lib/messaging/schema'
import { formatUsd, formatUsdTotal } from '@/lib/money/usd'

const WINDOWS = ['day', 'week', 'month'] as const

/** What was spent today, in seven and in thirty days, of what may be. */
export function Spending({ spending }: { spending: SpendingView }) {
  const { t } = useTranslation()
  return (
    <>
      <p className="empty:hidden">
        <TestMoney realm={spending.day.realm} />
      </p>
      <dl className="grid gap-x-6 gap-y-4 sm:grid-cols-3">
        {WINDOWS.map((window) => {
          const { spent, cap } = spending[window]
          return (
            <div key={window} className="grid content-start gap-1.5">
              <dt className="text-soft">{t(`dashboard.${window}`)}</dt>
              <dd className="grid gap-1.5">
                <p className="flex flex-wrap items-baseline gap-x-2">
                  <span className="font-semibold text-xl tabular-nums">{formatUsdTotal(spent)}</span>
                  <span className="text-soft tabular-nums">
                    {cap === null ? t('dashboard.noLimit') : t('dashboard.ofLimit', { cap: formatUsd(cap) })}
                  </span>
                </p>
                {cap !== null && <Gauge spent={spent} cap={cap} />}
              </dd>
            </div>
          )
        })}
      </dl>
    </>
  )
}
