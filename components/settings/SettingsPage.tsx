import { useTranslation } from 'react-i18next'
import { browser } from 'wxt/browser'
import { useMetaMask, useNetworks } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import { Section } from '@/components/ui/Section'
import { ExtensionId } from './ExtensionId'
import { RpcForm } from './RpcForm'
import { RulesBackup } from './RulesBackup'

export function SettingsPage() {
  const { t } = useTranslation()
  const networks = useNetworks()
  const metaMask = useMetaMask()
  const { version } = browser.runtime.getManifest()
  return (
    <>
      <PageHeading title={t('dashboard.settings')} />
      <Section title={t('settings.networks')}>
        <p className="text-soft">{t('settings.networksText')}</p>
        <Loaded query={networks}>{(list) => <RpcForm networks={list} />}</Loaded>
      </Section>
      <Section title={t('metamask.title')}>
        <p className="text-soft">{t('metamask.idText')}</p>
        <Loaded query={metaMask}>{({ extensionId }) => <ExtensionId extensionId={extensionId} />}</Loaded>
      </Section>
      <Section title={t('settings.backup')}>
        <p className="text-soft">{t('settings.backupText')}</p>
        <RulesBackup />
      </Section>
      <Section title={t('settings.about')}>
        <p>
          {t('common.name')} · {t('settings.version', { version })}
        </p>
        <p className="text-soft">{t('settings.licence')}</p>
      </Section>
    </>
  )
}
