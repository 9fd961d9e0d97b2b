import { useTranslation } from 'react-i18next'
import { Health } from '@/components/health/Health'
import { Brand } from '@/components/shell/Brand'
import { useApprovals, useWallet } from '@/components/shell/queries'
import { useTitle } from '@/components/shell/useTitle'
import { Loaded } from '@/components/ui/Loaded'
import { ApprovalQueue } from './ApprovalQueue'

const wanted = () => new URLSearchParams(location.search).get('id')

/** The prompt window: one payment, one decision. */
export function ApprovalScreen() {
  const { t } = useTranslation()
  const approvals = useApprovals()
  const wallet = useWallet()
  useTitle(t('approval.title'))
  return (
    <main className="relative mx-auto grid w-100 max-w-full content-start gap-3.5 p-4">
      <Brand />
      <Health />
      <Loaded query={approvals} title={t('approval.title')}>
        {(waiting) => (
          <Loaded query={wallet} title={t('approval.title')}>
            {({ state }) => (
              <ApprovalQueue
                waiting={waiting.toSorted((a, b) => a.createdAt - b.createdAt)}
                wanted={wanted()}
                wallet={state}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </main>
  )
}
