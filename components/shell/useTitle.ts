import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

/** Names the page in its tab and to screen readers. */
export function useTitle(name: string): void {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${name} · ${t('common.name')}`
  }, [name, t])
}
