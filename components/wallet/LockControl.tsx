import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { send } from '@/lib/messaging/messaging'
import { UnlockForm } from './UnlockForm'

/** Locks an unlocked wallet, and the other way round. */
export function LockControl({ state }: { state: 'locked' | 'unlocked' }) {
  const { t } = useTranslation()
  const lock = useMutation({ mutationFn: () => send('wallet.lock') })
  if (state === 'locked') return <UnlockForm />
  return (
    <Button onClick={() => lock.mutate()} busy={lock.isPending}>
      {t('unlock.lock')}
    </Button>
  )
}
