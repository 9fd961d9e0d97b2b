import { useTranslation } from 'react-i18next'
import { stateOf } from '@/components/history/state'
import { Unproved } from '@/components/history/Unproved'
import { Reasons } from '@/components/payment/Reasons'
import { openApproval, openSites } from '@/components/shell/pages'
import { Button } from '@/components/ui/Button'
import type { TabView } from '@/lib/messaging/schema'
import { formatUsd } from '@/lib/money/usd'

/** Whether the page in this tab was paid for, and what can be done about it. */
export function TabState({ tab: { state, price, reasons, payment } }: { tab: TabView }) {
  const { t } = useTranslation()
  if (state === 'free') return <p className="text-soft">{t('tab.free')}</p>
  if (state === 'paid')
    return (
      <>
        <p className="font-medium text-accent">
          {price === null ? t('state.settled') : t('tab.paid', { price: formatUsd(price) })}
        </p>
        {payment && payment.state !== 'settled' && <p className="text-soft">{t(`state.${stateOf(payment)}`)}</p>}
      </>
    )
  if (state === 'waiting')
    return (
      <div className="flex items-center justify-between gap-4">
        <p className="font-medium">{t('tab.waiting')}</p>
        <Button look="primary" onClick={openApproval}>
          {t('tab.answer')}
        </Button>
      </div>
    )
  if (payment?.state === 'unknown')
    return (
      <>
        <p className="font-medium text-warn">{t('tab.noContent', { price: formatUsd(payment.price) })}</p>
        <p>
          {t('state.unknown')}. <Unproved payment={payment} withHelp />
        </p>
      </>
    )
  if (payment?.state === 'settled')
    return <p className="font-medium text-warn">{t('tab.paidForNothing', { price: formatUsd(payment.price) })}</p>
  return (
    <>
      <p className="font-medium text-warn">
        {price === null ? t('tab.notPaid') : t('tab.notPaidPrice', { price: formatUsd(price) })}
      </p>
      <Reasons reasons={reasons} />
      {reasons.some(({ code }) => code === 'no_site_account') && (
        <Button className="justify-self-start" onClick={openSites}>
          {t('sites.manage')}
        </Button>
      )}
    </>
  )
}
