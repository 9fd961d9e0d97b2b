import { useFormContext } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '@/components/ui/PasswordField'

export interface PasswordValues {
  password: string
  repeated: string
}

const SHORTEST_PASSWORD = 8

interface Props {
  /** Where another password is asked for as well, this one goes by names of its own. */
  label?: string
  repeatLabel?: string
}

/** A password chosen, and typed again: part of a form that has both. */
export function NewPassword({ label, repeatLabel }: Props) {
  const { t } = useTranslation()
  const { register, formState } = useFormContext<PasswordValues>()
  const { errors } = formState
  return (
    <>
      <PasswordField
        label={label ?? t('welcome.password')}
        hint={t('welcome.passwordText')}
        autoComplete="new-password"
        error={errors.password?.message}
        {...register('password', {
          validate: (password) => password.length >= SHORTEST_PASSWORD || t('welcome.passwordShort'),
        })}
      />
      <PasswordField
        label={repeatLabel ?? t('welcome.repeatPassword')}
        autoComplete="new-password"
        error={errors.repeated?.message}
        {...register('repeated', {
          validate: (repeated, { password }) => repeated === password || t('welcome.passwordMismatch'),
        })}
      />
    </>
  )
}
