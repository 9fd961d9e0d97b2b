import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { Words } from '@/components/payment/Words'
import { Dialog } from '@/components/ui/Dialog'
import { Facts } from '@/components/ui/Facts'
import { hostOf } from '@/components/ui/host'
import { Notice } from '@/components/ui/Notice'
import { Time } from '@/components/ui/Time'
import type { PaymentView } from '@/lib/messaging/schema'
import { isOnCredit } from '@/lib/money/networks'
import { formatUsd } from '@/lib/money/usd'
import { Bill } from './Bill'
import { SignedBySite } from './SignedBySite'
import { Steps } from './Steps'
import { billerOf, stateSentence, stepSentence } from './state'
import { Transaction } from './Transaction'
import { Unproved } from './Unproved'

interface Props {
  payment: PaymentView
  onClose: () => void
}

/** All that is known of one payment. */
export function PaymentDetail({ payment, onClose }: Props) {
  const { t } = useTranslation()
  const { site, page, price, upTo, charged, reported, history, answerStatus, validBefore } = payment
  const onCredit = isOnCredit(payment)
  const title = upTo && !charged ? 'payments.detailUpTo' : 'payments.detail'
  return (
    <Dialog
      title={t(title, { price: formatUsd(charged?.price ?? price), site: hostOf(site) })}
      description={stateSentence(t, payment)}
      onClose={onClose}
    >
      <div className="grid gap-4">
        {payment.state === 'unknown' && onCredit && <Bill payment={payment} />}
        {payment.state === 'unknown' && !onCredit && (
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
        <Steps steps={history.map(({ state, at }) => ({ name: stepSentence(t, payment, state), at }))} />
        <Facts
          facts={[
            [
              t('payments.amount'),
              upTo && !charged ? null : <Amount key="amount" {...payment} units={charged?.units ?? payment.units} />,
            ],
            [t('payments.most'), upTo ? <Amount key="most" {...payment} /> : null],
            [
              t('payments.reported'),
              upTo && !charged && reported !== null ? <Amount key="reported" {...payment} units={reported} /> : null,
            ],
            [
              t('payments.tab'),
              payment.tab === null ? null : t(payment.tab.does === 'open' ? 'payments.opensTab' : 'payments.fromTab'),
            ],
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
            [
              t('billed.reported'),
              onCredit && reported !== null ? <Amount key="billed" {...payment} units={reported} /> : null,
            ],
            [t('billed.by'), onCredit ? billerOf(payment) : null],
            [t('payments.payTo'), onCredit ? null : <Code key="to" text={payment.payTo} />],
            [t(onCredit ? 'billed.to' : 'payments.from'), <Code key="from" text={payment.from} />],
            [t('payments.nonce'), payment.nonce === null ? null : <Code key="nonce" text={payment.nonce} />],
            [
              t('payments.validBefore'),
              validBefore === null ? null : <Time key="until" at={validBefore * 1000} exact />,
            ],
          ]}
        />
        {payment.signed && <SignedBySite payment={payment} />}
      </div>
    </Dialog>
  )
}

const Code = ({ text }: { text: string }) => <code className="text-xs">{text}</code>
