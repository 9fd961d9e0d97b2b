import { useTranslation } from 'react-i18next'
import { useBalances, useWallet } from '@/components/shell/queries'
import { ButtonLink } from '@/components/ui/Button'
import { Fold } from '@/components/ui/Fold'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { ASSETS, tokenId } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { LatestWithdrawals } from './LatestWithdrawals'
import { MissingWallet } from './MissingWallet'
import { MoveMoney } from './MoveMoney'
import { UnlockForm } from './UnlockForm'

/** Money back to an account of the user's own. */
export function Withdraw() {
  const { t } = useTranslation()
  const wallet = useWallet()
  return (
    <>
      <PageHeading title={t('withdraw.title')}>
        <ButtonLink look="quiet" href="#/wallets">
          {t('wallet.back')}
        </ButtonLink>
      </PageHeading>
      <LatestWithdrawals />
      <Loaded query={wallet}>
        {({ state, address }) =>
          state === 'missing' ? (
            <MissingWallet />
          ) : (
            <Section title={t('withdraw.form')}>
              {address !== null && (
                <>
                  <p className="text-soft">{t('withdraw.text')}</p>
                  {state === 'locked' ? <UnlockForm /> : <FromMain from={address} />}
                </>
              )}
              <ByKey />
            </Section>
          )
        }
      </Loaded>
    </>
  )
}

function FromMain({ from }: { from: string }) {
  const balances = useBalances()
  return <Loaded query={balances}>{(list) => <MoveMoney from={from} balances={list} />}</Loaded>
}

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
