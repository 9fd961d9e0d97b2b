import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTransfers } from '@/components/shell/queries'
import { Section } from '@/components/ui/Section'
import { Withdrawal } from './Withdrawal'

/** Withdrawals under way, and what came to an end while one was looking. Nothing where there are none. */
export function LatestWithdrawals() {
  const { t } = useTranslation()
  const { data: transfers = [] } = useTransfers()
  const [since] = useState(Date.now)
  const latest = transfers.filter(
    ({ kind, state, history }) =>
      kind === 'withdrawal' && (state === 'signed' || state === 'sent' || (history.at(-1)?.at ?? 0) >= since),
  )
  if (latest.length === 0) return null
  return (
    <Section title={t('withdraw.latest')}>
      <ul className="divide-y divide-line">
        {latest.map((transfer) => (
          <li key={transfer.id} className="grid gap-2 py-2 first:pt-0 last:pb-0">
            <Withdrawal withdrawal={transfer} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
