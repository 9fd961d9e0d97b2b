import { useMutation } from '@tanstack/react-query'
import { FormProvider, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { PasswordField } from '@/components/ui/PasswordField'
import { send } from '@/lib/messaging/messaging'
import { Heading } from './Heading'
import { NewPassword, type PasswordValues } from './NewPassword'
import { StepForm } from './StepForm'

interface Props {
  onBack: () => void
  onImported: () => void
}

interface Values extends PasswordValues {
  secret: string
}

export function ImportWallet({ onBack, onImported }: Props) {
  const { t } = useTranslation()
  const form = useForm<Values>({ defaultValues: { secret: '', password: '', repeated: '' } })
  const take = useMutation({
    mutationFn: ({ secret, password }: Values) => send('wallet.import', { secret, password }),
    onSuccess: onImported,
  })
  return (
    <FormProvider {...form}>
      <Heading title={t('welcome.import')} text={t('welcome.importText')} />
      <StepForm
        busy={take.isPending}
        error={take.error}
        onBack={onBack}
        onSubmit={form.handleSubmit((values) => take.mutate(values))}
      >
        <PasswordField
          label={t('welcome.secret')}
          hint={t('welcome.secretText')}
          error={form.formState.errors.secret?.message}
          {...form.register('secret', { validate: (secret) => secret.trim() !== '' || t('welcome.secretMissing') })}
        />
        <NewPassword />
      </StepForm>
    </FormProvider>
  )
}
