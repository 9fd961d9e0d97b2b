import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSignatureAgent } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Facts } from '@/components/ui/Facts'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { Time } from '@/components/ui/Time'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { SignatureAgentView, WalletView } from '@/lib/messaging/schema'
import { AgentAddress } from './AgentAddress'
import { KeyDirectory } from './KeyDirectory'
import { UnlockForm } from './UnlockForm'
import { WalletPart } from './WalletPart'

/** The key that signs requests to sites that bill later: made, published, checked, removed. */
export function SignatureAgent() {
  const { t } = useTranslation()
  const agent = useSignatureAgent()
  return (
    <WalletPart title={t('signatureAgent.title')}>
      {(wallet) => (
        <>
          <Section title={t('signatureAgent.whatTitle')}>
            <p className="text-soft">{t('signatureAgent.what')}</p>
            <p className="text-soft">{t('signatureAgent.rules')}</p>
            <p className="text-soft">{t('signatureAgent.privacy')}</p>
          </Section>
          <Loaded query={agent}>{(view) => <Steps wallet={wallet} agent={view} />}</Loaded>
        </>
      )}
    </WalletPart>
  )
}

function Steps({ wallet, agent }: { wallet: WalletView; agent: SignatureAgentView | null }) {
  const { t } = useTranslation()
  if (wallet.state === 'locked')
    return (
      <Section title={t('wallet.locked')}>
        <p className="text-soft">{t('signatureAgent.locked')}</p>
        <UnlockForm />
      </Section>
    )
  if (agent === null) return <Create />
  return (
    <>
      <Key agent={agent} />
      {agent.address !== null && <KeyDirectory key={agent.keyId + agent.address} />}
    </>
  )
}

function Create() {
  const { t } = useTranslation()
  const create = useMutation({ mutationFn: () => send('signatureAgent.create') })
  return (
    <Section title={t('signatureAgent.key')}>
      {create.error && <Notice tone="danger">{errorSentence(t, create.error)}</Notice>}
      <Button look="primary" className="justify-self-start" busy={create.isPending} onClick={() => create.mutate()}>
        {t('signatureAgent.create')}
      </Button>
    </Section>
  )
}

function Key({ agent: { keyId, address, checkedAt } }: { agent: SignatureAgentView }) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState<'renew' | 'remove' | null>(null)
  const [changing, setChanging] = useState(false)
  const replace = useMutation({
    mutationFn: (what: 'renew' | 'remove') =>
      send(what === 'renew' ? 'signatureAgent.create' : 'signatureAgent.remove'),
    onSettled: () => setAsked(null),
  })
  return (
    <Section title={t('signatureAgent.key')}>
      <Facts
        facts={[
          [
            t('signatureAgent.keyId'),
            <code key="key" className="break-all text-xs">
              {keyId}
            </code>,
          ],
          [t('signatureAgent.address'), address],
          [t('signatureAgent.checkedAt'), checkedAt === null ? null : <Time key="at" at={checkedAt} exact />],
        ]}
      />
      {address !== null && checkedAt === null && <Notice>{t('signatureAgent.notReady')}</Notice>}
      {(address === null || changing) && <AgentAddress address={address} onSaved={() => setChanging(false)} />}
      <div className="flex flex-wrap gap-2">
        {address !== null && !changing && (
          <Button onClick={() => setChanging(true)}>{t('signatureAgent.change')}</Button>
        )}
        <Button onClick={() => setAsked('renew')}>{t('signatureAgent.renew')}</Button>
        <Button onClick={() => setAsked('remove')}>{t('signatureAgent.remove')}</Button>
      </div>
      {replace.error && <Notice tone="danger">{errorSentence(t, replace.error)}</Notice>}
      {asked && (
        <Confirm
          title={t(asked === 'renew' ? 'signatureAgent.renew' : 'signatureAgent.removeTitle')}
          text={t(`signatureAgent.${asked}Text`)}
          action={t(`signatureAgent.${asked}`)}
          busy={replace.isPending}
          onConfirm={() => replace.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </Section>
  )
}
