import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { PasswordField } from '@/components/ui/PasswordField'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

interface Props {
  /** How many words there are. */
  count: number
  onConfirmed: () => void
  /** Shows the words once more. */
  onBack: () => void
  onSkip?: () => void
}

const ASKED = 3

/** Asks for three of the words, so that nobody only believes to have them. */
export function ConfirmWords({ count, onConfirmed, onBack, onSkip }: Props) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState(() => places(count).map((index) => ({ index, word: '' })))
  const confirm = useMutation({
    mutationFn: () => send('wallet.confirmBackup', { words: asked }),
    onSuccess: onConfirmed,
  })
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate()
      }}
    >
      <div className="grid gap-3 sm:grid-cols-3">
        {asked.map(({ index, word }) => (
          <PasswordField
            key={index}
            label={t('backup.word', { number: index + 1 })}
            maxLength={32}
            value={word}
            onChange={({ target }) => {
              setAsked(asked.map((one) => (one.index === index ? { index, word: target.value } : one)))
              confirm.reset()
            }}
          />
        ))}
      </div>
      {confirm.error && <Notice tone="danger">{errorSentence(t, confirm.error)}</Notice>}
      <div className="flex flex-wrap gap-3">
        <Button
          type="submit"
          look="primary"
          busy={confirm.isPending}
          disabled={asked.some(({ word }) => word.trim() === '')}
        >
          {t('backup.confirm')}
        </Button>
        <Button onClick={onBack}>{t('backup.again')}</Button>
        {onSkip && (
          <Button look="quiet" onClick={onSkip}>
            {t('backup.skip')}
          </Button>
        )}
      </div>
    </form>
  )
}

/** Places of different words in their order, by chance. */
function places(count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => ({ index, chance: Math.random() }))
  return order
    .toSorted((a, b) => a.chance - b.chance)
    .slice(0, ASKED)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b)
}
