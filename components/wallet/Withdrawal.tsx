import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { TransferState } from '@/components/history/TransferState'
import { usePassed } from '@/components/history/usePassed'
import { Amount } from '@/components/payment/Amount'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { formatSoon } from '@/components/ui/time'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { TransferView } from '@/lib/messaging/schema'

/** With less time left than this, in milliseconds, nobody could confirm it in MetaMask any more. */
const LEAST_LEFT_MS = 60_000

/** What has become of a withdrawal. What MetaMask did not take can be handed in again, unchanged. */
export function Withdrawal({ withdrawal }: { withdrawal: TransferView }) {
  const { t, i18n } = useTranslation()
  const handIn = useMutation({ mutationFn: () => send('withdrawal.handIn', { id: withdrawal.id }) })
  const { state, signed, to } = withdrawal
  const end = (withdrawal.validBefore ?? 0) * 1000
  const isLate = usePassed(end - LEAST_LEFT_MS)
  const until = formatSoon(i18n.language, end)
  const canHandIn = state === 'signed' && signed && !isLate
  return (
    <>
      <Amount {...withdrawal} />
      <p>
        {t('withdraw.toAccount')} <code className="text-xs">{to}</code>
      </p>
      <div role="status">
        <TransferState transfer={withdrawal} />
      </div>
      {state === 'signed' && (
        <p className="text-soft text-xs">{t(canHandIn ? 'withdraw.handInUntil' : 'withdraw.waitsUntil', { until })}</p>
      )}
      {handIn.error && <Notice tone="danger">{errorSentence(t, handIn.error)}</Notice>}
      {canHandIn && (
        <Button look="primary" className="justify-self-start" busy={handIn.isPending} onClick={() => handIn.mutate()}>
          {t(handIn.isPending ? 'withdraw.working' : 'withdraw.handIn')}
        </Button>
      )}
    </>
  )
}
