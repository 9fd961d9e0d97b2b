import { useTranslation } from 'react-i18next'
import { hostOf } from '@/components/ui/host'
import { formatUsd } from '@/lib/money/usd'
import type { SiteRule } from '@/lib/policy/rules'
import { hasEnded, RuleEnd } from './RuleEnd'

/** What a site's rule does, in a few words. */
export function RuleSummary({ rule }: { rule: SiteRule }) {
  const { t } = useTranslation()
  if (rule.mode === 'ask') return <p className="text-soft">{t('rules.siteAsk')}</p>
  if (rule.mode === 'block') return <p className="text-soft">{t('rules.siteBlock')}</p>
  if (hasEnded(rule)) return <RuleEnd rule={rule} />
  const { mostPerPayment, mostPerDay, mostPerWeek, mostPerMonth, mostPerMinute, background, pages } = rule
  const limits = [
    mostPerDay !== null && t('rules.limitDay', { most: formatUsd(mostPerDay) }),
    mostPerWeek !== null && t('rules.limitWeek', { most: formatUsd(mostPerWeek) }),
    mostPerMonth !== null && t('rules.limitMonth', { most: formatUsd(mostPerMonth) }),
    mostPerMinute !== null && t('rules.limitMinute', { payments: mostPerMinute.toString() }),
  ].filter((limit) => limit !== false)
  return (
    <>
      <p className="text-soft">{t('rules.siteAuto', { most: formatUsd(mostPerPayment) })}</p>
      <div className="text-soft text-xs">
        {limits.length > 0 && <p>{t('rules.siteLimits', { limits: limits.join(', ') })}</p>}
        {background && <p>{t('rules.siteBackground')}</p>}
        {pages.length > 0 && <p>{t('rules.sitePages', { pages: pages.map(hostOf).join(', ') })}</p>}
        <RuleEnd rule={rule} />
      </div>
    </>
  )
}
