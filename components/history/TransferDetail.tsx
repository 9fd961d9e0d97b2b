import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { Dialog } from '@/components/ui/Dialog'
import { Facts } from '@/components/ui/Facts'
import { Time } from '@/components/ui/Time'
import type { TransferView } from '@/lib/messaging/schema'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, formatFee } from '@/lib/money/networks'
import { Steps } from './Steps'
import { Transaction } from './Transaction'

interface Props {
  transfer: TransferView
  onClose: () => void
}

/** All that is known of one of the user's own transfers. */
export function TransferDetail({ transfer, onClose }: Props) {
  const { t } = useTranslation()
  const { kind, state, history, network: id, units, from, to, nonce, validBefore, transaction, fee } = transfer
  const network = findNetwork(id)
  const asset = findAsset(id, transfer.asset)
  const amount = asset ? formatAmount({ units, asset }) : units.toString()
  return (
    <Dialog
      title={t('transfer.detail', { kind: t(`transfer.${kind}`), amount })}
      description={t(`transfer.state.${kind}.${state}`)}
      onClose={onClose}
    >
      <div className="grid gap-4">
        <Steps steps={history.map(({ state, at }) => ({ name: t(`transfer.step.${state}`), at }))} />
        <Facts
          facts={[
            [t('payments.amount'), <Amount key="amount" {...transfer} />],
            [t('transfer.from'), <Code key="from" text={from} />],
            [t('transfer.to'), <Code key="to" text={to} />],
            [
              t('payments.transaction'),
              transaction === null ? null : <Transaction key="transaction" network={id} hash={transaction} />,
            ],
            [t('transfer.fee'), fee !== null && network?.family === 'evm' ? formatFee(fee, network) : null],
            [t('payments.nonce'), nonce === null ? null : <Code key="nonce" text={nonce} />],
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
