import { useTranslation } from 'react-i18next'
import { useOpenings } from '@/components/shell/queries'
import { hostOf } from '@/components/ui/host'
import { Section } from '@/components/ui/Section'
import { Time } from '@/components/ui/Time'

/** What was opened free, since it was bought before. Nothing while there is none. */
export function Openings() {
  const { t } = useTranslation()
  const { data: openings = [] } = useOpenings()
  if (openings.length === 0) return null
  return (
    <Section title={t('payments.openings')}>
      <ul className="-mx-4 divide-y divide-line">
        {openings.map(({ id, site, description, url, address, createdAt }) => (
          <li key={id} className="grid grid-cols-[1fr_auto] gap-x-4 px-4 py-2.5">
            <span className="min-w-0 truncate font-medium">{description ?? url}</span>
            <span className="text-end text-soft text-xs">
              <Time at={createdAt} />
            </span>
            <span className="col-span-2 truncate text-soft text-xs">
              {hostOf(site)} · {t('payments.openedFor', { account: address })}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
