import { useTranslation } from 'react-i18next'
import { LastPayments } from '@/components/history/LastPayments'
import { TestMoney } from '@/components/payment/TestMoney'
import { useToday, useWallet } from '@/components/shell/queries'
import { Gauge } from '@/components/ui/Gauge'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { WalletSummary } from '@/components/wallet/WalletSummary'
import { formatUsd, formatUsdTotal } from '@/lib/money/usd'

export function OverviewPage() {
  const { t } = useTranslation()
  const today = useToday()
  const wallet = useWallet()
  return (
    <>
      <PageHeading title={t('dashboard.overview')} />
      <Section title={t('dashboard.today')}>
        <Loaded query={today}>
          {({ spent, cap, realm }) => (
            <>
              <p className="flex flex-wrap items-center gap-2">
                {t('dashboard.spentToday', { spent: formatUsdTotal(spent), cap: formatUsd(cap) })}
                <TestMoney realm={realm} />
              </p>
              <Gauge spent={spent} cap={cap} />
            </>
          )}
        </Loaded>
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
