import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { TestMoney } from '@/components/payment/TestMoney'
import { useBalances } from '@/components/shell/queries'
import { Button, ButtonLink } from '@/components/ui/Button'
import { Fold } from '@/components/ui/Fold'
import { Loaded } from '@/components/ui/Loaded'
import { Section } from '@/components/ui/Section'
import { Time } from '@/components/ui/Time'
import { send } from '@/lib/messaging/messaging'
import type { BalanceView } from '@/lib/messaging/schema'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, realmOf } from '@/lib/money/networks'
import { Hint } from './Hint'

/** What is in the wallet on each network, and honestly so: where nobody could be asked, it is unknown. */
export function Balances() {
  const { t } = useTranslation()
  const balances = useBalances()
  const refresh = useMutation({ mutationFn: () => send('wallet.balances', { fresh: true }) })
  return (
    <Section
      title={t('wallet.balances')}
      action={
        <Button onClick={() => refresh.mutate()} busy={refresh.isPending}>
          {t('wallet.refresh')}
        </Button>
      }
    >
      <Hint />
      <Loaded query={balances}>{(list) => <Networks balances={list} />}</Loaded>
      <div className="flex flex-wrap gap-2">
        <ButtonLink href="#/wallets/top-up">{t('wallet.topUp')}</ButtonLink>
        <ButtonLink href="#/wallets/withdraw">{t('wallet.withdraw')}</ButtonLink>
      </div>
    </Section>
  )
}

/** Those with something in them first, then those that can be asked. Where nobody is, a line stands for all. */
function Networks({ balances }: { balances: readonly BalanceView[] }) {
  const { t } = useTranslation()
  const asked = balances.filter(({ status }) => status !== 'no_rpc').toSorted((a, b) => rank(a) - rank(b))
  const notAsked = [...new Set(balances.filter(({ status }) => status === 'no_rpc').map(({ network }) => network))]
  return (
    <>
      <ul className="divide-y divide-line empty:hidden">
        {asked.map((balance) => (
          <li
            key={balance.network + balance.asset}
            className="flex flex-wrap justify-between gap-x-4 py-2 first:pt-0 last:pb-0"
          >
            <span>
              {findNetwork(balance.network)?.name ?? balance.network} <TestMoney realm={realmOf(balance.network)} />
            </span>
            <Units balance={balance} />
          </li>
        ))}
      </ul>
      {notAsked.length > 0 && (
        <Fold summary={t('wallet.noRpcFold', { count: notAsked.length })}>
          <p className="text-soft">
            {t('wallet.noRpcText')}{' '}
            <a href="#/settings" className="text-accent underline">
              {t('wallet.chooseRpc')}
            </a>
          </p>
          <p className="mt-2 text-soft text-xs">
            {notAsked.map((network) => findNetwork(network)?.name ?? network).join(' · ')}
          </p>
        </Fold>
      )}
    </>
  )
}

const rank = ({ network, units }: BalanceView): number =>
  (units === null || units === 0n ? 2 : 0) + (realmOf(network) === 'test' ? 1 : 0)

function Units({ balance: { network, asset: address, units, held, readAt } }: { balance: BalanceView }) {
  const { t } = useTranslation()
  const asset = findAsset(network, address)
  if (asset === null) return null
  if (units === null) return <span className="text-warn">{`${asset.symbol} · ${t('wallet.unreachable')}`}</span>
  return (
    <span className="text-end">
      <span className="font-medium tabular-nums">{formatAmount({ units, asset })}</span>
      {held > 0n && (
        <span className="block text-soft text-xs">
          {t('wallet.held', { amount: formatAmount({ units: held, asset }) })}
        </span>
      )}
      {readAt !== null && (
        <span className="block text-soft text-xs">
          {t('wallet.readAt')} <Time at={readAt} />
        </span>
      )}
    </span>
  )
}
