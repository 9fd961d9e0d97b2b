import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'

interface Props {
  busy: boolean
  error: Error | null
  onSubmit: () => void
  onBack: () => void
  children: ReactNode
}

/** A step that is filled in: on with Continue, or back. */
export function StepForm({ busy, error, onSubmit, onBack, children }: Props) {
  const { t } = useTranslation()
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
      <div className="flex gap-3">
        <Button type="submit" look="primary" busy={busy}>
          {t('common.continue')}
        </Button>
        <Button look="quiet" disabled={busy} onClick={onBack}>
          {t('common.back')}
        </Button>
      </div>
    </form>
  )
}
