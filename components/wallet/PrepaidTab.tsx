import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Steps } from '@/components/history/Steps'
import { Transaction } from '@/components/history/Transaction'
import { Amount } from '@/components/payment/Amount'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Fold } from '@/components/ui/Fold'
import { hostOf } from '@/components/ui/host'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { PrepaidTabView } from '@/lib/messaging/schema'
import { amountToString, findAsset } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { TabWithdrawal } from './TabWithdrawal'

/** One tab: what is in it, what became of it, and the way to get the rest back. */
export function PrepaidTab({ tab }: { tab: PrepaidTabView }) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const refund = useMutation({
    mutationFn: () => send('tabs.refund', { id: tab.id as `0x${string}` }),
    onSettled: () => setAsking(false),
  })
  const { network, asset: address, state, deposit, used, left, returned, disputed } = tab
  const site = hostOf(tab.site)
  const asset = findAsset(network, address)
  const known = findNetwork(network)
  const plain = (units: bigint) => (asset ? amountToString({ units, asset }) : units.toString())
  const canAsk = (state === 'open' || state === 'closing') && left > 0n
  return (
    <>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="font-medium">{site}</h3>
        <Amount network={network} asset={address} units={left} />
      </div>
      <p className="text-soft text-xs">
        {t('prepaid.figures', { deposit: plain(deposit), used: plain(used), returned: plain(returned) })}
      </p>
      <p role="status" className={disputed ? 'text-warn' : ''}>
        {t(disputed ? 'prepaid.disputed' : `prepaid.state.${state}`)}
      </p>
      {tab.refund !== null && (
        <p className="text-xs">
          {t(state === 'closed' ? 'prepaid.refundedIn' : 'prepaid.refundReported')}{' '}
          <Transaction network={network} hash={tab.refund} />
        </p>
      )}
      {refund.error && <Notice tone="danger">{errorSentence(t, refund.error)}</Notice>}
      {canAsk && (
        <Button className="justify-self-start" busy={refund.isPending} onClick={() => setAsking(true)}>
          {t(refund.isPending ? 'prepaid.asking' : 'prepaid.refund')}
        </Button>
      )}
      {state === 'closing' && left > 0n && known?.family === 'evm' && <TabWithdrawal tab={tab} network={known} />}
      <Fold summary={t('prepaid.details')}>
        <Steps steps={tab.history.map((step) => ({ name: t(`prepaid.step.${step.state}`), at: step.at }))} />
        <p className="mt-2 text-soft text-xs">
          {t('prepaid.channel')} <code>{tab.id}</code>
        </p>
      </Fold>
      {asking && (
        <Confirm
          title={t('prepaid.confirm', { site })}
          text={t('prepaid.confirmText')}
          action={t(refund.isPending ? 'prepaid.asking' : 'prepaid.refund')}
          busy={refund.isPending}
          onConfirm={() => refund.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
