import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import type { GeneralRules as GeneralRulesValues, Rules } from '@/lib/policy/rules'
import { AmountField } from './AmountField'
import { capText, countText, isAmount, isAmountOrEmpty, isCountOrEmpty, toAmount, toCap, toCount } from './amounts'
import { Meaning } from './Meaning'
import { PerMinuteField } from './PerMinuteField'
import { setGeneral, useSaveRules } from './useSaveRules'

const SWITCHES = ['autoPay', 'askNewSites'] as const
const AMOUNTS = ['mostPerPayment', 'mostPerSiteAndDay', 'mostPerDay', 'mostPerWeek', 'mostPerMonth'] as const
/** Left empty, these are no limit. */
const OPTIONAL: readonly (typeof AMOUNTS)[number][] = ['mostPerWeek', 'mostPerMonth']

export type Values = Record<(typeof AMOUNTS)[number] | 'mostPerMinute', string> &
  Record<(typeof SWITCHES)[number], boolean>

/** The switches and the limits for every site. What they mean is said before they are saved. */
export function GeneralRules({ rules }: { rules: Rules }) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const form = useForm<Values>({ values: toValues(rules), resetOptions: { keepDirtyValues: true } })
  const { errors } = form.formState

  const submit = form.handleSubmit(async (values) => {
    await save.mutateAsync(() => setGeneral(() => fromValues(values)))
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
      {SWITCHES.map((name) => (
        <Controller
          key={name}
          control={form.control}
          name={name}
          render={({ field: { value, onChange } }) => (
            <Switch label={t(`rules.${name}`)} hint={t(`rules.${name}Text`)} checked={value} onChange={onChange} />
          )}
        />
      ))}
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {AMOUNTS.map((name) => (
          <AmountField
            key={name}
            label={t(`rules.${name}`)}
            hint={t(`rules.${name}Text`)}
            error={errors[name]?.message}
            {...form.register(name, { validate: OPTIONAL.includes(name) ? isAmountOrEmpty(t) : isAmount(t) })}
          />
        ))}
        <PerMinuteField
          error={errors.mostPerMinute?.message}
          {...form.register('mostPerMinute', { validate: isCountOrEmpty(t) })}
        />
      </div>
      <p className="text-soft text-xs">{t('rules.windows')}</p>
      <Notice>
        <Meaning values={form.watch()} />
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
  askNewSites: rules.askNewSites,
  mostPerPayment: capText(rules.mostPerPayment),
  mostPerSiteAndDay: capText(rules.mostPerSiteAndDay),
  mostPerDay: capText(rules.mostPerDay),
  mostPerWeek: capText(rules.mostPerWeek),
  mostPerMonth: capText(rules.mostPerMonth),
  mostPerMinute: countText(rules.mostPerMinute),
})

/** Of checked values. */
const fromValues = (values: Values): Partial<GeneralRulesValues> => ({
  autoPay: values.autoPay,
  askNewSites: values.askNewSites,
  mostPerPayment: toAmount(values.mostPerPayment),
  mostPerSiteAndDay: toAmount(values.mostPerSiteAndDay),
  mostPerDay: toAmount(values.mostPerDay),
  mostPerWeek: toCap(values.mostPerWeek),
  mostPerMonth: toCap(values.mostPerMonth),
  mostPerMinute: toCount(values.mostPerMinute),
})
