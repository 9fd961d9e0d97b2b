import { useMutation } from '@tanstack/react-query'
import { FormProvider, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Dialog } from '@/components/ui/Dialog'
import { useToast } from '@/components/ui/Toast'
import { NewPassword, type PasswordValues } from '@/components/welcome/NewPassword'
import { send } from '@/lib/messaging/messaging'
import { PasswordForm } from './PasswordForm'

export function ChangePasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const toast = useToast()
  const form = useForm<PasswordValues>({ defaultValues: { password: '', repeated: '' }, mode: 'onTouched' })
  const change = useMutation({
    mutationFn: async (password: string) => {
      const next = form.getValues('password')
      await send('wallet.changePassword', { password, next })
    },
    onSuccess: () => {
      toast(t('security.passwordChanged'))
      onClose()
    },
  })
  return (
    <Dialog title={t('security.changePassword')} description={t('security.changePasswordText')} onClose={onClose}>
      <PasswordForm action={t('common.save')} run={change} autoFocus ready={form.formState.isValid}>
        <FormProvider {...form}>
          <NewPassword label={t('security.newPassword')} repeatLabel={t('security.repeatNewPassword')} />
        </FormProvider>
      </PasswordForm>
    </Dialog>
  )
}
