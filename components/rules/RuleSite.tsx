import { Trans } from 'react-i18next'
import { hostOf } from '@/components/ui/host'
import { SiteName } from '@/components/ui/SiteName'

/** Whom a rule is for: a site, or a domain and all below. */
export function RuleSite({ site }: { site: string }) {
  const name = <SiteName site={site} />
  return hostOf(site) === site ? <Trans i18nKey="rules.wholeDomain" components={{ site: name }} /> : name
}
