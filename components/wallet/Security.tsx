import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { Section } from '@/components/ui/Section'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { AUTO_LOCKS, type AutoLock, type WalletView } from '@/lib/messaging/schema'
import { ChangePasswordDialog } from './ChangePasswordDialog'
import { EraseDialog } from './EraseDialog'

interface Props {
  wallet: WalletView
  onBackUp: () => void
}

/** How the wallet is protected, and how to be rid of it. */
export function Security({ wallet, onBackUp }: Props) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState<'password' | 'erase' | null>(null)
  const setAutoLock = useMutation({
    scope: { id: 'auto-lock' },
    mutationFn: (autoLock: AutoLock) => send('wallet.setAutoLock', { autoLock }),
  })
  const close = () => setOpened(null)
  const hasWords = wallet.accounts.some(({ origin }) => origin === 'words')
  return (
    <Section title={t('security.title')}>
      <RadioGroup
        label={t('security.autoLock')}
        hint={t('security.autoLockText')}
        value={setAutoLock.isPending ? setAutoLock.variables : wallet.autoLock}
        options={AUTO_LOCKS.map((value) => ({ value, label: t(`security.after.${value}`) }))}
        onChange={(autoLock) => setAutoLock.mutate(autoLock)}
      />
      {setAutoLock.error && <Notice tone="danger">{errorSentence(t, setAutoLock.error)}</Notice>}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setOpened('password')}>{t('security.changePassword')}</Button>
        {hasWords && <Button onClick={onBackUp}>{t('security.showWords')}</Button>}
        <Button onClick={() => setOpened('erase')}>{t('security.erase')}</Button>
      </div>
      {opened === 'password' && <ChangePasswordDialog onClose={close} />}
      {opened === 'erase' && <EraseDialog wallet={wallet} onClose={close} />}
    </Section>
  )
}
