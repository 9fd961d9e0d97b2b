import { useTranslation } from 'react-i18next'
import { openSettings } from '@/components/shell/pages'
import { formatSoon } from '@/components/ui/time'
import type { PaymentView } from '@/lib/messaging/schema'
import { isOnCredit } from '@/lib/money/networks'
import { checkedUntil } from './state'
import { useUnproved } from './useUnproved'

interface Props {
  /** Of unknown outcome. */
  payment: PaymentView
  /** Says also what can be done. In a list there is no room for it. */
  withHelp?: boolean
}

/** What becomes of the question whether a payment was made. */
export function Unproved({ payment, withHelp = false }: Props) {
  const { t, i18n } = useTranslation()
  const { over, nobodyAsked } = useUnproved(payment)
  if (isOnCredit(payment)) return t('billed.onlyTheBill')
  return (
    <>
      {!over && t('unproved.checking', { until: formatSoon(i18n.language, checkedUntil(payment)) })}
      {over && t(nobodyAsked ? 'unproved.nobodyAsked' : 'unproved.open')}
      {withHelp && over && !nobodyAsked && <> {t('unproved.openHelp')}</>}
      {withHelp && nobodyAsked && (
        <>
          {' '}
          <button type="button" className="underline" onClick={openSettings}>
            {t('wallet.chooseRpc')}
          </button>
        </>
      )}
    </>
  )
}
