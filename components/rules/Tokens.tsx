import { useTranslation } from 'react-i18next'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import { ASSETS, tokenId } from '@/lib/money/assets'
import { findNetwork, NETWORKS, type Realm, realmOf } from '@/lib/money/networks'
import type { Rules } from '@/lib/policy/rules'
import { setGeneral, useSaveRules } from './useSaveRules'

/** The radio's value for no preference: an empty one would be none. */
const CHEAPEST = 'cheapest'

/** What may be paid with, in force as soon as it is switched. Real and test money are kept apart. */
export function Tokens({ rules }: { rules: Rules }) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const { tokens, preferredNetwork } = rules

  const allow = (id: string, allowed: boolean) =>
    save.mutate(() =>
      setGeneral((current) => {
        const others = current.tokens.filter((token) => token !== id)
        return { tokens: allowed ? [...others, id] : others }
      }),
    )

  const switches = (realm: Realm) =>
    ASSETS.filter(({ network }) => realmOf(network) === realm).map((asset) => {
      const id = tokenId(asset)
      const network = findNetwork(asset.network)?.name ?? asset.network
      return (
        <Switch
          key={id}
          label={t('rules.token', { symbol: asset.symbol, network })}
          checked={tokens.includes(id)}
          onChange={(allowed) => allow(id, allowed)}
        />
      )
    })

  const offered = NETWORKS.filter(
    ({ id }) =>
      id === preferredNetwork || ASSETS.some((asset) => asset.network === id && tokens.includes(tokenId(asset))),
  )

  return (
    <>
      <p className="text-soft">{t('rules.tokensText')}</p>
      <div className="grid gap-3">{switches('main')}</div>
      <div className="grid gap-3 rounded-lg bg-warn-soft p-3">
        <div>
          <h3 className="font-semibold">{t('common.testMoney')}</h3>
          <p className="text-xs">{t('rules.testMoneyText')}</p>
        </div>
        {switches('test')}
      </div>
      <RadioGroup
        label={t('rules.preferredNetwork')}
        hint={t('rules.preferredNetworkText')}
        value={preferredNetwork ?? CHEAPEST}
        onChange={(id) => save.mutate(() => setGeneral(() => ({ preferredNetwork: id === CHEAPEST ? null : id })))}
        options={[
          { value: CHEAPEST, label: t('rules.cheapest') },
          ...offered.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
    </>
  )
}
