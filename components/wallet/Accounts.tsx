import { useMutation } from '@tanstack/react-query'
import { type ComponentType, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { AccountView, WalletView } from '@/lib/messaging/schema'
import { AccountRow } from './AccountRow'
import { ImportKeyDialog } from './ImportKeyDialog'
import { RemoveAccountDialog } from './RemoveAccountDialog'
import { RenameDialog } from './RenameDialog'
import { ShowKeyDialog } from './ShowKeyDialog'

export type AccountDialog = 'rename' | 'key' | 'remove'

const DIALOGS: Readonly<Record<AccountDialog, ComponentType<{ account: AccountView; onClose: () => void }>>> = {
  rename: RenameDialog,
  key: ShowKeyDialog,
  remove: RemoveAccountDialog,
}
const FAMILIES = ['evm', 'svm'] as const

/** The wallet's accounts by family: which one pays, and all that can be done with each. */
export function Accounts({ wallet }: { wallet: WalletView }) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState<{ dialog: AccountDialog; account: AccountView } | null>(null)
  const [importing, setImporting] = useState(false)
  const change = useMutation({ mutationFn: (act: () => Promise<void>) => act() })
  const locked = wallet.state === 'locked'
  const hasWords = wallet.accounts.some(({ origin }) => origin === 'words')
  const Opened = opened && DIALOGS[opened.dialog]
  return (
    <Section title={t('accounts.title')}>
      {locked && <p className="text-soft">{t('accounts.locked')}</p>}
      {FAMILIES.map((family) => {
        const accounts = wallet.accounts.filter((account) => account.family === family)
        return (
          <fieldset key={family} disabled={locked || change.isPending} className="grid gap-2">
            <legend className="mb-1 font-medium">{t(`accounts.family.${family}`)}</legend>
            {accounts.length === 0 && <p className="text-soft">{t('accounts.none')}</p>}
            <ul className="divide-y divide-line">
              {accounts.map((account) => (
                <AccountRow
                  key={account.address}
                  account={account}
                  onChoose={() => change.mutate(() => send('wallet.chooseAccount', { address: account.address }))}
                  onOpen={(dialog) => setOpened({ dialog, account })}
                />
              ))}
            </ul>
            {hasWords && (
              <Button
                className="justify-self-start"
                aria-label={t(`accounts.addTo.${family}`)}
                onClick={() => change.mutate(() => send('wallet.addAccount', { family }))}
              >
                {t('accounts.add')}
              </Button>
            )}
          </fieldset>
        )
      })}
      <Button className="justify-self-start" disabled={locked} onClick={() => setImporting(true)}>
        {t('accounts.importKey')}
      </Button>
      {change.error && <Notice tone="danger">{errorSentence(t, change.error)}</Notice>}
      {Opened && <Opened account={opened.account} onClose={() => setOpened(null)} />}
      {importing && <ImportKeyDialog onClose={() => setImporting(false)} />}
    </Section>
  )
}
