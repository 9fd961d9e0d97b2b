import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TransferState } from '@/components/history/TransferState'
import { useTransfers } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { type EvmAsset, parseAmount } from '@/lib/money/assets'

/** A transfer from MetaMask's account, which a person confirms there. */
export function TopUpFromMetaMask({ token }: { token: EvmAsset }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const { data: transfers = [] } = useTransfers()
  const start = useMutation({
    mutationFn: (units: bigint) => send('topUp.start', { network: token.network, asset: token.address, units }),
    onSuccess: () => setText(''),
  })
  const units = parseAmount(text, token)
  const isAmount = units !== null && units > 0n
  const transfer = transfers.find(({ id }) => id === start.data?.id)
  return (
    <Section title={t('topUp.fromMetaMask')}>
      <p className="text-soft">{t('topUp.fromMetaMaskText')}</p>
      <form
        noValidate
        className="flex flex-wrap items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(!isAmount)
          if (isAmount && !start.isPending) start.mutate(units)
        }}
      >
        <Field
          label={t('topUp.amount', { symbol: token.symbol })}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={tried && !isAmount ? t('topUp.notAnAmount') : undefined}
        />
        <Button type="submit" look="primary" className="mt-5.5" busy={start.isPending}>
          {t(start.isPending ? 'topUp.confirming' : 'topUp.fromMetaMask')}
        </Button>
      </form>
      {start.error && <Notice tone="danger">{errorSentence(t, start.error)}</Notice>}
      <div role="status">{transfer && <TransferState transfer={transfer} />}</div>
    </Section>
  )
}
