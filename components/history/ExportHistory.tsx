import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { csv, json } from '@/lib/export/format'
import { errorSentence } from '@/lib/i18n/sentences'
import { useExport } from './useExport'

/** Takes the whole history out of the browser, as a file for a spreadsheet or for a program. */
export function ExportHistory() {
  const { t, i18n } = useTranslation()
  const { mutate, isPending, variables, progress, error } = useExport()
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Button busy={isPending && variables === csv} disabled={isPending} onClick={() => mutate(csv)}>
          {t('payments.exportCsv')}
        </Button>
        <Button busy={isPending && variables === json} disabled={isPending} onClick={() => mutate(json)}>
          {t('payments.exportJson')}
        </Button>
      </div>
      {progress !== null && (
        <p className="text-soft text-xs tabular-nums">
          {t('payments.exporting', { payments: new Intl.NumberFormat(i18n.language).format(progress) })}
        </p>
      )}
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
    </div>
  )
}
