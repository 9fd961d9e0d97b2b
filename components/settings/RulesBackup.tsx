import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { download } from '@/components/shell/download'
import { useHealth } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Notice } from '@/components/ui/Notice'
import { useToast } from '@/components/ui/Toast'
import { TuppenceError } from '@/lib/errors'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

/** No backup is as long as this, in bytes. */
const LONGEST = 4_000_000

/** Keeps all rules in a file, and puts those of a file in their place. */
export function RulesBackup() {
  const { t } = useTranslation()
  const toast = useToast()
  const input = useRef<HTMLInputElement>(null)
  const [chosen, setChosen] = useState<File | null>(null)
  const { data: troubles = [] } = useHealth()
  // What cannot be read cannot be saved either.
  const unreadable = troubles.some((trouble) => trouble.startsWith('rules_'))

  const save = useMutation({
    mutationFn: async () => {
      const { text } = await send('rules.backup')
      download('tuppence-rules.json', new Blob([text], { type: 'application/json' }))
    },
    onSuccess: () => toast(t('common.saved')),
  })
  const restore = useMutation({
    mutationFn: async (file: File) => {
      if (file.size >= LONGEST) throw new TuppenceError('invalid_backup')
      await send('rules.restore', { text: await file.text() })
    },
    onSuccess: () => toast(t('settings.restored')),
    onSettled: () => setChosen(null),
  })
  const error = save.error ?? restore.error

  return (
    <>
      <div className="flex flex-wrap gap-2">
        <Button busy={save.isPending} disabled={unreadable} onClick={() => save.mutate()}>
          {t('settings.saveBackup')}
        </Button>
        <Button busy={restore.isPending} onClick={() => input.current?.click()}>
          {t('settings.restoreBackup')}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          accept=".json,application/json"
          aria-label={t('settings.backupFile')}
          onChange={({ target }) => {
            restore.reset()
            setChosen(target.files?.[0] ?? null)
            // The same file can be chosen again.
            target.value = ''
          }}
        />
      </div>
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
      {chosen && (
        <Confirm
          title={t('settings.restoreTitle')}
          text={t('settings.restoreText', { file: chosen.name })}
          action={t('settings.restore')}
          busy={restore.isPending}
          onConfirm={() => restore.mutate(chosen)}
          onClose={() => setChosen(null)}
        />
      )}
    </>
  )
}
