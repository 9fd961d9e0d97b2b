import { useTranslation } from 'react-i18next'
import { useBalances } from '@/components/shell/queries'
import { Fold } from '@/components/ui/Fold'
import { Loaded } from '@/components/ui/Loaded'
import { Section } from '@/components/ui/Section'
import { ASSETS, tokenId } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { LatestWithdrawals } from './LatestWithdrawals'
import { MoveMoney } from './MoveMoney'
import { UnlockForm } from './UnlockForm'
import { WalletPart } from './WalletPart'

/** Money back to an account of the user's own. */
export function Withdraw() {
  const { t } = useTranslation()
  return (
    <WalletPart title={t('withdraw.title')}>
      {({ state, address }) => (
        <>
          <LatestWithdrawals />
          <Section title={t('withdraw.form')}>
            {address !== null && (
              <>
                <p className="text-soft">{t('withdraw.text')}</p>
                {state === 'locked' ? <UnlockForm /> : <FromMain from={address} />}
              </>
            )}
            <ByKey />
          </Section>
        </>
      )}
    </WalletPart>
  )
}

function FromMain({ from }: { from: string }) {
  const balances = useBalances()
  return <Loaded query={balances}>{(list) => <MoveMoney from={from} balances={list} />}</Loaded>
}

/** Those that know no signed transfer of their own. */
const OTHERS = ASSETS.filter((token) => token.family === 'evm' && token.method !== 'eip3009')

/** The other way out: the key itself. */
function ByKey() {
  const { t } = useTranslation()
  const tokens = OTHERS.map((token) =>
    t('wallet.tokenOn', { symbol: token.symbol, network: findNetwork(token.network)?.name ?? tokenId(token) }),
  )
  return (
    <Fold summary={t('withdraw.byKey')}>
      <p className="text-soft">{t('withdraw.byKeyText')}</p>
      <p className="mt-2 text-soft text-xs">{t('withdraw.otherTokens', { tokens: tokens.join(', ') })}</p>
    </Fold>
  )
}
