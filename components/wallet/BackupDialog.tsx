import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/ui/Dialog'
import { useToast } from '@/components/ui/Toast'
import { send } from '@/lib/messaging/messaging'
import { ConfirmWords } from './ConfirmWords'
import { PasswordForm } from './PasswordForm'
import { WordList } from './WordList'

/** Shows the words again, to whoever has the password, and asks whether they are written down. They live here alone. */
export function BackupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const [written, setWritten] = useState(false)
  const show = useMutation({ mutationFn: (password: string) => send('wallet.showWords', { password }) })
  const confirmed = () => {
    toast(t('backup.confirmed'))
    onClose()
  }
  return (
    <Dialog title={t('backup.title')} description={t(written ? 'backup.confirmText' : 'backup.text')} onClose={onClose}>
      <div className="grid gap-4">
        {!show.data && <PasswordForm action={t('common.continue')} run={show} autoFocus />}
        {show.data && !written && <WordList words={show.data.words} onWritten={() => setWritten(true)} />}
        {show.data && written && (
          <ConfirmWords
            count={show.data.words.split(' ').length}
            onConfirmed={confirmed}
            onBack={() => setWritten(false)}
          />
        )}
      </div>
    </Dialog>
  )
}
