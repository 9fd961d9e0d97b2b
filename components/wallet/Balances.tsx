import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { TestMoney } from '@/components/payment/TestMoney'
import { useBalances } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { Section } from '@/components/ui/Section'
import { Time } from '@/components/ui/Time'
import { send } from '@/lib/messaging/messaging'
import type { BalanceView } from '@/lib/messaging/schema'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, realmOf } from '@/lib/money/networks'

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
      <Loaded query={balances}>
        {(list) => (
          <ul className="divide-y divide-line">
            {list.map((balance) => (
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
        )}
      </Loaded>
    </Section>
  )
}

function Units({ balance: { network, asset: address, units, status, readAt } }: { balance: BalanceView }) {
  const { t } = useTranslation()
  const asset = findAsset(network, address)
  if (status === 'no_rpc')
    return (
      <a href="#/settings" className="text-accent underline">
        {t('wallet.noRpc')}
      </a>
    )
  if (units === null || asset === null) return <span className="text-warn">{t('wallet.unreachable')}</span>
  return (
    <span className="text-end">
      <span className="font-medium tabular-nums">{formatAmount({ units, asset })}</span>
      {readAt !== null && (
        <span className="block text-soft text-xs">
          {t('wallet.readAt')} <Time at={readAt} />
        </span>
      )}
    </span>
  )
}
