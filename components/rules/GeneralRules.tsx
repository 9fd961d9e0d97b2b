import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { Notice } from '@/components/ui/Notice'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { formatUsd, parseUsd, usdToString, ZERO_USD } from '@/lib/money/usd'
import type { GeneralRules as GeneralRulesValues, Rules } from '@/lib/policy/rules'
import { isAmount } from './amounts'
import { useSaveRules } from './useSaveRules'

const AMOUNTS = ['mostPerPayment', 'mostPerDay', 'mostPerSiteAndDay'] as const

type Values = Record<(typeof AMOUNTS)[number], string> & { autoPay: boolean }

/** The switch and the limits for every site. What they mean is said before they are saved. */
export function GeneralRules({ rules }: { rules: Rules }) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const form = useForm<Values>({ values: toValues(rules), resetOptions: { keepDirtyValues: true } })
  const { errors } = form.formState
  const draft = form.watch()

  const submit = form.handleSubmit(async (values) => {
    await save.mutateAsync(() => send('rules.set', fromValues(values)))
    form.reset(values)
  })

  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        // A failure is shown below.
        submit(event).catch(() => undefined)
      }}
    >
      <Controller
        control={form.control}
        name="autoPay"
        render={({ field: { value, onChange } }) => (
          <Switch label={t('rules.autoPay')} hint={t('rules.autoPayText')} checked={value} onChange={onChange} />
        )}
      />
      <div className="grid gap-4 sm:grid-cols-3">
        {AMOUNTS.map((name) => (
          <Field
            key={name}
            label={t(`rules.${name}`)}
            hint={t(`rules.${name}Text`)}
            prefix="$"
            inputMode="decimal"
            autoComplete="off"
            error={errors[name]?.message}
            {...form.register(name, { validate: isAmount(t) })}
          />
        ))}
      </div>
      <Notice>
        <p>{t(draft.autoPay ? 'rules.meansAuto' : 'rules.meansAsk', figures(draft))}</p>
        <p className="text-soft text-xs">{t('rules.testApart')}</p>
      </Notice>
      {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
      <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  )
}

const toValues = (rules: Rules): Values => ({
  autoPay: rules.autoPay,
  mostPerPayment: usdToString(rules.mostPerPayment),
  mostPerDay: usdToString(rules.mostPerDay),
  mostPerSiteAndDay: usdToString(rules.mostPerSiteAndDay),
})

/** Of checked values. */
const fromValues = (values: Values): GeneralRulesValues => ({
  autoPay: values.autoPay,
  mostPerPayment: parseUsd(values.mostPerPayment) ?? ZERO_USD,
  mostPerDay: parseUsd(values.mostPerDay) ?? ZERO_USD,
  mostPerSiteAndDay: parseUsd(values.mostPerSiteAndDay) ?? ZERO_USD,
})

/** For the sentence, while it is being typed: an amount that is none yet is a gap. */
function figures(values: Values) {
  const figure = (text: string) => {
    const amount = parseUsd(text)
    return amount === null ? '…' : formatUsd(amount)
  }
  return {
    mostPerPayment: figure(values.mostPerPayment),
    mostPerDay: figure(values.mostPerDay),
    mostPerSiteAndDay: figure(values.mostPerSiteAndDay),
  }
}
