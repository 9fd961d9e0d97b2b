import { useTranslation } from 'react-i18next'
import { openTopUp, openWithdraw } from '@/components/shell/pages'
import { useBalances, useLastPayments, useMetaMask, useRules } from '@/components/shell/queries'
import { Notice } from '@/components/ui/Notice'
import { familyOf, findNetwork } from '@/lib/money/networks'
import { formatUsd, formatUsdTotal } from '@/lib/money/usd'
import { purseHint } from '@/lib/policy/purse'

/** A quiet word when the next payment may fail for lack of money, or when there is more than should be carried about. */
export function Hint() {
  const { t } = useTranslation()
  const { data: balances } = useBalances()
  const { data: rules } = useRules()
  const { data: last } = useLastPayments(1)
  const { data: metaMask } = useMetaMask()
  if (!balances || !rules || !last || !metaMask) return null
  // What MetaMask pays, this wallet need not hold.
  const paying = metaMask.pays ? balances.filter(({ network }) => familyOf(network) !== 'evm') : balances
  const hint = purseHint(paying, rules.mostPerPayment, last[0]?.network ?? null)
  if (!hint) return null
  const most = formatUsd(rules.mostPerPayment)
  return (
    <Notice>
      <p>
        {hint.kind === 'large'
          ? t('hint.large', { total: formatUsdTotal(hint.total) })
          : hint.network === null
            ? t('hint.lowAll', { left: formatUsd(hint.left), most })
            : t('hint.lowOn', {
                left: formatUsd(hint.left),
                most,
                network: findNetwork(hint.network)?.name ?? hint.network,
              })}{' '}
        <button
          type="button"
          className="text-accent underline"
          onClick={hint.kind === 'large' ? openWithdraw : openTopUp}
        >
          {t(hint.kind === 'large' ? 'wallet.withdraw' : 'wallet.topUp')}
        </button>
      </p>
    </Notice>
  )
}
