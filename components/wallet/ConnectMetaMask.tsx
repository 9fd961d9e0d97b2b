import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'

/** Has the person choose an account in MetaMask. */
export function ConnectMetaMask() {
  const { t } = useTranslation()
  const connect = useMutation({ mutationFn: () => send('metamask.connect') })
  return (
    <>
      {connect.error && <Notice tone="danger">{errorSentence(t, connect.error)}</Notice>}
      <Button className="justify-self-start" busy={connect.isPending} onClick={() => connect.mutate()}>
        {t(connect.isPending ? 'metamask.connecting' : 'metamask.connect')}
      </Button>
    </>
  )
}
