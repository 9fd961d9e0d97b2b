import { useTranslation } from 'react-i18next'
import { openWallets } from '@/components/shell/pages'
import { useWallet } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'

interface Props {
  /** What the button does; by default it opens the Wallets page. */
  onBackUp?: () => void
}

/** Stays until the words of the wallet are known to be written down. */
export function BackupReminder({ onBackUp = openWallets }: Props) {
  const { t } = useTranslation()
  const { data: wallet } = useWallet()
  if (!wallet || wallet.state === 'missing' || wallet.backedUp) return null
  return (
    <Notice tone="warn" title={t('backup.reminder')}>
      <p>{t('backup.reminderText')}</p>
      <Button className="mt-2 justify-self-start" onClick={onBackUp}>
        {t('backup.reminderAction')}
      </Button>
    </Notice>
  )
}
