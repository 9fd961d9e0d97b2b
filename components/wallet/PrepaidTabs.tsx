import { useTranslation } from 'react-i18next'
import { usePrepaidTabs } from '@/components/shell/queries'
import { Section } from '@/components/ui/Section'
import { PrepaidTab } from './PrepaidTab'

/** The tabs that were opened at sites: what is left in each, and how it comes back. Nothing where there are none. */
export function PrepaidTabs() {
  const { t } = useTranslation()
  const { data: tabs = [] } = usePrepaidTabs()
  if (tabs.length === 0) return null
  return (
    <Section title={t('prepaid.title')}>
      <p className="text-soft">{t('prepaid.text')}</p>
      <ul className="divide-y divide-line">
        {tabs.map((tab) => (
          <li key={tab.id} className="grid gap-2 py-3 first:pt-0 last:pb-0">
            <PrepaidTab tab={tab} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
