import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { hostOf } from '@/components/ui/host'

interface Props {
  /** Origins of other sites. */
  pages: readonly string[]
  onChange: (pages: string[]) => void
}

/** The pages that may spend at a site besides its own. They come here by an approval, and can be taken away. */
export function PageList({ pages, onChange }: Props) {
  const { t } = useTranslation()
  if (pages.length === 0) return null
  return (
    <div className="grid gap-1">
      <p className="font-medium">{t('rules.pages')}</p>
      <ul className="grid gap-1">
        {pages.map((page) => {
          const host = hostOf(page)
          return (
            <li key={page} className="flex items-center justify-between gap-4">
              {host}
              <Button
                look="quiet"
                aria-label={t('rules.removePage', { page: host })}
                onClick={() => onChange(pages.filter((other) => other !== page))}
              >
                {t('rules.remove')}
              </Button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
