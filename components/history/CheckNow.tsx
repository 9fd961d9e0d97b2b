import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { useToast } from '@/components/ui/Toast'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { isOpen } from './state'

/** As many as are asked for at once. What is open is among the latest. */
const LATEST = 200

/** Asks the chain about every payment whose outcome is open. */
export function CheckNow() {
  const { t } = useTranslation()
  const toast = useToast()
  const check = useMutation({
    mutationFn: async () => {
      await send('payments.check')
      return (await send('payments.list', { limit: LATEST })).filter(isOpen).length
    },
    onSuccess: (count) => toast(count === 0 ? t('payments.checked') : t('payments.checkedOpen', { count })),
    onError: (error) => toast(errorSentence(t, error)),
  })
  return (
    <Button busy={check.isPending} onClick={() => check.mutate()}>
      {t('payments.check')}
    </Button>
  )
}
