import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { EmptyState } from '@/components/ui/EmptyState'
import { hostOf } from '@/components/ui/host'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { Rules } from '@/lib/policy/rules'
import { RuleSite } from './RuleSite'
import { RuleSummary } from './RuleSummary'
import { SiteRuleDialog } from './SiteRuleDialog'
import { useSaveRules } from './useSaveRules'

/** The sites and domains that have a rule of their own. */
export function SiteRules({ rules }: { rules: Rules }) {
  const { t } = useTranslation()
  const remove = useSaveRules('rules.removed')
  const [opened, setOpened] = useState<{ site: string | null } | null>(null)
  const entries = Object.entries(rules.sites).toSorted(([a], [b]) => hostOf(a).localeCompare(hostOf(b)))
  return (
    <Section
      title={t('rules.sites')}
      action={<Button onClick={() => setOpened({ site: null })}>{t('rules.addSite')}</Button>}
    >
      {entries.length === 0 && <EmptyState title={t('rules.noSites')} text={t('rules.noSitesText')} />}
      <ul className="divide-y divide-line">
        {entries.map(([site, rule]) => (
          <li
            key={site}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3 first:pt-0 last:pb-0"
          >
            <div className="min-w-48 flex-1">
              <p>
                <RuleSite site={site} />
              </p>
              <RuleSummary rule={rule} />
            </div>
            <div className="flex gap-2">
              <Button aria-label={t('rules.editSite', { site: hostOf(site) })} onClick={() => setOpened({ site })}>
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
      {opened && <SiteRuleDialog site={opened.site} rules={rules} onClose={() => setOpened(null)} />}
    </Section>
  )
}
