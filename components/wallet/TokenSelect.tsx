import { useTranslation } from 'react-i18next'
import { Select } from '@/components/ui/Select'
import { type Asset, tokenId } from '@/lib/money/assets'
import { findNetwork, type Realm, realmOf } from '@/lib/money/networks'

interface Props {
  tokens: readonly Asset[]
  chosen: Asset
  onChoose: (token: Asset) => void
}

/** One token on one network. */
export function TokenSelect({ tokens, chosen, onChoose }: Props) {
  const { t } = useTranslation()
  const optionsOf = (realm: Realm) =>
    tokens
      .filter(({ network }) => realmOf(network) === realm)
      .map((token) => ({
        value: tokenId(token),
        label: t('wallet.tokenOn', {
          symbol: token.symbol,
          network: findNetwork(token.network)?.name ?? token.network,
        }),
      }))
  return (
    <Select
      label={t('wallet.token')}
      value={tokenId(chosen)}
      groups={[
        { label: t('wallet.realMoney'), options: optionsOf('main') },
        { label: t('common.testMoney'), options: optionsOf('test') },
      ]}
      onChange={(id) => {
        const token = tokens.find((one) => tokenId(one) === id)
        if (token) onChoose(token)
      }}
    />
  )
}
