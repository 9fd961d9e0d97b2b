import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useWallet } from '@/components/shell/queries'
import { ButtonLink } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { PageHeading } from '@/components/ui/PageHeading'
import type { WalletView } from '@/lib/messaging/schema'
import { MissingWallet } from './MissingWallet'

interface Props {
  title: string
  children: (wallet: WalletView) => ReactNode
}

/** A page that the Wallets page leads to, and that leads back there. It takes a wallet. */
export function WalletPart({ title, children }: Props) {
  const { t } = useTranslation()
  const wallet = useWallet()
  return (
    <>
      <PageHeading title={title}>
        <ButtonLink look="quiet" href="#/wallets">
          {t('wallet.back')}
        </ButtonLink>
      </PageHeading>
      <Loaded query={wallet}>{(view) => (view.state === 'missing' ? <MissingWallet /> : children(view))}</Loaded>
    </>
  )
}
