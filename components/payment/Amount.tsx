import { useTranslation } from 'react-i18next'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, isOnCredit, realmOf } from '@/lib/money/networks'
import { TestMoney } from './TestMoney'

interface Props {
  network: string
  asset: string
  units: bigint
}

/** The exact token amount and its network: what really moves. */
export function Amount({ network, asset, units }: Props) {
  const { t } = useTranslation()
  const token = findAsset(network, asset)
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      {t(isOnCredit({ network }) ? 'billed.amount' : 'wallet.amountOn', {
        amount: token ? formatAmount({ units, asset: token }) : `${units} ${asset}`,
        network: findNetwork(network)?.name ?? network,
      })}
      <TestMoney realm={realmOf(network)} />
    </span>
  )
}
