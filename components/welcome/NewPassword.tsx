import { useFormContext } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '@/components/ui/PasswordField'

export interface PasswordValues {
  password: string
  repeated: string
}

const SHORTEST_PASSWORD = 8

/** A password chosen, and typed again: part of a form that has both. */
export function NewPassword() {
  const { t } = useTranslation()
  const { register, formState } = useFormContext<PasswordValues>()
  const { errors } = formState
  return (
    <>
      <PasswordField
        label={t('welcome.password')}
        hint={t('welcome.passwordText')}
        autoComplete="new-password"
        error={errors.password?.message}
        {...register('password', {
          validate: (password) => password.length >= SHORTEST_PASSWORD || t('welcome.passwordShort'),
        })}
      />
      <PasswordField
        label={t('welcome.repeatPassword')}
        autoComplete="new-password"
        error={errors.repeated?.message}
        {...register('repeated', {
          validate: (repeated, { password }) => repeated === password || t('welcome.passwordMismatch'),
        })}
      />
    </>
  )
}
