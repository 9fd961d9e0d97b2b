import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { PaymentView } from '@/lib/messaging/schema'
import { billerOf } from './state'

/** Asks what the bill says of a payment whose outcome is open: nothing else can. */
export function Bill({ payment }: { payment: PaymentView }) {
  const { t } = useTranslation()
  const read = useMutation({
    mutationFn: (charged: boolean) => send('payments.readBill', { id: payment.id, charged }),
  })
  return (
    <>
      <Notice tone="warn">
        <p>{t('billed.help', { biller: billerOf(payment) })}</p>
      </Notice>
      <div className="flex flex-wrap gap-2">
        <Button busy={read.isPending} onClick={() => read.mutate(true)}>
          {t('billed.charged')}
        </Button>
        <Button busy={read.isPending} onClick={() => read.mutate(false)}>
          {t('billed.notCharged')}
        </Button>
      </div>
      {read.error && <Notice tone="danger">{errorSentence(t, read.error)}</Notice>}
    </>
  )
}
