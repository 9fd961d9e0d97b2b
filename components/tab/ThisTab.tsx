import { useTranslation } from 'react-i18next'
import { useParts, useTab } from '@/components/shell/queries'
import { Gauge } from '@/components/ui/Gauge'
import { Loaded } from '@/components/ui/Loaded'
import { SiteName } from '@/components/ui/SiteName'
import type { TabView } from '@/lib/messaging/schema'
import { formatUsd, formatUsdTotal } from '@/lib/money/usd'
import { SiteMode } from './SiteMode'
import { TabState } from './TabState'
import { UnpaidParts } from './UnpaidParts'

/** What Tuppence knows of the page in this tab, and what it does for its site. */
export function ThisTab({ tabId }: { tabId: number }) {
  const { t } = useTranslation()
  const tab = useTab(tabId)
  const { data: parts = [] } = useParts(tabId)
  return (
    <Loaded query={tab} title={t('tab.title')}>
      {(view) =>
        view.site === null ? (
          <h1 className="text-soft">{t('tab.unpayable')}</h1>
        ) : (
          <>
            <div className="grid gap-1">
              <h1 className="text-lg leading-snug">
                <SiteName site={view.site} />
              </h1>
              {/* Where parts are missing, it would be wrong to say that there is nothing to pay. */}
              {(view.state !== 'free' || parts.length === 0) && <TabState tab={view} />}
            </div>
            <UnpaidParts tabId={tabId} />
            {view.siteToday && <SpentHere gauge={view.siteToday} />}
            <SiteMode site={view.site} />
          </>
        )
      }
    </Loaded>
  )
}

function SpentHere({ gauge }: { gauge: NonNullable<TabView['siteToday']> }) {
  const { t } = useTranslation()
  return (
    <div className="grid gap-1.5">
      <p className="flex justify-between gap-4 text-soft text-xs">
        <span>{t('tab.spentHere')}</span>
        <span className="tabular-nums">
          {t('tab.spentOf', { spent: formatUsdTotal(gauge.spent), cap: formatUsd(gauge.cap) })}
        </span>
      </p>
      <Gauge {...gauge} />
    </div>
  )
}
