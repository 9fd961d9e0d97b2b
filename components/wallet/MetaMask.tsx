import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMetaMask } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { MetaMaskView } from '@/lib/messaging/schema'
import { Address } from './Address'
import { ConnectMetaMask } from './ConnectMetaMask'

/** An account that MetaMask keeps: connected or not, and whether it pays in place of the wallet's own. */
export function MetaMask() {
  const { t } = useTranslation()
  const metaMask = useMetaMask()
  return (
    <Section title={t('metamask.title')}>
      <p className="text-soft">{t('metamask.text')}</p>
      <Loaded query={metaMask}>
        {({ account, pays }) => (account === null ? <Connect /> : <Connected account={account} pays={pays} />)}
      </Loaded>
    </Section>
  )
}

function Connect() {
  const { t } = useTranslation()
  return (
    <>
      <ConnectMetaMask />
      <p className="text-soft text-xs">{t('metamask.others')}</p>
    </>
  )
}

function Connected({ account, pays }: { account: string; pays: MetaMaskView['pays'] }) {
  const { t } = useTranslation()
  const setPays = useMutation({ mutationFn: (on: boolean) => send('metamask.setPays', { pays: on }) })
  const disconnect = useMutation({ mutationFn: () => send('metamask.disconnect') })
  const error = setPays.error ?? disconnect.error
  return (
    <>
      <div className="grid gap-1.5">
        <p className="font-medium">{t('metamask.account')}</p>
        <Address address={account} />
      </div>
      <Switch
        label={t('metamask.pays')}
        hint={t('metamask.paysText')}
        checked={pays}
        onChange={(on) => setPays.mutate(on)}
      />
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
      <Button className="justify-self-start" busy={disconnect.isPending} onClick={() => disconnect.mutate()}>
        {t('metamask.disconnect')}
      </Button>
    </>
  )
}
