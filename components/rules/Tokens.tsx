import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isCommon } from '@/components/shell/common-networks'
import { Fold } from '@/components/ui/Fold'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import { ASSETS, type Asset, tokenId } from '@/lib/money/assets'
import { findNetwork, NETWORKS, type Realm, realmOf } from '@/lib/money/networks'
import { DEFAULT_RULES, type Rules } from '@/lib/policy/rules'
import { setGeneral, useSaveRules } from './useSaveRules'

/** The radio's value for no preference: an empty one would be none. */
const CHEAPEST = 'cheapest'

/** What may be paid with, in force as soon as it is switched. Real and test money are kept apart. */
export function Tokens({ rules }: { rules: Rules }) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const { tokens, preferredNetwork } = rules
  // What is switched off stays where it is as long as one looks at it.
  const [before] = useState(tokens)

  const allow = (id: string, allowed: boolean) =>
    save.mutate(() =>
      setGeneral((current) => {
        const others = current.tokens.filter((token) => token !== id)
        return { tokens: allowed ? [...others, id] : others }
      }),
    )

  const { near = [], far = [] } = Object.groupBy(ASSETS, (asset) => {
    const isSwitched = !DEFAULT_RULES.tokens.includes(tokenId(asset)) && [...tokens, ...before].includes(tokenId(asset))
    return isSwitched || (asset.symbol === 'USDC' && isCommon(asset.network)) ? 'near' : 'far'
  })

  const switches = (assets: readonly Asset[], realm: Realm) =>
    assets
      .filter(({ network }) => realmOf(network) === realm)
      .map((asset) => {
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

  const listOf = (realm: Realm) => {
    const more = far.filter(({ network }) => realmOf(network) === realm)
    const on = more.filter((asset) => tokens.includes(tokenId(asset))).length
    return (
      <>
        {switches(near, realm)}
        {more.length > 0 && (
          <Fold summary={t('rules.moreTokens', { count: more.length, on })}>
            <div className="grid gap-3">{switches(more, realm)}</div>
          </Fold>
        )}
      </>
    )
  }

  const offered = NETWORKS.filter(
    ({ id }) =>
      id === preferredNetwork || ASSETS.some((asset) => asset.network === id && tokens.includes(tokenId(asset))),
  )

  return (
    <>
      <p className="text-soft">{t('rules.tokensText')}</p>
      <div className="grid gap-3">{listOf('main')}</div>
      <div className="grid gap-3 rounded-lg bg-warn-soft p-3">
        <div>
          <h3 className="font-semibold">{t('common.testMoney')}</h3>
          <p className="text-xs">{t('rules.testMoneyText')}</p>
        </div>
        {listOf('test')}
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
