import { useTranslation } from 'react-i18next'
import type { TransferView } from '@/lib/messaging/schema'
import { Transaction } from './Transaction'

/** What has become of one of the user's own transfers. */
export function TransferState({ transfer: { kind, state, network, transaction } }: { transfer: TransferView }) {
  const { t } = useTranslation()
  return (
    <>
      <p className={state === 'settled' ? 'font-medium text-accent' : 'font-medium'}>
        {t(`transfer.state.${kind}.${state}`)}
      </p>
      {transaction !== null && (
        <p>
          <Transaction network={network} hash={transaction} />
        </p>
      )}
    </>
  )
}
