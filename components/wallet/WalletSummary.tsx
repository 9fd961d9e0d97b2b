import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { openSettings } from '@/components/shell/pages'
import { useBalances } from '@/components/shell/queries'
import type { WalletView } from '@/lib/messaging/schema'
import { mainBalances } from './balance'
import { Hint } from './Hint'
import { LockControl } from './LockControl'
import { MissingWallet } from './MissingWallet'

/** What is in the wallet, and whether it can pay. */
export function WalletSummary({ wallet }: { wallet: WalletView }) {
  const { t } = useTranslation()
  if (wallet.state === 'missing') return <MissingWallet />
  return (
    <>
      <div className={wallet.state === 'locked' ? 'grid gap-2' : 'flex items-center justify-between gap-2'}>
        <div>
          <p className="font-medium">{t(wallet.state === 'locked' ? 'wallet.locked' : 'wallet.unlocked')}</p>
          <Balance />
        </div>
        <LockControl state={wallet.state} />
      </div>
      <Hint />
    </>
  )
}

function Balance() {
  const { t } = useTranslation()
  const { data: balances } = useBalances()
  if (!balances) return null
  const main = mainBalances(balances)
  if (main.length > 0)
    return main.map(
      ({ network, asset, units }) =>
        units !== null && (
          <p key={network + asset} className="text-soft">
            <Amount network={network} asset={asset} units={units} />
          </p>
        ),
    )
  return (
    <p className="text-soft">
      {t('wallet.balanceUnknown')}
      {balances.every(({ status }) => status === 'no_rpc') && (
        <>
          {' · '}
          <button type="button" className="text-accent underline" onClick={openSettings}>
            {t('wallet.chooseRpc')}
          </button>
        </>
      )}
    </p>
  )
}
