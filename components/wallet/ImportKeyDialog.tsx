import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { PasswordField } from '@/components/ui/PasswordField'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

/** Brings an account into the wallet by its private key. */
export function ImportKeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [secret, setSecret] = useState('')
  const bring = useMutation({ mutationFn: () => send('wallet.importAccount', { secret }), onSuccess: onClose })
  return (
    <Dialog title={t('accounts.importKey')} description={t('accounts.importText')} onClose={onClose}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (secret.trim() !== '') bring.mutate()
        }}
      >
        <PasswordField
          label={t('accounts.key')}
          hint={t('accounts.keyForms')}
          autoFocus
          value={secret}
          onChange={({ target }) => {
            setSecret(target.value)
            bring.reset()
          }}
          error={bring.error ? errorSentence(t, bring.error) : undefined}
        />
        <Button
          type="submit"
          look="primary"
          className="justify-self-end"
          busy={bring.isPending}
          disabled={secret.trim() === ''}
        >
          {t('accounts.import')}
        </Button>
      </form>
    </Dialog>
  )
}
