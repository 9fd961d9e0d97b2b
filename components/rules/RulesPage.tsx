import { useTranslation } from 'react-i18next'
import { useRules } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { GeneralRules } from './GeneralRules'
import { SiteRules } from './SiteRules'
import { Tokens } from './Tokens'

/** What may be paid without asking, and how much at most. */
export function RulesPage() {
  const { t } = useTranslation()
  const rules = useRules()
  return (
    <>
      <PageHeading title={t('dashboard.rules')} />
      <Loaded query={rules}>
        {(current) => (
          <>
            <Section title={t('rules.everywhere')}>
              <GeneralRules rules={current} />
            </Section>
            <Section title={t('rules.tokens')}>
              <Tokens rules={current} />
            </Section>
            <SiteRules rules={current} />
          </>
        )}
      </Loaded>
    </>
  )
}
