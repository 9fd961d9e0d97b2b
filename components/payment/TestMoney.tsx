import { useTranslation } from 'react-i18next'
import { findNetwork } from '@/lib/money/networks'

/** Says so where the money is not real. */
export function TestMoney({ network }: { network: string }) {
  const { t } = useTranslation()
  if (findNetwork(network)?.realm !== 'test') return null
  return (
    <span className="whitespace-nowrap rounded-full bg-warn-soft px-2 text-warn text-xs">{t('common.testMoney')}</span>
  )
}
