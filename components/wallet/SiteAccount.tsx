import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { useBalances, useSiteBalances } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Fold } from '@/components/ui/Fold'
import { Loaded } from '@/components/ui/Loaded'
import { SiteName } from '@/components/ui/SiteName'
import type { BalanceView, WalletView } from '@/lib/messaging/schema'
import { Address } from './Address'
import { MoveMoney } from './MoveMoney'

interface Props {
  site: string
  wallet: WalletView
}

/** What one site has to itself: its money, its addresses, and the ways to fill and to empty it. */
export function SiteAccount({ site, wallet }: Props) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState<'fill' | 'bringBack' | null>(null)
  const main = useBalances()
  const own = useSiteBalances(site)
  const { host } = new URL(site)
  const accounts = wallet.sites.filter((account) => account.site === site)
  const evm = accounts.find(({ family }) => family === 'evm')?.address
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="font-medium">
            <SiteName site={site} />
          </p>
          <Loaded query={own}>{(list) => <Content balances={list} />}</Loaded>
        </div>
        {wallet.state === 'unlocked' && (
          <div className="flex flex-wrap gap-2">
            <Button aria-label={t('sites.fillNamed', { site: host })} onClick={() => setOpened('fill')}>
              {t('sites.fill')}
            </Button>
            <Button aria-label={t('sites.bringBackNamed', { site: host })} onClick={() => setOpened('bringBack')}>
              {t('sites.bringBack')}
            </Button>
          </div>
        )}
      </div>
      <Fold summary={t('sites.addresses')}>
        <div className="grid gap-2">
          {accounts.map(({ family, address }) => (
            <div key={family} className="grid gap-1">
              <p className="text-soft text-xs">{t(`accounts.family.${family}`)}</p>
              <Address address={address} />
            </div>
          ))}
        </div>
      </Fold>
      {opened && evm !== undefined && wallet.address !== null && (
        <Dialog
          title={t(`sites.${opened}Named`, { site: host })}
          description={t(`sites.${opened}Text`)}
          onClose={() => setOpened(null)}
        >
          <Loaded query={opened === 'fill' ? main : own}>
            {(list) =>
              opened === 'fill' ? (
                <MoveMoney
                  from={wallet.address ?? ''}
                  balances={list}
                  to={{ address: evm, name: t('sites.forSite', { site: host }) }}
                  onSigned={() => setOpened(null)}
                />
              ) : (
                <MoveMoney
                  from={evm}
                  balances={list}
                  to={{ address: wallet.address ?? '', name: t('sites.main') }}
                  onSigned={() => setOpened(null)}
                />
              )
            }
          </Loaded>
        </Dialog>
      )}
    </div>
  )
}

function Content({ balances }: { balances: readonly BalanceView[] }) {
  const { t } = useTranslation()
  const filled = balances.filter(({ units }) => units !== null && units > 0n)
  if (filled.length === 0) return <p className="text-soft">{t('sites.empty')}</p>
  return filled.map(
    ({ network, asset, units }) =>
      units !== null && (
        <p key={network + asset}>
          <Amount network={network} asset={asset} units={units} />
        </p>
      ),
  )
}
