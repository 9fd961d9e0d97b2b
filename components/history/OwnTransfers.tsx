import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { useTransfers } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Section } from '@/components/ui/Section'
import { Time } from '@/components/ui/Time'
import type { TransferView } from '@/lib/messaging/schema'
import { TransferDetail } from './TransferDetail'

/** As many are shown by themselves: the page is about payments. */
const FEW = 3

/** What the user put in and took out, apart from what sites were paid. Nothing while there is none. */
export function OwnTransfers() {
  const { t } = useTranslation()
  const { data: transfers = [] } = useTransfers()
  const [all, setAll] = useState(false)
  const [opened, setOpened] = useState<string | null>(null)
  const detail = transfers.find(({ id }) => id === opened)
  if (transfers.length === 0) return null
  return (
    <Section title={t('transfer.title')}>
      <ul className="-mx-4 divide-y divide-line">
        {transfers.slice(0, all ? undefined : FEW).map((transfer) => (
          <li key={transfer.id}>
            <button
              type="button"
              aria-haspopup="dialog"
              className="w-full px-4 py-2.5 -outline-offset-2 hover:bg-sunken"
              onClick={() => setOpened(transfer.id)}
            >
              <Row transfer={transfer} />
            </button>
          </li>
        ))}
      </ul>
      {!all && transfers.length > FEW && (
        <Button look="quiet" className="justify-self-center" onClick={() => setAll(true)}>
          {t('transfer.all', { count: transfers.length })}
        </Button>
      )}
      {detail && <TransferDetail transfer={detail} onClose={() => setOpened(null)} />}
    </Section>
  )
}

function Row({ transfer }: { transfer: TransferView }) {
  const { t } = useTranslation()
  const { kind, state, createdAt } = transfer
  return (
    <span className="grid w-full grid-cols-[1fr_auto] gap-x-4 text-start">
      <span className="font-medium">{t(`transfer.${kind}`)}</span>
      <span className="text-end">
        <Amount {...transfer} />
      </span>
      <span className={`text-xs ${state === 'signed' || state === 'unknown' ? 'text-warn' : 'text-soft'}`}>
        {t(`transfer.state.${kind}.${state}`)}
      </span>
      <span className="text-end text-soft text-xs">
        <Time at={createdAt} />
      </span>
    </span>
  )
}
