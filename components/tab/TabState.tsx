import { useTranslation } from 'react-i18next'
import { stateSentence } from '@/components/history/state'
import { Unproved } from '@/components/history/Unproved'
import { costText } from '@/components/payment/cost'
import { Reasons } from '@/components/payment/Reasons'
import { openApproval, openSignatureAgent, openSites } from '@/components/shell/pages'
import { Button } from '@/components/ui/Button'
import type { PaymentView, TabView } from '@/lib/messaging/schema'
import { isOnCredit } from '@/lib/money/networks'
import { formatUsd } from '@/lib/money/usd'

/** Whether the page in this tab was paid for, and what can be done about it. */
export function TabState({ tab: { state, price, reasons, payment } }: { tab: TabView }) {
  const { t } = useTranslation()
  if (state === 'free') return <p className="text-soft">{t('tab.free')}</p>
  if (state === 'paid')
    return (
      <>
        <p className="font-medium text-accent">
          {price === null
            ? t('state.settled')
            : t('tab.paid', { price: payment ? costText(t, payment) : formatUsd(price) })}
        </p>
        {payment && isWorthSaying(payment) && <p className="text-soft">{stateSentence(t, payment)}</p>}
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
        <p className="font-medium text-warn">{t('tab.noContent', { price: costText(t, payment) })}</p>
        <p>
          {stateSentence(t, payment)}. <Unproved payment={payment} withHelp />
        </p>
      </>
    )
  if (payment?.state === 'settled')
    return <p className="font-medium text-warn">{t('tab.paidForNothing', { price: costText(t, payment) })}</p>
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
      {reasons.some(({ code }) => code === 'signature_agent_needed') && (
        <Button className="justify-self-start" onClick={openSignatureAgent}>
          {t('signatureAgent.title')}
        </Button>
      )}
    </>
  )
}

/** That it was paid is said already. */
const isWorthSaying = (payment: PaymentView): boolean => payment.state !== 'settled' || isOnCredit(payment)
