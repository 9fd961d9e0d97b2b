import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { browser } from 'wxt/browser'
import { Health } from '@/components/health/Health'
import { LastPayments } from '@/components/history/LastPayments'
import { Brand } from '@/components/shell/Brand'
import { openDashboard } from '@/components/shell/pages'
import { useWallet } from '@/components/shell/queries'
import { useTitle } from '@/components/shell/useTitle'
import { Button } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { BackupReminder } from '@/components/wallet/BackupReminder'
import { WalletSummary } from '@/components/wallet/WalletSummary'
import { ThisTab } from './ThisTab'

/** The toolbar popup: this tab, this site, the wallet. */
export function TabScreen() {
  const { t } = useTranslation()
  const wallet = useWallet()
  const tabId = useQuery({ queryKey: ['tab-id'], queryFn: activeTabId })
  useTitle(t('tab.title'))
  return (
    <main className="mx-auto grid w-100 max-w-full content-start gap-3.5 p-4">
      <div className="flex items-center justify-between gap-4">
        <Brand />
        <Button look="quiet" className="-me-3.5 -my-2" onClick={openDashboard}>
          {t('common.openDashboard')}
        </Button>
      </div>
      <Health />
      <Loaded query={tabId}>{(id) => id !== null && <ThisTab tabId={id} />}</Loaded>
      <BackupReminder />
      <section className="border-line border-t pt-3.5">
        <Loaded query={wallet}>{(view) => <WalletSummary wallet={view} />}</Loaded>
      </section>
      <section className="grid gap-2 border-line border-t pt-3.5">
        <h2 className="font-medium">{t('tab.lastPayments')}</h2>
        <LastPayments count={3} />
      </section>
    </main>
  )
}

async function activeTabId(): Promise<number | null> {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true })
  return tab?.id ?? null
}
