import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { PasswordField } from '@/components/ui/PasswordField'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

interface Props {
  /** Where unlocking is the one thing to do, the field takes the focus. */
  autoFocus?: boolean
  hint?: string
}

export function UnlockForm({ autoFocus = false, hint }: Props) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const unlock = useMutation({ mutationFn: () => send('wallet.unlock', { password }) })
  return (
    <form
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        if (password !== '' && !unlock.isPending) unlock.mutate()
      }}
    >
      <PasswordField
        label={t('unlock.password')}
        hint={hint}
        autoComplete="current-password"
        autoFocus={autoFocus}
        value={password}
        onChange={(event) => {
          setPassword(event.target.value)
          unlock.reset()
        }}
        error={unlock.error ? errorSentence(t, unlock.error) : undefined}
      />
      <Button type="submit" look="primary" busy={unlock.isPending} disabled={password === ''}>
        {t('unlock.unlock')}
      </Button>
    </form>
  )
}
