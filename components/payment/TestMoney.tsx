import { useTranslation } from 'react-i18next'
import type { Realm } from '@/lib/money/networks'

/** Says so where the money is not real. */
export function TestMoney({ realm }: { realm: Realm }) {
  const { t } = useTranslation()
  if (realm !== 'test') return null
  return (
    <span className="whitespace-nowrap rounded-full bg-warn-soft px-2 text-warn text-xs">{t('common.testMoney')}</span>
  )
}
