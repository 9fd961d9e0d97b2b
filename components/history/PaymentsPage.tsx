import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePayments } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { EmptyState } from '@/components/ui/EmptyState'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { CheckNow } from './CheckNow'
import { ExportHistory } from './ExportHistory'
import { Openings } from './Openings'
import { OwnTransfers } from './OwnTransfers'
import { PaymentDetail } from './PaymentDetail'
import { PaymentRow } from './PaymentRow'
import { isOpen } from './state'

/** Every payment, newest first. */
export function PaymentsPage() {
  const { t } = useTranslation()
  const payments = usePayments()
  const [opened, setOpened] = useState<string | null>(null)
  return (
    <>
      <PageHeading title={t('dashboard.payments')}>
        <div className="flex flex-wrap items-start gap-2">
          {payments.data?.some(isOpen) && <CheckNow />}
          {payments.data && payments.data.length > 0 && <ExportHistory />}
        </div>
      </PageHeading>
      <OwnTransfers />
      <Openings />
      <Loaded query={payments}>
        {(list) => {
          const detail = list.find(({ id }) => id === opened)
          if (list.length === 0) return <EmptyState title={t('payments.none')} text={t('payments.noneText')} />
          return (
            <>
              <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
                {list.map((payment) => (
                  <li key={payment.id}>
                    <button
                      type="button"
                      aria-haspopup="dialog"
                      className="w-full px-4 py-2.5 -outline-offset-2 hover:bg-sunken"
                      onClick={() => setOpened(payment.id)}
                    >
                      <PaymentRow payment={payment} />
                    </button>
                  </li>
                ))}
              </ul>
              {payments.hasNextPage && (
                <Button
                  className="justify-self-center"
                  busy={payments.isFetchingNextPage}
                  onClick={() => payments.fetchNextPage()}
                >
                  {t('payments.more')}
                </Button>
              )}
              {detail && <PaymentDetail payment={detail} onClose={() => setOpened(null)} />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}
