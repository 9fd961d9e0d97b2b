import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Confirm } from '@/components/ui/Confirm'
import { Dialog } from '@/components/ui/Dialog'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { AccountView } from '@/lib/messaging/schema'
import { PasswordForm } from './PasswordForm'

/** Takes an account out of the wallet. Where its key goes with it, the password is asked for. */
export function RemoveAccountDialog({ account, onClose }: { account: AccountView; onClose: () => void }) {
  const { t } = useTranslation()
  const { address, name, origin } = account
  const remove = useMutation({
    mutationFn: (password: string | null) => send('wallet.removeAccount', { address, password }),
    onSuccess: onClose,
  })
  const title = t('accounts.removeNamed', { name })
  if (origin === 'imported')
    return (
      <Dialog title={title} description={t('accounts.removeImported')} onClose={onClose}>
        <PasswordForm action={t('accounts.remove')} run={remove} autoFocus />
      </Dialog>
    )
  return (
    <Confirm
      title={title}
      text={t('accounts.removeDerived')}
      action={t('accounts.remove')}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(null)}
      onClose={onClose}
    >
      {remove.error && <Notice tone="danger">{errorSentence(t, remove.error)}</Notice>}
    </Confirm>
  )
}
