import { type Challenge, isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import { type Asset, formatAmount } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import { formatUsd, type Usd, usd } from '@/lib/money/usd'
import { type Counter, limitsFor } from './limits'
import { type AskReason, because, type Reason, type RefuseReason } from './reasons'
import { type Rules, type SiteRule, siteRule } from './rules'

/** How the request came about, as the browser tells it (never as the page does). */
export interface Context {
  /** The origin of the top document: for a navigation the site itself, for a page's fetch the page. */
  readonly page: string
  readonly activeTab: boolean
  /** Reached by the back or forward button. */
  readonly fromHistory: boolean
  /** The same request was paid for within the last ten minutes. */
  readonly paidRecently: boolean
  /** An earlier payment for the same request may have been made; nobody could say. */
  readonly maybePaid: boolean
  /** Reached by a server's redirect. */
  readonly afterRedirect: boolean
  /** Why the request could not be repeated with a payment, if so. */
  readonly obstacle: Extract<RefuseReason, 'redirected' | 'form_post'> | null
  /** How far the server's clock is from ours, in seconds; null when it did not say. */
  readonly clockSkew: number | null
  /** The page's own ceiling; it can only lower the user's. */
  readonly pageMaximum: Usd | null
  /** True when a person has just approved exactly this. */
  readonly approved: boolean
}

/** What the wallet can do now. */
export interface Funds {
  readonly wallet: 'missing' | 'locked' | 'unlocked'
  /** Atomic units that can still be spent, held payments taken off; null when nobody could say. */
  readonly available: (asset: Asset) => bigint | null
}

export type Totals = (counter: Counter) => Usd

export interface Situation {
  readonly challenge: Challenge
  readonly rules: Rules
  readonly context: Context
  readonly funds: Funds
  readonly totals: Totals
  /** The user's calendar day (`dayOf`). */
  readonly day: string
}

export type Decision =
  | { readonly action: 'pay'; readonly offer: PayableOffer; readonly reasons: readonly [] }
  | { readonly action: 'ask'; readonly offer: PayableOffer; readonly reasons: readonly Reason<AskReason>[] }
  | {
      readonly action: 'refuse'
      readonly offer: PayableOffer | null
      readonly reasons: readonly Reason<RefuseReason>[]
    }

const MOST_CLOCK_SKEW_SECONDS = 60

/** Pay, ask or refuse, with every reason that applied. Pure: the same situation always gives the same decision. */
export function decide(situation: Situation): Decision {
  const { challenge } = situation
  const offer = pickOffer(situation)
  if (!offer) return { action: 'refuse', offer, reasons: [because('nothing_payable', problemsOf(challenge))] }
  const refusals = refusalsOf(situation, offer)
  if (refusals.length > 0) return { action: 'refuse', offer, reasons: refusals }
  const doubts = doubtsOf(situation, offer)
  if (doubts.length > 0) return { action: 'ask', offer, reasons: doubts }
  return { action: 'pay', offer, reasons: [] }
}

/** The payable offer the wallet has the money for, then the cheapest, then the server's first. */
function pickOffer({ challenge, funds }: Situation): PayableOffer | null {
  const [best] = challenge.offers
    .filter(isPayable)
    .map((offer) => ({ offer, short: lacks(funds, offer) }))
    .sort((a, b) => Number(a.short) - Number(b.short) || Number(a.offer.price - b.offer.price))
  return best?.offer ?? null
}

function lacks(funds: Funds, offer: PayableOffer): boolean {
  const available = funds.available(offer.asset)
  return available !== null && available < offer.units
}

/** What nobody's approval can overrule. */
function refusalsOf(situation: Situation, offer: PayableOffer): Reason<RefuseReason>[] {
  const { challenge, rules, context, funds, totals, day } = situation
  const refusals: Reason<RefuseReason>[] = []
  if (!isSecure(challenge.request.url)) refusals.push(because('plain_http'))
  if (context.obstacle) refusals.push(because(context.obstacle))
  if ([challenge.site, context.page].some((site) => siteRule(rules, site)?.mode === 'block'))
    refusals.push(because('site_blocked'))
  if (context.pageMaximum !== null && offer.price > context.pageMaximum)
    refusals.push(because('over_page_maximum', { price: formatUsd(offer.price), most: formatUsd(context.pageMaximum) }))
  for (const { counter, cap, reason } of limitsFor(rules, challenge.site, realmOf(offer.network), day)) {
    const total = usd(totals(counter) + offer.price)
    if (total > cap)
      refusals.push(because(reason, { site: hostOf(challenge.site), total: formatUsd(total), cap: formatUsd(cap) }))
  }
  const available = funds.available(offer.asset)
  if (available !== null && available < offer.units)
    refusals.push(
      because('insufficient_funds', {
        needed: formatAmount({ units: offer.units, asset: offer.asset }),
        available: formatAmount({ units: available > 0n ? available : 0n, asset: offer.asset }),
      }),
    )
  return refusals
}

/** What a person has to answer before it is paid. An approval answers all of it but a wallet that cannot sign. */
function doubtsOf({ challenge, rules, context, funds }: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const doubts: Reason<AskReason>[] = []
  if (funds.wallet === 'missing') doubts.push(because('wallet_missing'))
  if (funds.wallet === 'locked') doubts.push(because('wallet_locked'))
  if (context.approved) return doubts

  const rule = siteRule(rules, challenge.site)
  const trusted = rule?.mode === 'auto' && [challenge.site, ...rule.pages].includes(context.page)
  const most = mostUnasked(rules, rule, trusted)
  if (rule?.mode === 'ask') doubts.push(because('site_asks'))
  else if (!trusted && !rules.autoPay) doubts.push(because('auto_pay_off'))
  else if (offer.price > most)
    doubts.push(because('over_most_per_payment', { price: formatUsd(offer.price), most: formatUsd(most) }))
  if (context.paidRecently) doubts.push(because('paid_recently'))
  if (context.maybePaid) doubts.push(because('maybe_paid'))
  if (context.fromHistory) doubts.push(because('from_history'))
  if (context.afterRedirect) doubts.push(because('after_redirect'))
  if (!context.activeTab) doubts.push(because('background_tab'))
  if (challenge.foreignResource) doubts.push(because('foreign_resource'))
  if (context.clockSkew !== null && Math.abs(context.clockSkew) > MOST_CLOCK_SKEW_SECONDS)
    doubts.push(because('clock_skew', { seconds: Math.abs(Math.round(context.clockSkew)).toString() }))
  return doubts
}

/** A site's own maximum, above the general one or below, is for its trusted pages; for others the lower of the two holds. */
function mostUnasked({ mostPerPayment }: Rules, rule: SiteRule | null, trusted: boolean): Usd {
  if (rule?.mode !== 'auto') return mostPerPayment
  return trusted || rule.mostPerPayment < mostPerPayment ? rule.mostPerPayment : mostPerPayment
}

const LOOPBACK = /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/

/** Plain http is never paid, loopback excepted (security: anybody on the way could have written the price). */
function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
}

const hostOf = (origin: string): string => new URL(origin).host

/** Each kind of trouble once, for the sentence of `nothing_payable`. */
function problemsOf({ offers }: Challenge): Record<string, string> {
  return { problems: [...new Set(offers.map((offer) => offer.problem))].join(', ') }
}
