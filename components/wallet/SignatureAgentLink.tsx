import { useTranslation } from 'react-i18next'
import { useSignatureAgent } from '@/components/shell/queries'
import { ButtonLink } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { Section } from '@/components/ui/Section'

/** Whether sites that bill later can be paid, and the way to where that is set up. */
export function SignatureAgentLink() {
  const { t } = useTranslation()
  const agent = useSignatureAgent()
  return (
    <Section
      title={t('signatureAgent.title')}
      action={
        <ButtonLink href="#/wallets/signature-agent">
          {t(agent.data ? 'signatureAgent.manage' : 'signatureAgent.open')}
        </ButtonLink>
      }
    >
      <Loaded query={agent}>
        {(view) => (
          <p className="text-soft">
            {view === null
              ? t('signatureAgent.off')
              : view.checkedAt === null
                ? t('signatureAgent.notReady')
                : t('signatureAgent.on', { agent: URL.parse(view.address ?? '')?.host ?? '' })}
          </p>
        )}
      </Loaded>
    </Section>
  )
}
