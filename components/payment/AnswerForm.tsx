import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Checkbox } from '@/components/ui/Checkbox'
import { hostOf } from '@/components/ui/host'
import { MissingWallet } from '@/components/wallet/MissingWallet'
import { UnlockForm } from '@/components/wallet/UnlockForm'
import type { ApprovalView, WalletView } from '@/lib/messaging/schema'
import { formatUsd } from '@/lib/money/usd'
import type { Reason } from '@/lib/policy/reasons'
import { costText } from './cost'
import { useArmed } from './useArmed'
import type { Answer } from './useQueue'

interface Props {
  approval: ApprovalView
  wallet: WalletView['state']
  /** The answer that is being carried out. */
  pending: Answer['answer'] | null
  onAnswer: (answer: Answer) => void
}

/** The doubts that a standing rule for this site would settle. The others come back whatever the rule says. */
const SETTLED_BY_RULE: readonly Reason['code'][] = ['auto_pay_off', 'site_asks', 'over_most_per_payment']

/** Pay or decline. Neither is a form's default: Enter alone never pays. */
export function AnswerForm({ approval, wallet, pending, onAnswer }: Props) {
  const { t } = useTranslation()
  const [remember, setRemember] = useState(false)
  const price = formatUsd(approval.price)
  const outlay = approval.deposit ? formatUsd(approval.deposit.price) : costText(t, approval)
  const armed = useArmed(`${approval.id} ${approval.offer} ${outlay} ${wallet} ${pending}`)
  const byMetaMask = approval.signer === 'metamask'
  const paying = t(byMetaMask ? 'approval.inMetaMask' : 'approval.paying')
  // What MetaMask signs is always asked about.
  const canRemember = !byMetaMask && approval.reasons.some(({ code }) => SETTLED_BY_RULE.includes(code))

  const boughtBefore = approval.reasons.some(({ code }) => code === 'bought_before')

  return (
    <div className="sticky bottom-0 -mx-4 -mb-4 grid gap-3 border-line border-t bg-paper p-4">
      {wallet === 'locked' && <UnlockForm autoFocus hint={t('unlock.first')} />}
      {wallet === 'missing' && <MissingWallet />}
      {byMetaMask && <p className="text-soft">{t('approval.byMetaMask')}</p>}
      {wallet === 'unlocked' && canRemember && (
        <Checkbox
          label={t('approval.remember', { price })}
          hint={
            approval.page === approval.site ? undefined : t('approval.rememberPage', { page: hostOf(approval.page) })
          }
          checked={remember}
          disabled={pending !== null}
          onChange={setRemember}
        />
      )}
      {wallet === 'unlocked' && boughtBefore && (
        <Button
          busy={pending === 'sign_in'}
          disabled={!armed || pending !== null}
          onClick={() => onAnswer({ answer: 'sign_in', remember: false })}
        >
          {t(pending === 'sign_in' ? 'approval.signingIn' : 'approval.signIn')}
        </Button>
      )}
      <div className="grid auto-cols-fr grid-flow-col gap-2">
        <Button
          busy={pending === 'decline'}
          disabled={pending !== null}
          onClick={() => onAnswer({ answer: 'decline', remember: false })}
        >
          {t(pending === 'decline' ? 'approval.declining' : 'approval.decline')}
        </Button>
        {wallet === 'unlocked' && (
          <Button
            look="primary"
            busy={pending === 'pay'}
            disabled={!armed || pending !== null}
            onClick={() => onAnswer({ answer: 'pay', remember: remember && canRemember })}
          >
            {pending === 'pay' ? paying : t('approval.pay', { price: outlay })}
          </Button>
        )}
      </div>
      <p role="status" className="sr-only">
        {pending === 'pay' && paying}
      </p>
    </div>
  )
}
