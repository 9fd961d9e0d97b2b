import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Field } from '@/components/ui/Field'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { parseUsd, usdToString, ZERO_USD } from '@/lib/money/usd'
import type { SiteRule } from '@/lib/policy/rules'
import { isAmount } from './amounts'
import { PageList } from './PageList'
import { useSaveRules } from './useSaveRules'

interface Props {
  site: string
  rule: SiteRule
  onClose: () => void
}

interface Values {
  mode: SiteRule['mode']
  mostPerPayment: string
  pages: string[]
}

/** Changes the rule of one site. */
export function SiteRuleDialog({ site, rule, onClose }: Props) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const form = useForm<Values>({ defaultValues: toValues(rule) })
  const mode = form.watch('mode')

  const submit = form.handleSubmit((values) =>
    save.mutate(() => send('rules.setSite', { site, rule: fromValues(values) }), { onSuccess: onClose }),
  )

  return (
    <Dialog title={new URL(site).host} description={t('rules.siteDialog')} onClose={onClose}>
      <form noValidate className="grid gap-4" onSubmit={submit}>
        <Controller
          control={form.control}
          name="mode"
          render={({ field: { value, onChange } }) => (
            <RadioGroup<Values['mode']>
              label={t('rules.mode')}
              value={value}
              onChange={onChange}
              options={[
                { value: 'auto', label: t('rules.modeAuto') },
                { value: 'ask', label: t('rules.modeAsk') },
                { value: 'block', label: t('rules.modeBlock') },
              ]}
            />
          )}
        />
        {mode === 'auto' && (
          <>
            <Field
              label={t('rules.mostPerPayment')}
              hint={t('rules.mostPerPaymentText')}
              prefix="$"
              inputMode="decimal"
              autoComplete="off"
              error={form.formState.errors.mostPerPayment?.message}
              {...form.register('mostPerPayment', { validate: isAmount(t) })}
            />
            <Controller
              control={form.control}
              name="pages"
              render={({ field: { value, onChange } }) => <PageList pages={value} onChange={onChange} />}
            />
          </>
        )}
        {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
        <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  )
}

const toValues = (rule: SiteRule): Values => ({
  mode: rule.mode,
  mostPerPayment: rule.mode === 'auto' ? usdToString(rule.mostPerPayment) : '',
  pages: rule.mode === 'auto' ? rule.pages : [],
})

/** Of checked values. */
const fromValues = ({ mode, mostPerPayment, pages }: Values): SiteRule =>
  mode === 'auto' ? { mode, mostPerPayment: parseUsd(mostPerPayment) ?? ZERO_USD, pages } : { mode }
