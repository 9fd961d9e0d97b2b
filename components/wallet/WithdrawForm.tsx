import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Facts } from '@/components/ui/Facts'
import { Field } from '@/components/ui/Field'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { amountToString, type EvmAsset, formatAmount, parseAmount, tokenId } from '@/lib/money/assets'
import { destinationProblem } from '@/lib/money/destination'
import { type EvmNetwork, findNetwork, formatFee } from '@/lib/money/networks'
import { TokenSelect } from './TokenSelect'

/** What can be withdrawn of a token. */
export interface Available {
  readonly token: EvmAsset
  readonly units: bigint
}

type Address = `0x${string}`

interface Props {
  /** An account of the spending wallet. */
  from: string
  /** MetaMask's account. */
  metaMask: string
  /** The one place where it can go; by default the person chooses. */
  to?: { readonly address: string; readonly name: string }
  /** Called once it is signed: what becomes of it is shown elsewhere. */
  onSigned?: () => void
  /** At least one. */
  tokens: readonly Available[]
}

/** Which token, how much, where to; then one more look at all of it. */
export function WithdrawForm({ from, metaMask, to: only, tokens, onSigned }: Props) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<string | null>(null)
  const [text, setText] = useState('')
  const [where, setWhere] = useState<'metamask' | 'other'>('metamask')
  const [other, setOther] = useState('')
  const [tried, setTried] = useState(false)
  const [reviewing, setReviewing] = useState(false)
  const withdraw = useMutation({
    mutationFn: async (withdrawal: { network: string; asset: string; units: bigint; from: Address; to: Address }) => {
      const { id } = await send('withdrawal.sign', withdrawal)
      setReviewing(false)
      setText('')
      onSigned?.()
      await send('withdrawal.handIn', { id })
    },
    onError: () => setReviewing(false),
  })

  const available = tokens.find(({ token }) => tokenId(token) === chosen) ?? tokens[0]
  if (!available) return null
  const { token, units: most } = available
  const units = parseAmount(text, token)
  const to = (only?.address ?? (where === 'metamask' ? metaMask : other.trim())) as Address
  const amountError =
    units === null || units === 0n ? t('topUp.notAnAmount') : units > most ? t('withdraw.tooMuch') : undefined
  const problem = destinationProblem(to, from)
  const toError = problem ? t(`withdraw.problem.${problem}`) : undefined

  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        withdraw.reset()
        setReviewing(amountError === undefined && toError === undefined)
      }}
    >
      <TokenSelect
        tokens={tokens.map((one) => one.token)}
        chosen={token}
        onChoose={(next) => {
          setChosen(tokenId(next))
          setText('')
        }}
      />
      <div className="flex flex-wrap items-start gap-2">
        <Field
          label={t('topUp.amount', { symbol: token.symbol })}
          hint={t('withdraw.available', { amount: formatAmount({ units: most, asset: token }) })}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={(event) => setText(event.target.value)}
          error={tried && text !== '' ? amountError : undefined}
        />
        <Button className="mt-5.5" onClick={() => setText(amountToString({ units: most, asset: token }))}>
          {t('withdraw.all')}
        </Button>
      </div>
      {only ? (
        <p className="font-medium text-sm">{only.name}</p>
      ) : (
        <RadioGroup
          label={t('withdraw.to')}
          value={where}
          onChange={setWhere}
          options={[
            { value: 'metamask', label: t('withdraw.toMetaMask') },
            { value: 'other', label: t('withdraw.toOther') },
          ]}
        />
      )}
      {only || where === 'metamask' ? (
        <div className="grid gap-1">
          <code className="text-sm">{to}</code>
          {toError && <Notice tone="danger">{toError}</Notice>}
        </div>
      ) : (
        <Field
          label={t('withdraw.address')}
          hint={t('withdraw.addressText')}
          autoComplete="off"
          spellCheck={false}
          value={other}
          onChange={(event) => setOther(event.target.value)}
          error={tried && other !== '' ? toError : undefined}
        />
      )}
      {withdraw.error && <Notice tone="danger">{errorSentence(t, withdraw.error)}</Notice>}
      <Button
        type="submit"
        look="primary"
        className="justify-self-start"
        busy={withdraw.isPending}
        disabled={text === '' || (where === 'other' && other === '')}
      >
        {t(withdraw.isPending ? 'withdraw.working' : 'withdraw.review')}
      </Button>
      {reviewing && units !== null && (
        <Review
          token={token}
          units={units}
          leaves={most - units}
          from={from as Address}
          to={to}
          busy={withdraw.isPending}
          onConfirm={() =>
            withdraw.mutate({ network: token.network, asset: token.address, units, from: from as Address, to })
          }
          onClose={() => setReviewing(false)}
        />
      )}
    </form>
  )
}

interface ReviewProps {
  token: EvmAsset
  units: bigint
  leaves: bigint
  from: Address
  to: Address
  busy: boolean
  onConfirm: () => void
  onClose: () => void
}

/** All that is about to be signed, and what it costs as far as that can be known. */
function Review({ token, units, leaves, from, to, busy, onConfirm, onClose }: ReviewProps) {
  const { t } = useTranslation()
  const network = findNetwork(token.network)
  const amount = formatAmount({ units, asset: token })
  return (
    <Confirm
      title={t('withdraw.confirmTitle', { amount })}
      text={t('withdraw.confirmText')}
      action={t('withdraw.confirm')}
      busy={busy}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Facts
        facts={[
          [t('withdraw.to'), <code key="to">{to}</code>],
          [t('withdraw.network'), network?.name ?? token.network],
          [t('withdraw.leaves'), formatAmount({ units: leaves, asset: token })],
          [
            t('withdraw.fee'),
            network?.family === 'evm' ? (
              <Fee key="fee" network={network} token={token} units={units} from={from} to={to} />
            ) : null,
          ],
        ]}
      />
    </Confirm>
  )
}

interface FeeProps {
  network: EvmNetwork
  token: EvmAsset
  units: bigint
  from: Address
  to: Address
}

function Fee({ network, token, units, from, to }: FeeProps) {
  const { t } = useTranslation()
  const { data, isPending } = useQuery({
    queryKey: ['withdrawal.fee', tokenId(token), units.toString(), to],
    queryFn: () => send('withdrawal.fee', { network: token.network, asset: token.address, units, from, to }),
  })
  if (isPending) return t('common.loading')
  const fee = data?.fee ?? null
  return fee === null ? t('withdraw.feeUnknown') : t('withdraw.feeAbout', { fee: formatFee(fee, network) })
}
