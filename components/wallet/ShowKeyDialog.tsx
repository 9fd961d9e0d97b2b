import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '@/components/ui/CopyButton'
import { Dialog } from '@/components/ui/Dialog'
import { send } from '@/lib/messaging/messaging'
import type { AccountView } from '@/lib/messaging/schema'
import { PasswordForm } from './PasswordForm'

/** Shows an account's private key to whoever has the password. */
export function ShowKeyDialog({ account, onClose }: { account: AccountView; onClose: () => void }) {
  const { t } = useTranslation()
  const show = useMutation({
    mutationFn: (password: string) => send('wallet.showKey', { address: account.address, password }),
  })
  return (
    <Dialog title={t('accounts.keyOf', { name: account.name })} description={t('accounts.keyText')} onClose={onClose}>
      {show.data ? (
        <div className="flex flex-wrap items-center gap-3">
          <code className="min-w-0 flex-1 break-all rounded-lg bg-sunken px-3 py-2 text-sm">{show.data.key}</code>
          <CopyButton text={show.data.key} />
        </div>
      ) : (
        <PasswordForm action={t('accounts.showKey')} run={show} autoFocus />
      )}
    </Dialog>
  )
}
