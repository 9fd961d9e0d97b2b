import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Field } from '@/components/ui/Field'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

interface Props {
  address: string | null
  onSaved: () => void
}

/** Says where the signature agent's key is going to be published. */
export function AgentAddress({ address, onSaved }: Props) {
  const { t } = useTranslation()
  const [text, setText] = useState(address ?? '')
  const save = useMutation({
    mutationFn: () => send('signatureAgent.setAddress', { address: text }),
    onSuccess: onSaved,
  })
  return (
    <form
      noValidate
      className="grid max-w-md gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <Field
        label={t('signatureAgent.addressLabel')}
        hint={t('signatureAgent.addressHint')}
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          save.reset()
        }}
        error={save.error ? errorSentence(t, save.error) : undefined}
      />
      <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
        {t('signatureAgent.next')}
      </Button>
    </form>
  )
}
