import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Health } from '@/components/health/Health'
import { PaymentsPage } from '@/components/history/PaymentsPage'
import { RulesPage } from '@/components/rules/RulesPage'
import { SettingsPage } from '@/components/settings/SettingsPage'
import { Brand } from '@/components/shell/Brand'
import { useTitle } from '@/components/shell/useTitle'
import { ToastProvider } from '@/components/ui/Toast'
import { SignatureAgent } from '@/components/wallet/SignatureAgent'
import { Sites } from '@/components/wallet/Sites'
import { TopUp } from '@/components/wallet/TopUp'
import { WalletsPage } from '@/components/wallet/WalletsPage'
import { Withdraw } from '@/components/wallet/Withdraw'
import { OverviewPage } from './OverviewPage'
import { ROUTES, type Route, useRoute } from './useRoute'

const PAGES: Readonly<Record<Route, ComponentType>> = {
  overview: OverviewPage,
  payments: PaymentsPage,
  rules: RulesPage,
  wallets: WalletsPage,
  settings: SettingsPage,
  'wallets/top-up': TopUp,
  'wallets/withdraw': Withdraw,
  'wallets/sites': Sites,
  'wallets/signature-agent': SignatureAgent,
}

export function Dashboard() {
  const { t } = useTranslation()
  const route = useRoute()
  const Page = PAGES[route]
  const [part] = route.split('/')
  useTitle(t(`dashboard.${route}`))
  return (
    <ToastProvider>
      <div className="mx-auto grid max-w-5xl content-start gap-x-8 gap-y-4 px-4 py-6 md:grid-cols-[11rem_1fr]">
        <header className="grid content-start gap-4">
          <Brand />
          <nav aria-label={t('dashboard.navigation')}>
            <ul className="flex flex-wrap gap-1 md:grid">
              {ROUTES.map((name) => (
                <li key={name}>
                  <a
                    href={`#/${name}`}
                    aria-current={name === route ? 'page' : name === part ? 'true' : undefined}
                    className="block rounded-lg px-3 py-1.5 text-soft hover:bg-sunken aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent"
                  >
                    {t(`dashboard.${name}`)}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </header>
        <main className="grid min-w-0 content-start gap-4">
          <Health />
          <Page />
        </main>
      </div>
    </ToastProvider>
  )
}
