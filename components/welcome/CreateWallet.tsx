import { useMutation } from '@tanstack/react-query'
import { FormProvider, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { send } from '@/lib/messaging/messaging'
import { Heading } from './Heading'
import { NewPassword, type PasswordValues } from './NewPassword'
import { StepForm } from './StepForm'

interface Props {
  onBack: () => void
  onCreated: (words: string) => void
}

export function CreateWallet({ onBack, onCreated }: Props) {
  const { t } = useTranslation()
  const form = useForm<PasswordValues>({ defaultValues: { password: '', repeated: '' } })
  const create = useMutation({
    mutationFn: ({ password }: PasswordValues) => send('wallet.create', { password }),
    onSuccess: ({ words }) => onCreated(words),
  })
  return (
    <FormProvider {...form}>
      <Heading title={t('welcome.create')} text={t('welcome.createText')} />
      <StepForm
        busy={create.isPending}
        error={create.error}
        onBack={onBack}
        onSubmit={form.handleSubmit((values) => create.mutate(values))}
      >
        <NewPassword />
      </StepForm>
    </FormProvider>
  )
}
