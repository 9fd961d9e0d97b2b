import { Controller, type UseFormReturn } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { Switch } from '@/components/ui/Switch'
import { formatTime } from '@/components/ui/time'
import { formatUsd } from '@/lib/money/usd'
import type { Rules } from '@/lib/policy/rules'
import { AmountField } from './AmountField'
import { isAmount, isAmountOrEmpty, isCountOrEmpty } from './amounts'
import { PageList } from './PageList'
import { PerMinuteField } from './PerMinuteField'
import type { Values } from './site-rule-form'

interface Props {
  form: UseFormReturn<Values>
  general: Rules
  /** When the rule ends as it is; null when it does not by the clock. */
  until: number | null
}

/** What may be spent without asking: how much, how long, where. */
export function AutoFields({ form, general, until }: Props) {
  const { t, i18n } = useTranslation()
  const { errors } = form.formState
  const ended = until !== null && until <= Date.now()
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <AmountField
          label={t('rules.mostPerPayment')}
          hint={t('rules.mostPerPaymentText')}
          error={errors.mostPerPayment?.message}
          {...form.register('mostPerPayment', { validate: isAmount(t) })}
        />
        <AmountField
          label={t('rules.mostPerDay')}
          hint={t('rules.siteDayText', { most: formatUsd(general.mostPerSiteAndDay) })}
          error={errors.mostPerDay?.message}
          {...form.register('mostPerDay', { validate: isAmountOrEmpty(t) })}
        />
        <AmountField
          label={t('rules.mostPerWeek')}
          hint={t('rules.mostPerWeekText')}
          error={errors.mostPerWeek?.message}
          {...form.register('mostPerWeek', { validate: isAmountOrEmpty(t) })}
        />
        <AmountField
          label={t('rules.mostPerMonth')}
          hint={t('rules.mostPerMonthText')}
          error={errors.mostPerMonth?.message}
          {...form.register('mostPerMonth', { validate: isAmountOrEmpty(t) })}
        />
        <PerMinuteField
          error={errors.mostPerMinute?.message}
          {...form.register('mostPerMinute', { validate: isCountOrEmpty(t) })}
        />
      </div>
      <Controller
        control={form.control}
        name="lasts"
        render={({ field: { value, onChange } }) => (
          <RadioGroup<Values['lasts']>
            label={t('rules.lasts')}
            value={value}
            onChange={onChange}
            options={[
              ...(until === null
                ? []
                : [
                    {
                      value: 'kept' as const,
                      label: t(ended ? 'rules.endedAt' : 'rules.until', {
                        time: formatTime(i18n.language, until, 'short'),
                      }),
                    },
                  ]),
              { value: 'always', label: t('rules.lastsAlways') },
              { value: 'day', label: t('rules.lastsDay') },
              { value: 'session', label: t('rules.lastsSession') },
            ]}
          />
        )}
      />
      <Controller
        control={form.control}
        name="background"
        render={({ field: { value, onChange } }) => (
          <Switch label={t('rules.background')} hint={t('rules.backgroundText')} checked={value} onChange={onChange} />
        )}
      />
      <Controller
        control={form.control}
        name="pages"
        render={({ field: { value, onChange } }) => <PageList pages={value} onChange={onChange} />}
      />
    </>
  )
}
