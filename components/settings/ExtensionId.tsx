import { useMutation } from '@tanstack/react-query'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { useToast } from '@/components/ui/Toast'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

/** Which extension is taken for MetaMask. Empty: the one from the browser's store. */
export function ExtensionId({ extensionId }: { extensionId: string }) {
  const { t } = useTranslation()
  const toast = useToast()
  const form = useForm({ values: { extensionId } })
  const save = useMutation({
    mutationFn: (id: string) => send('metamask.setExtensionId', { extensionId: id.trim() || null }),
    onSuccess: () => toast(t('common.saved')),
  })
  return (
    <form noValidate className="grid gap-3" onSubmit={form.handleSubmit((values) => save.mutate(values.extensionId))}>
      <Field
        label={t('metamask.id')}
        hint={t('metamask.idHint')}
        autoComplete="off"
        spellCheck={false}
        error={save.error ? errorSentence(t, save.error) : undefined}
        {...form.register('extensionId', { onChange: () => save.reset() })}
      />
      <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  )
}
