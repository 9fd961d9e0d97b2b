import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useBalances } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { Section } from '@/components/ui/Section'
import type { BalanceView, WalletView } from '@/lib/messaging/schema'
import { ASSETS, type Asset, formatAmount, isPaidWith, tokenId } from '@/lib/money/assets'
import { familyOf, findNetwork, realmOf } from '@/lib/money/networks'
import { Address } from './Address'
import { QrCode } from './QrCode'
import { TokenSelect } from './TokenSelect'
import { TopUpFromMetaMask } from './TopUpFromMetaMask'
import { useArrival } from './useArrival'
import { WalletPart } from './WalletPart'

/** Gives test USDC to anybody. It is a link for the user: nothing is loaded from there. */
const FAUCET = 'https://faucet.circle.com'

/** What could not be paid with again is of no use here. */
const TOKENS = ASSETS.filter(isPaidWith)

/** Ways to get money into the wallet. */
export function TopUp() {
  const { t } = useTranslation()
  const balances = useBalances()
  return (
    <WalletPart title={t('topUp.title')}>
      {(wallet) => <Loaded query={balances}>{(list) => <Ways wallet={wallet} balances={list} />}</Loaded>}
    </WalletPart>
  )
}

function Ways({ wallet, balances }: { wallet: WalletView; balances: readonly BalanceView[] }) {
  const { t } = useTranslation()
  const [token, setToken] = useState<Asset | undefined>(() => firstChoice(balances))
  if (!token) return null
  const family = familyOf(token.network)
  const address = wallet.accounts.find((account) => account.active && account.family === family)?.address
  return (
    <>
      <Section title={t('topUp.send')}>
        <p className="text-soft">{t('topUp.text')}</p>
        <TokenSelect tokens={TOKENS} chosen={token} onChoose={setToken} />
        {address === undefined ? (
          <Notice tone="warn">{t('topUp.noAccount')}</Notice>
        ) : (
          <Receiving key={tokenId(token)} token={token} address={address} />
        )}
      </Section>
      {address !== undefined && token.family === 'evm' && <TopUpFromMetaMask key={tokenId(token)} token={token} />}
    </>
  )
}

/** Where somebody can be asked, so that arrivals are noticed. */
const firstChoice = (balances: readonly BalanceView[]): Asset | undefined =>
  TOKENS.find(({ network }) => balances.some((known) => known.network === network && known.status !== 'no_rpc')) ??
  TOKENS[0]

function Receiving({ token, address }: { token: Asset; address: string }) {
  const { t } = useTranslation()
  const { symbol } = token
  const network = findNetwork(token.network)?.name ?? token.network
  return (
    <>
      <div className="flex flex-wrap items-start gap-4">
        <QrCode text={address} name={t('topUp.qr', { address })} />
        <div className="grid min-w-0 flex-1 basis-72 gap-3">
          <Address address={address} />
          <Notice tone="warn">{t('topUp.warning', { symbol, network })}</Notice>
          {realmOf(token.network) === 'test' && symbol === 'USDC' && (
            <p>
              <a href={FAUCET} target="_blank" rel="noreferrer" className="text-accent underline">
                {t('topUp.faucet')}
              </a>{' '}
              <span className="text-soft text-xs">{t('topUp.faucetText')}</span>
            </p>
          )}
        </div>
      </div>
      <Arrival token={token} />
    </>
  )
}

/** Says what has arrived, to eyes and to screen readers. */
function Arrival({ token }: { token: Asset }) {
  const { t } = useTranslation()
  const { received, asked } = useArrival(token)
  return (
    <div>
      <p role="status" className={received > 0n ? 'font-medium text-accent' : 'text-soft'}>
        {received > 0n && t('topUp.received', { amount: formatAmount({ units: received, asset: token }) })}
        {received === 0n && asked === true && t('topUp.waiting')}
        {asked === false && t('topUp.noRpc')}
      </p>
      {asked === false && (
        <a href="#/settings" className="text-accent underline">
          {t('wallet.chooseRpc')}
        </a>
      )}
    </div>
  )
}
