import { useTranslation } from 'react-i18next'
import { Field, type FieldProps } from '@/components/ui/Field'

/** How many payments a minute may begin. Empty: as many as there are. */
export function PerMinuteField(props: Omit<FieldProps, 'label' | 'hint'>) {
  const { t } = useTranslation()
  return (
    <Field
      {...props}
      label={t('rules.mostPerMinute')}
      hint={t('rules.mostPerMinuteText')}
      inputMode="numeric"
      autoComplete="off"
    />
  )
}
