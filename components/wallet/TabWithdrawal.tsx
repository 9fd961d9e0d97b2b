import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { usePassed } from '@/components/history/usePassed'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Notice } from '@/components/ui/Notice'
import { formatSoon } from '@/components/ui/time'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { PrepaidTabView } from '@/lib/messaging/schema'
import { type EvmNetwork, formatFee } from '@/lib/money/networks'

interface Props {
  tab: PrepaidTabView
  network: EvmNetwork
}

/** The way without the site: the account asks the contract, waits, and takes the rest. */
export function TabWithdrawal({ tab, network }: Props) {
  const { t, i18n } = useTranslation()
  const { withdrawDelay, readyAt, sentAt } = tab
  const id = tab.id as `0x${string}`
  const fee = useMutation({ mutationFn: () => send('tabs.withdrawalFee', { id }) })
  const withdraw = useMutation({
    mutationFn: (mostFee: bigint) => send('tabs.withdraw', { id, mostFee }),
    onSettled: fee.reset,
  })
  const isReady = usePassed(readyAt ?? 0)
  const step = readyAt === null ? 'withdraw' : 'finalize'
  const error = fee.error ?? withdraw.error
  return (
    <div className="grid gap-2 border-line border-t pt-2">
      <p className="text-soft text-xs">
        {readyAt === null
          ? t('prepaid.withoutSite', { delay: formatDelay(withdrawDelay), coin: network.coin })
          : t('prepaid.ready', { time: formatSoon(i18n.language, readyAt) })}
      </p>
      {sentAt !== null && <p role="status">{t('prepaid.sent')}</p>}
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
      {(readyAt === null || isReady) && (
        <Button className="justify-self-start" busy={fee.isPending || withdraw.isPending} onClick={() => fee.mutate()}>
          {t(withdraw.isPending ? 'prepaid.sending' : `prepaid.${step}`)}
        </Button>
      )}
      {fee.data && (
        <Confirm
          title={t(`prepaid.${step}Confirm`)}
          text={t(`prepaid.${step}ConfirmText`, { fee: formatFee(fee.data.fee, network) })}
          action={t(withdraw.isPending ? 'prepaid.sending' : `prepaid.${step}`)}
          busy={withdraw.isPending}
          onConfirm={() => withdraw.mutate(fee.data.fee)}
          onClose={fee.reset}
        />
      )}
    </div>
  )
}

/** As people read it, rounded up. */
const formatDelay = (seconds: number): string =>
  seconds < 2 * 3600 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`
