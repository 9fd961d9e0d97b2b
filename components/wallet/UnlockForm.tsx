import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { send } from '@/lib/messaging/messaging'
import { PasswordForm } from './PasswordForm'

interface Props {
  /** Where unlocking is the one thing to do, the field takes the focus. */
  autoFocus?: boolean
  hint?: string
}

export function UnlockForm({ autoFocus = false, hint }: Props) {
  const { t } = useTranslation()
  const unlock = useMutation({ mutationFn: (password: string) => send('wallet.unlock', { password }) })
  return <PasswordForm action={t('unlock.unlock')} run={unlock} autoFocus={autoFocus} hint={hint} />
}
