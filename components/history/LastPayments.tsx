import { useTranslation } from 'react-i18next'
import { useLastPayments } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PaymentRow } from './PaymentRow'

/** The latest few, to look at in passing. */
export function LastPayments({ count }: { count: number }) {
  const { t } = useTranslation()
  const payments = useLastPayments(count)
  return (
    <Loaded query={payments}>
      {(list) =>
        list.length === 0 ? (
          <p className="text-soft">{t('payments.none')}</p>
        ) : (
          <ul className="divide-y divide-line">
            {list.map((payment) => (
              <li key={payment.id} className="py-2 first:pt-0 last:pb-0">
                <PaymentRow payment={payment} />
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
