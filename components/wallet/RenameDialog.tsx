import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Field } from '@/components/ui/Field'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { AccountView } from '@/lib/messaging/schema'

export function RenameDialog({ account, onClose }: { account: AccountView; onClose: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState(account.name)
  const rename = useMutation({
    mutationFn: () => send('wallet.renameAccount', { address: account.address, name }),
    onSuccess: onClose,
  })
  return (
    <Dialog
      title={t('accounts.renameNamed', { name: account.name })}
      description={t('accounts.renameText')}
      onClose={onClose}
    >
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          rename.mutate()
        }}
      >
        <Field
          label={t('accounts.name')}
          maxLength={32}
          autoFocus
          value={name}
          onChange={({ target }) => setName(target.value)}
          error={rename.error ? errorSentence(t, rename.error) : undefined}
        />
        <Button type="submit" look="primary" className="justify-self-end" busy={rename.isPending}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  )
}
