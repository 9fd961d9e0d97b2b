import { useEffect, useRef } from 'react'
import { Trans, useTranslation } from 'react-i18next'
import { hostOf } from '@/components/ui/host'
import { SiteName } from '@/components/ui/SiteName'
import type { ApprovalView } from '@/lib/messaging/schema'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, isOnCredit } from '@/lib/money/networks'
import { formatUsd } from '@/lib/money/usd'
import { Amount } from './Amount'
import { costText } from './cost'
import { OfferChoice } from './OfferChoice'
import { Reasons } from './Reasons'
import { TodayLeft } from './TodayLeft'
import { Words } from './Words'

interface Props {
  approval: ApprovalView
  /** Where something else on the screen wants the focus, the heading leaves it alone. */
  focus: boolean
}

/** One payment that waits: who, what for, how much, and why it was not paid by itself. */
export function ApprovalCard({ approval, focus }: Props) {
  const { t } = useTranslation()
  const heading = useRef<HTMLHeadingElement>(null)
  const { id, site, page, price, deposit } = approval
  const outlay = deposit ? formatUsd(deposit.price) : costText(t, approval)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another payment is read out from its heading on
  useEffect(() => {
    if (focus) heading.current?.focus()
  }, [id, focus])

  return (
    <>
      <h1 ref={heading} tabIndex={-1} className="text-lg leading-snug">
        <Trans
          i18nKey={deposit === null ? 'approval.heading' : 'approval.headingTab'}
          values={{ price: outlay }}
          components={{ site: <SiteName site={site} /> }}
        />
      </h1>
      <div className="rounded-xl border border-line bg-surface px-4 py-3">
        <p className="font-semibold text-3xl tabular-nums">{outlay}</p>
        <p className="text-soft">
          <Amount {...approval} units={deposit?.units ?? approval.units} />
        </p>
        {deposit !== null && <p className="text-soft">{t('approval.firstFromTab', { price: formatUsd(price) })}</p>}
        {approval.upTo && <p className="mt-1 text-soft text-xs">{t('approval.upTo')}</p>}
      </div>
      {approval.others.length > 0 && <OfferChoice key={id} approval={approval} />}
      {approval.description ? (
        <Words label={t('approval.merchantWords')} words={approval.description} />
      ) : (
        <p className="text-soft">{t('approval.noWords')}</p>
      )}
      {page !== site && <p>{t('approval.askedBy', { page: hostOf(page) })}</p>}
      {approval.reason && <Words label={t('approval.pageWords')} words={approval.reason} />}
      <section className="grid gap-1">
        <h2 className="text-soft text-xs">{t('approval.whyAsked')}</h2>
        <Reasons reasons={approval.reasons} />
      </section>
      <TodayLeft today={approval.today} price={deposit?.price ?? price} />
      <WalletLeft approval={approval} />
      {isOnCredit(approval) && <p className="text-soft text-xs">{t('billed.approval', billing(approval))}</p>}
      <details className="text-xs">
        <summary className="w-fit text-soft">{t('approval.details')}</summary>
        <dl className="mt-1 grid gap-1">
          <dt className="text-soft">{t('approval.address')}</dt>
          <dd>
            {approval.method} {approval.url}
          </dd>
          {!isOnCredit(approval) && (
            <>
              <dt className="text-soft">{t('approval.payTo')}</dt>
              <dd className="font-mono">{approval.payTo}</dd>
            </>
          )}
          {approval.from !== null && (
            <>
              <dt className="text-soft">{t(isOnCredit(approval) ? 'billed.to' : 'approval.from')}</dt>
              <dd className="font-mono">{approval.from}</dd>
            </>
          )}
        </dl>
      </details>
    </>
  )
}

const billing = ({ network, from }: ApprovalView) => ({
  biller: findNetwork(network)?.name ?? network,
  agent: URL.parse(from ?? '')?.host ?? '',
})

/** What would still be in the account that pays, as far as it is known. */
function WalletLeft({ approval: { network, asset: address, left } }: { approval: ApprovalView }) {
  const { t } = useTranslation()
  const asset = findAsset(network, address)
  if (left === null || asset === null) return null
  const amount = formatAmount({ units: left, asset })
  return (
    <p className="text-soft text-xs">
      {t('approval.leavesInWallet', { amount, network: findNetwork(network)?.name ?? network })}
    </p>
  )
}
