import { useTranslation } from 'react-i18next'

/** The mark and the name. `index.html` draws the same before any script has run. */
export function Brand() {
  const { t } = useTranslation()
  return (
    <p className="flex items-center gap-2 font-semibold">
      <img src="/icon.svg" alt="" className="size-5" />
      {t('common.name')}
    </p>
  )
}
