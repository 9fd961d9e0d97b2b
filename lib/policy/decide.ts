import { type Challenge, isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import { type Asset, formatAmount, tokenId } from '@/lib/money/assets'
import { findNetwork, realmOf } from '@/lib/money/networks'
import { formatUsd, type Usd } from '@/lib/money/usd'
import { isLoopback } from './hosts'
import { limitsFor, overrun, type Scope } from './limits'
import { type AskReason, because, type LimitReason, type Reason, type RefuseReason } from './reasons'
import { agentRule, isTrusted, type Rules, type SiteRule, siteRule } from './rules'
import { payeeId, type SiteRecord } from './site-record'
import type { Moment, Tally } from './tally'

/** How the request came about, as the browser tells it (never as the page does). */
export interface Context {
  /** The origin of the top document: for a navigation the site itself, for a page's fetch the page. */
  readonly page: string
  /** The agent that asks, by its id; null when nobody but the page does. */
  readonly agent: string | null
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

/** Who pays. */
export interface Payer {
  readonly signer: 'vault' | 'metamask'
  /** `no_site_account`: each site is paid from an account of its own, and this one has none yet. */
  readonly state: 'missing' | 'locked' | 'unlocked' | 'no_site_account'
  /** The account; null while there is none. */
  readonly address: string | null
}

/** What the wallet can do now. */
export interface Funds {
  /** Who pays on a network. */
  readonly payer: (network: string) => Payer
  /** Atomic units that can still be spent, held payments taken off; null when nobody could say. */
  readonly available: (asset: Asset) => bigint | null
  /** Whether a payment on a network would have to ask a server, and the user has chosen none. */
  readonly lacksRpc: (network: string) => boolean
}

export interface Situation {
  readonly challenge: Challenge
  readonly rules: Rules
  readonly context: Context
  /** What is known of the site, by the network it would be paid on: real and test money teach different things. */
  readonly site: (network: string) => SiteRecord
  readonly funds: Funds
  readonly tallies: (scope: Scope) => Tally
  readonly moment: Moment
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
/** After so many payments in a row that brought nothing, a site is not paid again unasked. */
const MOST_FRUITLESS = 3

/** Pay, ask or refuse, with every reason that applied. Pure: the same situation always gives the same decision. */
export function decide(situation: Situation): Decision {
  const decisions = rankedOffers(situation).map((offer) => decideOn(situation, offer))
  const best = decisions.find(({ action }) => action !== 'refuse') ?? decisions[0]
  if (best) return best
  return { action: 'refuse', offer: null, reasons: [because('nothing_payable', problemsOf(situation.challenge))] }
}

function decideOn(situation: Situation, offer: PayableOffer): Decision {
  const refusals = refusalsOf(situation, offer)
  if (refusals.length > 0) return { action: 'refuse', offer, reasons: refusals }
  const doubts = doubtsOf(situation, offer)
  if (doubts.length > 0) return { action: 'ask', offer, reasons: doubts }
  return { action: 'pay', offer, reasons: [] }
}

/**
 * The payable offers, best first: those the wallet has the money for, then those on the network the user prefers, then the
 * cheapest, then as the server listed them. All that can be paid so far go the same rail, so that none is cheaper to send.
 */
function rankedOffers({ challenge, rules, funds }: Situation): PayableOffer[] {
  return challenge.offers
    .filter(isPayable)
    .map((offer) => ({
      offer,
      short: lacks(funds, offer),
      preferred: offer.network === rules.preferredNetwork,
    }))
    .sort(
      (a, b) =>
        Number(a.short) - Number(b.short) ||
        Number(b.preferred) - Number(a.preferred) ||
        compare(a.offer.price, b.offer.price),
    )
    .map(({ offer }) => offer)
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Where there is no account there is no money, asked about or not. */
function lacks(funds: Funds, offer: PayableOffer): boolean {
  if (funds.payer(offer.network).state === 'missing') return true
  const available = funds.available(offer.asset)
  return available !== null && available < offer.units
}

/** What nobody's approval can overrule. */
function refusalsOf(situation: Situation, offer: PayableOffer): Reason<RefuseReason>[] {
  const { challenge, rules, context, funds, moment } = situation
  const refusals: Reason<RefuseReason>[] = []
  if (!isSecure(challenge.request.url)) refusals.push(because('plain_http'))
  if (context.obstacle) refusals.push(because(context.obstacle))
  if (!rules.tokens.includes(tokenId(offer.asset))) refusals.push(tokenOff(offer))
  if ([challenge.site, context.page].some((site) => siteRule(rules, site, moment.now)?.mode === 'block'))
    refusals.push(because('site_blocked'))
  if (context.agent !== null && agentRule(rules, context.agent, moment.now)?.mode === 'block')
    refusals.push(because('agent_blocked', { agent: context.agent }))
  if (offer.payTo.toLowerCase() === funds.payer(offer.network).address?.toLowerCase())
    refusals.push(because('own_payee'))
  if (offer.feePayer !== null && offer.feePayer === funds.payer(offer.network).address)
    refusals.push(because('own_fee_payer'))
  if (funds.lacksRpc(offer.network))
    refusals.push(because('rpc_needed', { network: findNetwork(offer.network)?.name ?? offer.network }))
  if (context.pageMaximum !== null && offer.price > context.pageMaximum)
    refusals.push(because('over_page_maximum', { price: formatUsd(offer.price), most: formatUsd(context.pageMaximum) }))
  if (funds.payer(offer.network).state === 'no_site_account')
    refusals.push(because('no_site_account', { site: new URL(challenge.site).host }))
  refusals.push(...overruns(situation, offer, null))
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
function doubtsOf(situation: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const { context, funds } = situation
  const doubts: Reason<AskReason>[] = []
  const payer = funds.payer(offer.network)
  if (payer.state === 'missing') doubts.push(because('wallet_missing'))
  if (payer.state === 'locked') doubts.push(because('wallet_locked'))
  if (context.approved) return doubts
  // It sees who asks for a signature: we. Which site is paid, only our own prompt says.
  if (payer.signer === 'metamask') doubts.push(because('metamask_asks'))
  return [
    ...doubts,
    ...(context.agent === null ? rulesDoubts(situation, offer) : agentDoubts(situation, offer, context.agent)),
    ...siteDoubts(situation, offer),
    ...circumstanceDoubts(situation),
  ]
}

/** What the user's rules leave to a question. */
function rulesDoubts(situation: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const { challenge, rules, context, moment } = situation
  const rule = siteRule(rules, challenge.site, moment.now)
  const trusted = isTrusted(rules, challenge.site, context.page, moment.now)
  const most = mostUnasked(rules, rule, trusted)
  const doubts: Reason<AskReason>[] = []
  if (asks(situation)) doubts.push(because('site_asks'))
  else if (!trusted && !rules.autoPay) doubts.push(because('auto_pay_off'))
  else if (offer.price > most)
    doubts.push(because('over_most_per_payment', { price: formatUsd(offer.price), most: formatUsd(most) }))
  return doubts
}

/** Whether the user wants to be asked: for the site that is paid, or for the page that spends, unless the site's rule names it. */
function asks({ challenge, rules, context, moment }: Situation): boolean {
  if (siteRule(rules, challenge.site, moment.now)?.mode === 'ask') return true
  const page = siteRule(rules, context.page, moment.now)
  return page?.mode === 'ask' && !isTrusted(rules, challenge.site, context.page, moment.now)
}

/** An agent spends by a budget of its own, in place of the general switch; a site that asks is asked about all the same. */
function agentDoubts(situation: Situation, offer: PayableOffer, agent: string): Reason<AskReason>[] {
  const { rules, moment } = situation
  const budget = agentRule(rules, agent, moment.now)
  const doubts: Reason<AskReason>[] = []
  if (asks(situation)) doubts.push(because('site_asks'))
  if (budget?.mode !== 'auto') return [...doubts, because('agent_asks', { agent })]
  if (offer.price > budget.mostPerPayment)
    doubts.push(
      because('over_agent_payment', { agent, price: formatUsd(offer.price), most: formatUsd(budget.mostPerPayment) }),
    )
  return [...doubts, ...(overruns(situation, offer, agent) as Reason<Extract<AskReason, LimitReason>>[])]
}

/** What is known of the site itself. */
function siteDoubts({ challenge, rules, site: known }: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const { host } = new URL(challenge.site)
  const site = known(offer.network)
  const doubts: Reason<AskReason>[] = []
  if (site.payees.length === 0 && rules.askNewSites) doubts.push(because('new_site'))
  if (site.payees.length > 0 && !site.payees.includes(payeeId(offer))) doubts.push(because('new_payee', { site: host }))
  if (site.denied) doubts.push(because('site_denied', { site: host }))
  else if (site.fruitless >= MOST_FRUITLESS)
    doubts.push(because('site_fruitless', { site: host, count: site.fruitless.toString() }))
  return doubts
}

function circumstanceDoubts({ challenge, rules, context, moment }: Situation): Reason<AskReason>[] {
  const doubts: Reason<AskReason>[] = []
  if (!context.activeTab && !paysBehind(rules, challenge.site, context, moment.now))
    doubts.push(because('background_tab'))
  if (context.paidRecently) doubts.push(because('paid_recently'))
  if (context.maybePaid) doubts.push(because('maybe_paid'))
  if (context.fromHistory) doubts.push(because('from_history'))
  if (context.afterRedirect) doubts.push(because('after_redirect'))
  if (challenge.foreignResource) doubts.push(because('foreign_resource'))
  if (context.clockSkew !== null && Math.abs(context.clockSkew) > MOST_CLOCK_SKEW_SECONDS)
    doubts.push(because('clock_skew', { seconds: Math.abs(Math.round(context.clockSkew)).toString() }))
  return doubts
}

/** Whether the user lets this site, or the agent that asks, pay from a tab that nobody looks at. */
export function paysBehind(
  rules: Rules,
  site: string,
  { page, agent }: Pick<Context, 'page' | 'agent'>,
  now: number,
): boolean {
  const rule = agent === null ? siteRule(rules, site, now) : agentRule(rules, agent, now)
  if (rule?.mode !== 'auto' || !rule.background) return false
  return agent !== null || isTrusted(rules, site, page, now)
}

/** The limits that this payment would go above: an agent's own, or (null) everybody's. */
function overruns(
  { challenge, rules, context, tallies, moment }: Situation,
  { network, price }: PayableOffer,
  agent: string | null,
): Reason<LimitReason>[] {
  const limits = limitsFor(rules, { network, site: challenge.site, page: context.page, agent }, moment.now)
  return limits
    .filter(({ reason }) => reason.startsWith('over_agent_') === (agent !== null))
    .flatMap((limit) => overrun(limit, tallies(limit.scope), moment, price) ?? [])
}

/** A site's own maximum, above the general one or below, is for its trusted pages; for others the lower of the two holds. */
function mostUnasked({ mostPerPayment }: Rules, rule: SiteRule | null, trusted: boolean): Usd {
  if (rule?.mode !== 'auto') return mostPerPayment
  return trusted || rule.mostPerPayment < mostPerPayment ? rule.mostPerPayment : mostPerPayment
}

function tokenOff({ asset, network }: PayableOffer): Reason<'test_money_off' | 'token_off'> {
  const name = findNetwork(network)?.name ?? network
  return because(realmOf(network) === 'test' ? 'test_money_off' : 'token_off', { token: asset.symbol, network: name })
}

/** Plain http is never paid, loopback excepted (security: anybody on the way could have written the price). */
function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Each kind of trouble once, for the sentence of `nothing_payable`. */
function problemsOf({ offers }: Challenge): Record<string, string> {
  return { problems: [...new Set(offers.map((offer) => offer.problem))].join(', ') }
}
