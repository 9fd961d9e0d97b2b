import { useTranslation } from 'react-i18next'
import { ButtonLink } from '@/components/ui/Button'
import { Section } from '@/components/ui/Section'
import type { WalletView } from '@/lib/messaging/schema'

/** Whether sites can tell by the address that pays them that it is the same reader. */
export function Privacy({ wallet: { separate } }: { wallet: WalletView }) {
  const { t } = useTranslation()
  return (
    <Section title={t('sites.privacy')} action={<ButtonLink href="#/wallets/sites">{t('sites.manage')}</ButtonLink>}>
      <p className="text-soft">{t(separate ? 'sites.on' : 'sites.off')}</p>
    </Section>
  )
}
