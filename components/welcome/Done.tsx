import { useTranslation } from 'react-i18next'
import { openDashboard, openRules } from '@/components/shell/pages'
import { useWallet } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { Section } from '@/components/ui/Section'
import { Address } from '@/components/wallet/Address'
import { Heading } from './Heading'

/** There is a wallet: what to do with it. */
export function Done() {
  const { t } = useTranslation()
  const wallet = useWallet()
  return (
    <>
      <Heading title={t('welcome.done')} />
      <Section title={t('welcome.fund')}>
        <p className="text-soft text-sm">{t('welcome.fundText')}</p>
        <Loaded query={wallet}>{({ address }) => address !== null && <Address address={address} />}</Loaded>
      </Section>
      <Section title={t('welcome.limits')} action={<Button onClick={openRules}>{t('welcome.limitsLink')}</Button>}>
        <p className="text-soft text-sm">{t('welcome.limitsText')}</p>
      </Section>
      <Section title={t('welcome.pin')}>
        <p className="text-soft text-sm">{t('welcome.pinText')}</p>
      </Section>
      <Button look="primary" className="justify-self-start" onClick={openDashboard}>
        {t('common.openDashboard')}
      </Button>
    </>
  )
}
