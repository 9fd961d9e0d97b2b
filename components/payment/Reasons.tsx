import { useTranslation } from 'react-i18next'
import { reasonSentence } from '@/lib/i18n/sentences'
import type { Reason } from '@/lib/policy/reasons'

/** Why something was asked or not paid: one sentence each. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  const { t } = useTranslation()
  return (
    <ul className="grid gap-1">
      {reasons.map((reason) => (
        <li key={JSON.stringify(reason)} className="flex gap-2 before:text-soft before:content-['•']">
          {reasonSentence(t, reason)}
        </li>
      ))}
    </ul>
  )
}
