import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { Words } from '@/components/payment/Words'
import { Dialog } from '@/components/ui/Dialog'
import { Facts } from '@/components/ui/Facts'
import { hostOf } from '@/components/ui/host'
import { Notice } from '@/components/ui/Notice'
import { Time } from '@/components/ui/Time'
import type { PaymentView } from '@/lib/messaging/schema'
import { formatUsd } from '@/lib/money/usd'
import { Steps } from './Steps'
import { stateOf } from './state'
import { Transaction } from './Transaction'
import { Unproved } from './Unproved'

interface Props {
  payment: PaymentView
  onClose: () => void
}

/** All that is known of one payment. */
export function PaymentDetail({ payment, onClose }: Props) {
  const { t } = useTranslation()
  const { site, page, price, history, answerStatus, validBefore } = payment
  return (
    <Dialog
      title={t('payments.detail', { price: formatUsd(price), site: hostOf(site) })}
      description={t(`state.${stateOf(payment)}`)}
      onClose={onClose}
    >
      <div className="grid gap-4">
        {payment.state === 'unknown' && (
          <Notice tone="warn">
            <p>
              <Unproved payment={payment} withHelp />
            </p>
          </Notice>
        )}
        {payment.disagreement !== null && (
          <Notice tone="warn">
            <p>{t(`disagreement.${payment.disagreement}`)}</p>
          </Notice>
        )}
        {payment.description && <Words label={t('payments.merchantWords')} words={payment.description} />}
        {payment.reason && <Words label={t('payments.pageWords')} words={payment.reason} />}
        <Steps steps={history.map(({ state, at }) => ({ name: t(`step.${state}`), at }))} />
        <Facts
          facts={[
            [t('payments.amount'), <Amount key="amount" {...payment} />],
            [t('payments.request'), `${payment.method} ${payment.url}`],
            [t('payments.askedBy'), page === site ? null : hostOf(page)],
            [t('payments.agent'), payment.agent],
            [
              t('payments.decidedBy'),
              t(payment.decidedBy === 'rules' ? 'payments.decidedByRules' : 'payments.decidedByUser'),
            ],
            [
              t('payments.answer'),
              answerStatus === 0 ? t('payments.answerFailed') : answerStatus === null ? null : String(answerStatus),
            ],
            [t('payments.problem'), payment.errorReason],
            [
              t('payments.transaction'),
              payment.transaction === null ? null : (
                <Transaction key="transaction" network={payment.network} hash={payment.transaction} />
              ),
            ],
            [t('payments.payTo'), <Code key="to" text={payment.payTo} />],
            [t('payments.from'), <Code key="from" text={payment.from} />],
            [t('payments.nonce'), payment.nonce === null ? null : <Code key="nonce" text={payment.nonce} />],
            [
              t('payments.validBefore'),
              validBefore === null ? null : <Time key="until" at={validBefore * 1000} exact />,
            ],
          ]}
        />
      </div>
    </Dialog>
  )
}

const Code = ({ text }: { text: string }) => <code className="text-xs">{text}</code>
