import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { useToast } from '@/components/ui/Toast'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { NetworkView } from '@/lib/messaging/schema'
import { findNetwork } from '@/lib/money/networks'

/** By network id; empty where nobody is asked. */
type Values = Record<string, string>

/** Who is asked about each network's chain. */
export function RpcForm({ networks }: { networks: readonly NetworkView[] }) {
  const { t } = useTranslation()
  const toast = useToast()
  const form = useForm<Values>({ values: toValues(networks), resetOptions: { keepDirtyValues: true } })
  const { errors } = form.formState
  const save = useMutation({ mutationFn: (network: NetworkView) => send('networks.set', network) })

  const submit = form.handleSubmit(async (values) => {
    const changed = networks.filter(({ id, rpcUrl }) => (values[id]?.trim() ?? '') !== (rpcUrl ?? ''))
    let failed = false
    for (const { id } of changed) {
      try {
        await save.mutateAsync({ id, rpcUrl: values[id]?.trim() || null })
      } catch (error) {
        failed = true
        form.setError(id, { message: errorSentence(t, error) })
      }
    }
    if (!failed) toast(t('common.saved'))
  })

  return (
    <form noValidate className="grid gap-5" onSubmit={submit}>
      {networks.map(({ id }) => {
        const network = findNetwork(id)
        return (
          <div key={id} className="grid gap-1.5">
            <Field
              label={t('settings.rpc', { network: network?.name ?? id })}
              type="url"
              autoComplete="off"
              spellCheck={false}
              placeholder={t('settings.none')}
              error={errors[id]?.message}
              {...form.register(id)}
            />
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
      })}
      <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  )
}

const toValues = (networks: readonly NetworkView[]): Values =>
  Object.fromEntries(networks.map(({ id, rpcUrl }) => [id, rpcUrl ?? '']))
