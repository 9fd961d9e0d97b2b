import { useTranslation } from 'react-i18next'
import { stateOf } from '@/components/history/state'
import { Reasons } from '@/components/payment/Reasons'
import { openApproval } from '@/components/shell/pages'
import { useTab } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Gauge } from '@/components/ui/Gauge'
import { Loaded } from '@/components/ui/Loaded'
import { SiteName } from '@/components/ui/SiteName'
import type { TabView } from '@/lib/messaging/schema'
import { formatUsd, formatUsdTotal } from '@/lib/money/usd'
import { SiteMode } from './SiteMode'

/** What Tuppence knows of the page in this tab, and what it does for its site. */
export function ThisTab({ tabId }: { tabId: number }) {
  const { t } = useTranslation()
  const tab = useTab(tabId)
  return (
    <Loaded query={tab} title={t('tab.title')}>
      {(view) =>
        view.site === null ? (
          <h1 className="text-soft">{t('tab.unpayable')}</h1>
        ) : (
          <>
            <div className="grid gap-1">
              <h1 className="text-lg leading-snug">
                <SiteName origin={view.site} />
              </h1>
              <TabState tab={view} />
            </div>
            <div className="grid gap-1.5">
              <p className="flex justify-between gap-4 text-soft text-xs">
                <span>{t('tab.spentHere')}</span>
                <span className="tabular-nums">
                  {t('tab.spentOf', {
                    spent: formatUsdTotal(view.siteToday.spent),
                    cap: formatUsd(view.siteToday.cap),
                  })}
                </span>
              </p>
              <Gauge {...view.siteToday} />
            </div>
            <SiteMode site={view.site} />
          </>
        )
      }
    </Loaded>
  )
}

function TabState({ tab: { state, price, reasons, payment } }: { tab: TabView }) {
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
  return (
    <>
      <p className="font-medium text-warn">
        {price === null ? t('tab.notPaid') : t('tab.notPaidPrice', { price: formatUsd(price) })}
      </p>
      <Reasons reasons={reasons} />
    </>
  )
}
