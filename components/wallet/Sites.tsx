import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readSite } from '@/components/rules/read-site'
import { SiteInput } from '@/components/rules/SiteInput'
import { useMetaMask } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { EmptyState } from '@/components/ui/EmptyState'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import { Switch } from '@/components/ui/Switch'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { WalletView } from '@/lib/messaging/schema'
import { LatestWithdrawals } from './LatestWithdrawals'
import { SiteAccount } from './SiteAccount'
import { UnlockForm } from './UnlockForm'
import { WalletPart } from './WalletPart'

/** An account for each site: whether, and what is in them. */
export function Sites() {
  const { t } = useTranslation()
  return (
    <WalletPart title={t('sites.title')}>
      {(wallet) => (
        <>
          <Choice wallet={wallet} />
          <LatestWithdrawals />
          {(wallet.separate || wallet.sites.length > 0) && <List wallet={wallet} />}
        </>
      )}
    </WalletPart>
  )
}

function Choice({ wallet }: { wallet: WalletView }) {
  const { t } = useTranslation()
  const { data: metaMask } = useMetaMask()
  const choose = useMutation({ mutationFn: (separate: boolean) => send('wallet.setSeparate', { separate }) })
  const hasWords = wallet.accounts.some(({ origin }) => origin === 'words')
  return (
    <Section title={t('sites.privacy')}>
      <p className="text-soft">{t('sites.text')}</p>
      {!hasWords && <p>{t('sites.noWords')}</p>}
      {hasWords && wallet.state === 'locked' && <UnlockForm />}
      {hasWords && wallet.state === 'unlocked' && (
        <Switch
          label={t('sites.separate')}
          hint={t('sites.separateText')}
          checked={wallet.separate}
          onChange={(on) => choose.mutate(on)}
        />
      )}
      {wallet.separate && metaMask?.pays && <Notice tone="warn">{t('sites.metaMaskPays')}</Notice>}
      {choose.error && <Notice tone="danger">{errorSentence(t, choose.error)}</Notice>}
      <p className="text-soft text-xs">{t('sites.limits')}</p>
    </Section>
  )
}

function List({ wallet }: { wallet: WalletView }) {
  const { t } = useTranslation()
  const sites = [...new Set(wallet.sites.map(({ site }) => site))]
  return (
    <Section title={t('sites.manage')}>
      {wallet.state === 'unlocked' && <AddSite />}
      {sites.length === 0 ? (
        <EmptyState title={t('sites.none')} text={t('sites.noneText')} />
      ) : (
        <ul className="divide-y divide-line border-line border-t pt-3">
          {sites.map((site) => (
            <li key={site} className="py-3 first:pt-0 last:pb-0">
              <SiteAccount site={site} wallet={wallet} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function AddSite() {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState<'notASite' | 'plainHttp' | null>(null)
  const add = useMutation({
    mutationFn: (site: string) => send('wallet.addSite', { site }),
    onSuccess: () => setText(''),
  })
  return (
    <form
      noValidate
      className="grid max-w-md gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        const site = readSite(text)
        if (typeof site === 'string') setProblem(site)
        else add.mutate(site.origin)
      }}
    >
      <SiteInput
        label={t('sites.site')}
        hint={t('sites.siteText')}
        value={text}
        onChange={({ target }) => {
          setText(target.value)
          setProblem(null)
        }}
        error={problem ? t(`rules.${problem}`) : undefined}
      />
      {add.error && <Notice tone="danger">{errorSentence(t, add.error)}</Notice>}
      <Button type="submit" className="justify-self-start" busy={add.isPending} disabled={text.trim() === ''}>
        {t('sites.add')}
      </Button>
    </form>
  )
}
