import { Controller, type UseFormReturn } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { SiteInput } from './SiteInput'
import type { Values } from './site-rule-form'

interface Props {
  form: UseFormReturn<Values>
  /** The whole domain of what is typed, when a rule can be given for it. */
  domain: string | null
  validate: (text: string, values: Values) => true | string
}

/** For which site a new rule is. */
export function SiteField({ form, domain, validate }: Props) {
  const { t } = useTranslation()
  return (
    <>
      <SiteInput
        label={t('rules.site')}
        hint={t('rules.siteText')}
        error={form.formState.errors.site?.message}
        {...form.register('site', { validate })}
      />
      {domain !== null && (
        <Controller
          control={form.control}
          name="reach"
          render={({ field: { value, onChange } }) => (
            <RadioGroup<Values['reach']>
              label={t('rules.reach')}
              value={value}
              onChange={onChange}
              options={[
                { value: 'site', label: t('rules.reachSite') },
                { value: 'domain', label: t('rules.reachDomain', { domain }) },
              ]}
            />
          )}
        />
      )}
    </>
  )
}
