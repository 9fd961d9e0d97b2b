import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { download } from '@/components/shell/download'
import { Button } from '@/components/ui/Button'
import { CopyButton } from '@/components/ui/CopyButton'
import { Fold } from '@/components/ui/Fold'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { Hosting } from '@/lib/messaging/schema'

/** Cloudflare's own words on how an address is registered. It is a link for the user: nothing is loaded from there. */
const REGISTRATION =
  'https://developers.cloudflare.com/ai-crawl-control/features/pay-per-crawl/use-pay-per-crawl-as-ai-owner/verify-ai-crawler/'

/** The file that publishes the key, how to serve it, and whether it is served right. */
export function KeyDirectory() {
  const { t } = useTranslation()
  const hosting = useMutation({ mutationFn: () => send('signatureAgent.hosting') })
  return (
    <>
      <Section title={t('signatureAgent.publish')}>
        {hosting.data ? (
          <Publish hosting={hosting.data} />
        ) : (
          <Button className="justify-self-start" busy={hosting.isPending} onClick={() => hosting.mutate()}>
            {t('signatureAgent.prepare')}
          </Button>
        )}
        {hosting.error && <Notice tone="danger">{errorSentence(t, hosting.error)}</Notice>}
      </Section>
      <Check />
    </>
  )
}

function Publish({ hosting: { url, file, headers } }: { hosting: Hosting }) {
  const { t } = useTranslation()
  const text = headers.map(({ name, value }) => `${name}: ${value}`).join('\n')
  return (
    <>
      <p className="text-soft">{t('signatureAgent.publishText')}</p>
      <code className="break-all rounded-lg bg-sunken px-3 py-2 text-sm">{url}</code>
      <Button
        className="justify-self-start"
        onClick={() =>
          download('http-message-signatures-directory', new Blob([file], { type: 'application/octet-stream' }))
        }
      >
        {t('signatureAgent.download')}
      </Button>
      <Fold summary={t('signatureAgent.headers')}>
        <div className="grid justify-items-start gap-2">
          <p className="text-soft">{t('signatureAgent.headersText')}</p>
          <pre className="w-full whitespace-pre-wrap break-all rounded-lg bg-sunken px-3 py-2 text-xs">{text}</pre>
          <CopyButton text={text} />
        </div>
      </Fold>
    </>
  )
}

function Check() {
  const { t } = useTranslation()
  const check = useMutation({ mutationFn: () => send('signatureAgent.check') })
  const { data: finding } = check
  return (
    <Section title={t('signatureAgent.checkTitle')}>
      <p className="text-soft">{t('signatureAgent.checkText')}</p>
      <Button look="primary" className="justify-self-start" busy={check.isPending} onClick={() => check.mutate()}>
        {t(check.isPending ? 'signatureAgent.checking' : 'signatureAgent.check')}
      </Button>
      {check.error && <Notice tone="danger">{errorSentence(t, check.error)}</Notice>}
      {finding && finding.problem !== null && (
        <Notice tone="danger">{t(`signatureAgent.problem.${finding.problem}`)}</Notice>
      )}
      <div role="status" className="grid gap-2">
        {finding?.problem === null && <p className="font-medium text-accent">{t('signatureAgent.found')}</p>}
        {finding?.problem === null && !finding.signed && <Notice tone="warn">{t('signatureAgent.unsigned')}</Notice>}
      </div>
      <p>
        <a href={REGISTRATION} target="_blank" rel="noreferrer" className="text-accent underline">
          {t('signatureAgent.register')}
        </a>{' '}
        <span className="text-soft text-xs">{t('signatureAgent.registerText')}</span>
      </p>
    </Section>
  )
}
