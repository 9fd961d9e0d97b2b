import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWallet } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { PasswordField } from '@/components/ui/PasswordField'
import { TuppenceError } from '@/lib/errors'
import { errorSentence } from '@/lib/i18n/sentences'
import { useTimeLeft } from './useTimeLeft'

interface Props {
  /** What is done with the password, as its button says. */
  action: string
  run: {
    readonly mutate: (password: string) => void
    readonly reset: () => void
    readonly isPending: boolean
    readonly error: Error | null
  }
  hint?: ReactNode
  /** Where the password is the one thing to type, the field takes the focus. */
  autoFocus?: boolean
  /** Whether the rest of what is asked for is there. */
  ready?: boolean
  children?: ReactNode
}

/** Asks for the wallet's password to do something. After too many wrong ones it says how long to wait. */
export function PasswordForm({ action, run, hint, autoFocus = false, ready = true, children }: Props) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const { data: wallet } = useWallet()
  const [password, setPassword] = useState('')
  const time = useTimeLeft(wallet?.waitUntil ?? null, () => {
    run.reset()
    void queries.invalidateQueries({ queryKey: ['wallet'] })
  })
  const isWrong = run.error instanceof TuppenceError && run.error.code === 'wrong_password'
  const error =
    time !== null ? t('unlock.wait', { time }) : run.error && isWrong ? errorSentence(t, run.error) : undefined
  return (
    <form
      noValidate
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (password !== '' && ready && time === null && !run.isPending) run.mutate(password)
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
          run.reset()
        }}
        error={error}
      />
      {children}
      {run.error && !isWrong && time === null && (
        <p role="alert" className="text-danger text-xs">
          {errorSentence(t, run.error)}
        </p>
      )}
      <Button type="submit" look="primary" busy={run.isPending} disabled={password === '' || !ready || time !== null}>
        {action}
      </Button>
    </form>
  )
}
