import { useTranslation } from 'react-i18next'
import { useWallet } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { Address } from './Address'
import { Balances } from './Balances'
import { LockControl } from './LockControl'
import { MissingWallet } from './MissingWallet'

/** The account that pays: whether it can, what is in it, how to fill it. */
export function WalletsPage() {
  const { t } = useTranslation()
  const wallet = useWallet()
  return (
    <>
      <PageHeading title={t('dashboard.wallets')} />
      <Loaded query={wallet}>
        {({ state, address }) =>
          state === 'missing' ? (
            <MissingWallet />
          ) : (
            <>
              <Section title={t(state === 'locked' ? 'wallet.locked' : 'wallet.unlocked')}>
                <p className="text-soft">{t(state === 'locked' ? 'wallet.lockedText' : 'wallet.unlockedText')}</p>
                <div className="max-w-xs">
                  <LockControl state={state} />
                </div>
              </Section>
              <Balances />
              {address !== null && (
                <Section title={t('wallet.topUp')}>
                  <p className="text-soft">{t('wallet.topUpText')}</p>
                  <Address address={address} />
                </Section>
              )}
            </>
          )
        }
      </Loaded>
    </>
  )
}
