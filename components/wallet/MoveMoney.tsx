import { useTranslation } from 'react-i18next'
import { useMetaMask } from '@/components/shell/queries'
import { EmptyState } from '@/components/ui/EmptyState'
import { Loaded } from '@/components/ui/Loaded'
import type { BalanceView } from '@/lib/messaging/schema'
import { type EvmAsset, findAsset } from '@/lib/money/assets'
import { ConnectMetaMask } from './ConnectMetaMask'
import { type Available, WithdrawForm } from './WithdrawForm'

interface Props {
  /** An account of the wallet. */
  from: string
  /** What is in it. */
  balances: readonly BalanceView[]
  /** Where to, and what that is called; the person chooses where it is left out. */
  to?: { readonly address: string; readonly name: string }
  /** Called once a withdrawal is signed. */
  onSigned?: () => void
}

/** Moves money out of one of the wallet's accounts, once all is there that it takes. */
export function MoveMoney({ balances, ...props }: Props) {
  const { t } = useTranslation()
  const metaMask = useMetaMask()
  const tokens = availableOf(balances)
  return (
    <Loaded query={metaMask}>
      {({ account }) =>
        account === null ? (
          <div className="grid justify-items-start gap-2">
            <p className="font-medium">{t('withdraw.noMetaMask')}</p>
            <p className="text-soft">{t('withdraw.noMetaMaskText')}</p>
            <ConnectMetaMask />
          </div>
        ) : tokens.length === 0 ? (
          <EmptyState title={t('withdraw.nothing')} text={t('withdraw.nothingText')}>
            <a href="#/settings" className="text-accent underline">
              {t('wallet.chooseRpc')}
            </a>
          </EmptyState>
        ) : (
          <WithdrawForm {...props} metaMask={account} tokens={tokens} />
        )
      }
    </Loaded>
  )
}

/** Tokens of which there is something that nothing else holds, and which can be signed for. */
function availableOf(balances: readonly BalanceView[]): Available[] {
  return balances.flatMap(({ network, asset: address, units, held }) => {
    const token = findAsset(network, address)
    if (!isAuthorizable(token) || units === null || units <= held) return []
    return [{ token, units: units - held }]
  })
}

const isAuthorizable = (token: ReturnType<typeof findAsset>): token is EvmAsset =>
  token?.family === 'evm' && token.method === 'eip3009'
