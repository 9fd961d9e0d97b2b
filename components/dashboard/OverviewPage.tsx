import { useTranslation } from 'react-i18next'
import { LastPayments } from '@/components/history/LastPayments'
import { useSpending, useWallet } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { BackupReminder } from '@/components/wallet/BackupReminder'
import { WalletSummary } from '@/components/wallet/WalletSummary'
import { Spending } from './Spending'

export function OverviewPage() {
  const { t } = useTranslation()
  const spending = useSpending()
  const wallet = useWallet()
  return (
    <>
      <PageHeading title={t('dashboard.overview')} />
      <BackupReminder />
      <Section title={t('dashboard.spending')}>
        <Loaded query={spending}>{(view) => <Spending spending={view} />}</Loaded>
      </Section>
      <Section title={t('wallet.heading')}>
        <Loaded query={wallet}>{(view) => <WalletSummary wallet={view} />}</Loaded>
      </Section>
      <Section
        title={t('dashboard.lastPayments')}
        action={
          <a href="#/payments" className="text-accent underline">
            {t('dashboard.allPayments')}
          </a>
        }
      >
        <LastPayments count={5} />
      </Section>
    </>
  )
}
