import { useTranslation } from 'react-i18next'
import { formatTime } from '@/components/ui/time'
import type { SiteRule } from '@/lib/policy/rules'

/** Until when a rule holds, or since when it does not. Nothing for one that holds for good. */
export function RuleEnd({ rule }: { rule: SiteRule }) {
  const { t, i18n } = useTranslation()
  if (rule.mode !== 'auto' || rule.lasts === 'always') return null
  if (rule.lasts === 'session') return <p>{t('rules.untilSession')}</p>
  const time = formatTime(i18n.language, rule.lasts.until, 'short')
  return hasEnded(rule) ? (
    <p className="text-warn">{t('rules.ended', { time })}</p>
  ) : (
    <p>{t('rules.until', { time })}</p>
  )
}

export const hasEnded = (rule: SiteRule): boolean =>
  rule.mode === 'auto' && typeof rule.lasts === 'object' && rule.lasts.until <= Date.now()
