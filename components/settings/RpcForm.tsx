import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { isCommon } from '@/components/shell/common-networks'
import { useLastPayments } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { Fold } from '@/components/ui/Fold'
import { useToast } from '@/components/ui/Toast'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { NetworkView } from '@/lib/messaging/schema'
import { findChain } from '@/lib/money/networks'

/** So many of the latest payments tell which networks are used. */
const RECENT = 50

/** By network id; empty where nobody is asked. */
type Values = Record<string, string>

/** Who is asked about each network's chain. */
export function RpcForm({ networks }: { networks: readonly NetworkView[] }) {
  const { t } = useTranslation()
  const toast = useToast()
  const form = useForm<Values>({ values: toValues(networks), resetOptions: { keepDirtyValues: true } })
  const { errors } = form.formState
  const save = useMutation({ mutationFn: (network: NetworkView) => send('networks.set', network) })
  /** Whether the addresses that were saved here have answered, by network. */
  const [answers, setAnswers] = useState<Readonly<Record<string, boolean>>>({})
  const { data: payments = [] } = useLastPayments(RECENT)
  const { near = [], far = [] } = Object.groupBy(networks, ({ id, rpcUrl }) =>
    isCommon(id) || rpcUrl !== null || payments.some(({ network }) => network === id) ? 'near' : 'far',
  )

  const submit = form.handleSubmit(async (values) => {
    const changed = networks.filter(({ id, rpcUrl }) => (values[id]?.trim() ?? '') !== (rpcUrl ?? ''))
    let failed = false
    for (const { id } of changed) {
      try {
        const rpcUrl = values[id]?.trim() || null
        const { answered } = await save.mutateAsync({ id, rpcUrl })
        setAnswers(({ [id]: _, ...others }) => (rpcUrl === null ? others : { ...others, [id]: answered }))
      } catch (error) {
        failed = true
        form.setError(id, { message: errorSentence(t, error) })
      }
    }
    if (!failed) toast(t('common.saved'))
  })

  const fieldsOf = (list: readonly NetworkView[]) =>
    list.map(({ id }) => {
      const network = findChain(id)
      const name = network?.name ?? id
      return (
        <div key={id} className="grid gap-1.5">
          <Field
            label={t('settings.rpc', { network: name })}
            type="url"
            autoComplete="off"
            spellCheck={false}
            placeholder={t('settings.none')}
            error={errors[id]?.message}
            {...form.register(id)}
          />
          <p role="status" className={`text-xs ${answers[id] ? 'text-accent' : 'text-warn'}`}>
            {answers[id] !== undefined && t(answers[id] ? 'settings.answered' : 'settings.silent', { network: name })}
          </p>
          {network && form.watch(id) === '' && (
            <Button
              look="quiet"
              className="-ms-3.5 justify-self-start"
              onClick={() => form.setValue(id, network.suggestedRpc, { shouldDirty: true })}
            >
              {t('settings.suggest', { host: new URL(network.suggestedRpc).host })}
            </Button>
          )}
        </div>
      )
    })

  return (
    <form noValidate className="grid gap-5" onSubmit={submit}>
      {fieldsOf(near)}
      {far.length > 0 && (
        <Fold summary={t('settings.otherNetworks', { count: far.length })}>
          <div className="grid gap-5">{fieldsOf(far)}</div>
        </Fold>
      )}
      <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  )
}

const toValues = (networks: readonly NetworkView[]): Values =>
  Object.fromEntries(networks.map(({ id, rpcUrl }) => [id, rpcUrl ?? '']))
