import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { EmptyState } from '@/components/ui/EmptyState'
import { Notice } from '@/components/ui/Notice'
import { SiteName } from '@/components/ui/SiteName'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { formatUsd } from '@/lib/money/usd'
import type { Rules, SiteRule } from '@/lib/policy/rules'
import { SiteRuleDialog } from './SiteRuleDialog'
import { useSaveRules } from './useSaveRules'

const hostOf = (origin: string) => new URL(origin).host

/** The sites that have a rule of their own. */
export function SiteRules({ sites }: { sites: Rules['sites'] }) {
  const { t } = useTranslation()
  const remove = useSaveRules('rules.removed')
  const [edited, setEdited] = useState<string | null>(null)
  const rule = edited === null ? undefined : sites[edited]
  const entries = Object.entries(sites)
  if (entries.length === 0) return <EmptyState title={t('rules.noSites')} text={t('rules.noSitesText')} />
  return (
    <>
      <ul className="divide-y divide-line">
        {entries.map(([site, siteRule]) => (
          <li
            key={site}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0"
          >
            <div className="min-w-48 flex-1">
              <p>
                <SiteName origin={site} />
              </p>
              <RuleSentence rule={siteRule} />
            </div>
            <div className="flex gap-2">
              <Button aria-label={t('rules.editSite', { site: hostOf(site) })} onClick={() => setEdited(site)}>
                {t('rules.edit')}
              </Button>
              <Button
                aria-label={t('rules.removeSite', { site: hostOf(site) })}
                onClick={() => remove.mutate(() => send('rules.setSite', { site, rule: null }))}
              >
                {t('rules.remove')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {remove.error && <Notice tone="danger">{errorSentence(t, remove.error)}</Notice>}
      {edited !== null && rule && <SiteRuleDialog site={edited} rule={rule} onClose={() => setEdited(null)} />}
    </>
  )
}

function RuleSentence({ rule }: { rule: SiteRule }) {
  const { t } = useTranslation()
  if (rule.mode === 'ask') return <p className="text-soft">{t('rules.siteAsk')}</p>
  if (rule.mode === 'block') return <p className="text-soft">{t('rules.siteBlock')}</p>
  return (
    <>
      <p className="text-soft">{t('rules.siteAuto', { most: formatUsd(rule.mostPerPayment) })}</p>
      {rule.pages.length > 0 && (
        <p className="text-soft text-xs">{t('rules.sitePages', { pages: rule.pages.map(hostOf).join(', ') })}</p>
      )}
    </>
  )
}
