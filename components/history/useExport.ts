import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { download } from '@/components/shell/download'
import { useToast } from '@/components/ui/Toast'
import type { Format } from '@/lib/export/format'
import { exportHistory } from '@/lib/export/history'
import { send } from '@/lib/messaging/messaging'

const PAGE_SIZE = 200
/** What takes no longer than this needs no progress. */
const PATIENCE_MS = 1_000

/** Saves the whole history as a file. `progress` is how many payments were read so far, once it takes a while. */
export function useExport() {
  const { t } = useTranslation()
  const toast = useToast()
  const [progress, setProgress] = useState<number | null>(null)
  const exporting = useMutation({
    mutationFn: async (format: Format) => {
      const started = Date.now()
      const file = await exportHistory(
        format,
        (after) => send('payments.list', { limit: PAGE_SIZE, ...(after && { after }) }),
        (payments) => {
          if (Date.now() - started > PATIENCE_MS) setProgress(payments)
        },
      )
      download(`tuppence-payments.${format.extension}`, file)
    },
    onSuccess: () => toast(t('payments.exported')),
    onSettled: () => setProgress(null),
  })
  return { ...exporting, progress }
}
