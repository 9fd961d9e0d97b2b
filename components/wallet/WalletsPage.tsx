import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWallet } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { Accounts } from './Accounts'
import { BackupDialog } from './BackupDialog'
import { BackupReminder } from './BackupReminder'
import { Balances } from './Balances'
import { LockControl } from './LockControl'
import { MetaMask } from './MetaMask'
import { MissingWallet } from './MissingWallet'
import { PrepaidTabs } from './PrepaidTabs'
import { Privacy } from './Privacy'
import { Security } from './Security'
import { SignatureAgentLink } from './SignatureAgentLink'

/** The account that pays: whether it can, what is in it, how to fill it. */
export function WalletsPage() {
  const { t } = useTranslation()
  const wallet = useWallet()
  const [backingUp, setBackingUp] = useState(false)
  return (
    <>
      <PageHeading title={t('dashboard.wallets')} />
      <Loaded query={wallet}>
        {(view) => {
          const { state } = view
          return state === 'missing' ? (
            <>
              <MissingWallet />
              <MetaMask />
            </>
          ) : (
            <>
              <BackupReminder onBackUp={() => setBackingUp(true)} />
              <Section title={t(state === 'locked' ? 'wallet.locked' : 'wallet.unlocked')}>
                <p className="text-soft">{t(state === 'locked' ? 'wallet.lockedText' : 'wallet.unlockedText')}</p>
                <div className="max-w-xs">
                  <LockControl state={state} />
                </div>
              </Section>
              <Balances />
              <PrepaidTabs />
              <Accounts wallet={view} />
              <MetaMask />
              <Privacy wallet={view} />
              <SignatureAgentLink />
              <Security wallet={view} onBackUp={() => setBackingUp(true)} />
              {backingUp && <BackupDialog onClose={() => setBackingUp(false)} />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}
