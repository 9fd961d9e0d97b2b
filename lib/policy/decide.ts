import {
  type Challenge,
  isPayable,
  type Offer,
  type OfferProblem,
  OTHER_WAYS,
  type PayableOffer,
} from '@/lib/challenge/challenge'
import { cleanText } from '@/lib/challenge/text'
import type { Worth } from '@/lib/challenge/worth'
import { type Asset, formatAmount, tokenId } from '@/lib/money/assets'
import { findNetwork, realmOf } from '@/lib/money/networks'
import { formatUsd, type Usd } from '@/lib/money/usd'
import { isLoopback } from './hosts'
import { limitsFor, overrun, type Scope } from './limits'
import { type AskReason, because, type LimitReason, type Reason, type RefuseReason } from './reasons'
import { agentRule, isTrusted, type Rules, type SiteRule, siteRule } from './rules'
import { payeeId, type SiteRecord } from './site-record'
import type { Moment, Tally } from './tally'

/** Why a request could not be repeated with a payment. */
export type Obstacle = Extract<RefuseReason, 'redirected' | 'form_post' | 'form_files' | 'form_foreign' | 'part_cached'>

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
  /** A part of a page that nobody asked for. */
  readonly unasked: boolean
  /** Why the request could not be repeated with a payment, if so. */
  readonly obstacle: Obstacle | null
  /** How far the server's clock is from ours, in seconds; null when it did not say. */
  readonly clockSkew: number | null
  /** The page's own ceiling; it can only lower the user's. */
  readonly pageMaximum: Usd | null
  /** True when a person has just approved exactly this. */
  readonly approved: boolean
  /** The deposit of a prepaid tab that they have agreed to with it, in units; only where one was spoken of. */
  readonly approvedDeposit?: bigint | null
}

/** What a purchase takes out of the wallet: its price; a deposit where it opens a prepaid tab; nothing where one pays for it. */
export interface Outlay {
  readonly units: bigint
  readonly price: Usd
  readonly tab: 'none' | 'open' | 'spend'
}

/** Who pays. */
export interface Payer {
  readonly signer: 'vault' | 'metamask'
  /**
   * `no_site_account`: each site is paid from an account of its own, and this one has none yet. `no_signature_agent`: it would be
   * billed later, and there is nobody yet to bill.
   */
  readonly state: 'missing' | 'locked' | 'unlocked' | 'no_site_account' | 'no_signature_agent'
  /** The account; null while there is none. */
  readonly address: string | null
}

/** What the wallet can do now. */
export interface Funds {
  /** Who pays on a network. */
  readonly payer: (network: string) => Payer
  /** Atomic units that can still be spent, held payments taken off; null when nobody could say. */
  readonly available: (asset: Asset) => bigint | null
  /** What the chain has against paying an offer so; null when nothing, and when nobody could be asked. */
  readonly obstacle: (offer: PayableOffer) => Reason<RefuseReason> | null
  /** Whether the user has chosen no server that could be asked about a network. */
  readonly lacksRpc: (network: string) => boolean
}

export interface Situation {
  readonly challenge: Challenge
  /** What the site's own signature under an offer is worth; null where it signs none. */
  readonly signature: (offer: PayableOffer) => Worth | null
  /** The account that has bought this before, where the site would know it again and open it free; null otherwise. */
  readonly bought: string | null
  readonly rules: Rules
  readonly context: Context
  /** What is known of the site, by the network it would be paid on: real and test money teach different things. */
  readonly site: (network: string) => SiteRecord
  readonly funds: Funds
  /** What offers take out of the wallet where that is not their price. */
  readonly outlays?: ReadonlyMap<PayableOffer, Outlay>
  readonly tallies: (scope: Scope) => Tally
  readonly moment: Moment
}

export type Decision =
  | { readonly action: 'pay'; readonly offer: PayableOffer; readonly reasons: readonly [] }
  | {
      readonly action: 'ask'
      readonly offer: PayableOffer
      readonly reasons: readonly Reason<AskReason>[]
      /** What else could be paid in its place, best first: a person may choose. */
      readonly others: readonly PayableOffer[]
    }
  | {
      readonly action: 'refuse'
      readonly offer: PayableOffer | null
      readonly reasons: readonly Reason<RefuseReason>[]
    }

const MOST_CLOCK_SKEW_SECONDS = 60
/** After so many payments in a row that brought nothing, a site is not paid again unasked. */
const MOST_FRUITLESS = 3
/** More ways to pay than anybody reads. */
const MOST_WAYS = 5

/** Pay, ask or refuse, with every reason that applied. Pure: the same situation always gives the same decision. */
export function decide(situation: Situation): Decision {
  const decisions = rankedOffers(situation).map((offer) => decideOn(situation, offer))
  const [best = decisions[0], ...others] = decisions.filter(({ action }) => action !== 'refuse')
  if (best?.action === 'ask') return { ...best, others: others.flatMap(({ offer }) => offer ?? []) }
  if (best) return best
  return { action: 'refuse', offer: null, reasons: unpayable(situation.challenge) }
}

function decideOn(situation: Situation, offer: PayableOffer): Decision {
  const refusals = refusalsOf(situation, offer)
  if (refusals.length > 0) return { action: 'refuse', offer, reasons: refusals }
  const doubts = doubtsOf(situation, offer)
  if (doubts.length > 0) return { action: 'ask', offer, reasons: doubts, others: [] }
  return { action: 'pay', offer, reasons: [] }
}

/**
 * The payable offers, best first: those the wallet has the money for, then a tab that is open before all else and one that would
 * have to be opened after it, then those on the network the user prefers, then the cheapest, then as the server listed them.
 */
function rankedOffers(situation: Situation): PayableOffer[] {
  const { challenge, rules, funds } = situation
  return challenge.offers
    .filter(isPayable)
    .map((offer) => ({
      offer,
      short: lacks(funds, offer, outlayOf(situation, offer)),
      tab: TAB_RANK[outlayOf(situation, offer).tab],
      preferred: offer.network === rules.preferredNetwork,
    }))
    .sort(
      (a, b) =>
        Number(a.short) - Number(b.short) ||
        a.tab - b.tab ||
        Number(b.preferred) - Number(a.preferred) ||
        compare(a.offer.price, b.offer.price),
    )
    .map(({ offer }) => offer)
}

/** What an offer takes out of the wallet. */
export const outlayOf = ({ outlays }: Pick<Situation, 'outlays'>, offer: PayableOffer): Outlay =>
  outlays?.get(offer) ?? { units: offer.units, price: offer.price, tab: 'none' }

/** A tab that is open was opened to be used. One that is not yet takes more out of the wallet than any price. */
const TAB_RANK = { spend: 0, none: 1, open: 2 } as const satisfies Record<Outlay['tab'], number>

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** Where there is no account there is no money, asked about or not. */
function lacks(funds: Funds, offer: PayableOffer, { units }: Outlay): boolean {
  if (['missing', 'no_signature_agent'].includes(funds.payer(offer.network).state)) return true
  const available = funds.available(offer.asset)
  return isShort(available, units)
}

/** What is paid from a prepaid tab takes nothing out of the wallet, however much of it is held. */
const isShort = (available: bigint | null, units: bigint): available is bigint =>
  available !== null && units > 0n && available < units

/** What nobody's approval can overrule. */
function refusalsOf(situation: Situation, offer: PayableOffer): Reason<RefuseReason>[] {
  const { challenge, rules, context, funds, moment } = situation
  const refusals: Reason<RefuseReason>[] = []
  if (!isSecure(challenge.request.url)) refusals.push(because('plain_http'))
  if (context.obstacle) refusals.push(because(context.obstacle))
  // Whoever sets up a signature agent allows what it is for.
  if (offer.asset.family !== 'credit' && !rules.tokens.includes(tokenId(offer.asset))) refusals.push(tokenOff(offer))
  if ([challenge.site, context.page].some((site) => siteRule(rules, site, moment.now)?.mode === 'block'))
    refusals.push(because('site_blocked'))
  if (context.agent !== null && agentRule(rules, context.agent, moment.now)?.mode === 'block')
    refusals.push(because('agent_blocked', { agent: context.agent }))
  if (offer.payTo.toLowerCase() === funds.payer(offer.network).address?.toLowerCase())
    refusals.push(because('own_payee'))
  if (offer.terms.feePayer !== undefined && offer.terms.feePayer === funds.payer(offer.network).address)
    refusals.push(because('own_fee_payer'))
  if (!offer.terms.signers.includes(funds.payer(offer.network).signer)) refusals.push(because('metamask_cannot'))
  if (offer.terms.asksChain && funds.lacksRpc(offer.network))
    refusals.push(because('rpc_needed', { network: findNetwork(offer.network)?.name ?? offer.network }))
  const obstacle = funds.obstacle(offer)
  if (obstacle) refusals.push(obstacle)
  if (context.pageMaximum !== null && offer.price > context.pageMaximum)
    refusals.push(because('over_page_maximum', { price: formatUsd(offer.price), most: formatUsd(context.pageMaximum) }))
  if (funds.payer(offer.network).state === 'no_site_account')
    refusals.push(because('no_site_account', { site: new URL(challenge.site).host }))
  if (funds.payer(offer.network).state === 'no_signature_agent') refusals.push(because('signature_agent_needed'))
  refusals.push(...overruns(situation, offer, null))
  const available = funds.available(offer.asset)
  const { units } = outlayOf(situation, offer)
  if (isShort(available, units))
    refusals.push(
      because('insufficient_funds', {
        needed: formatAmount({ units, asset: offer.asset }),
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
  doubts.push(...tabDoubts(situation, offer))
  if (context.approved) return doubts
  // It sees who asks for a signature: we. Which site is paid, only our own prompt says.
  if (payer.signer === 'metamask') doubts.push(because('metamask_asks'))
  return [
    ...doubts,
    ...(context.agent === null ? rulesDoubts(situation, offer) : agentDoubts(situation, offer, context.agent)),
    ...siteDoubts(situation, offer),
    ...circumstanceDoubts(situation, offer),
  ]
}

/** A deposit is always asked about, with its figures: no rule and no other answer agrees to one. */
function tabDoubts(situation: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const { challenge, context } = situation
  const { tab, units, price } = outlayOf(situation, offer)
  if (tab !== 'open' || context.approvedDeposit === units) return []
  const delay = formatDelay(offer.terms.tab?.withdrawDelay ?? 0)
  const { host: site } = new URL(challenge.site)
  return [because('tab_opens', { deposit: formatUsd(price), site, delay, units: units.toString() })]
}

/** Seconds as people read them, rounded up: "15 min", "24 h". */
const formatDelay = (seconds: number): string =>
  seconds < 2 * 3600 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`

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
function siteDoubts({ challenge, rules, signature, site: known }: Situation, offer: PayableOffer): Reason<AskReason>[] {
  const { host } = new URL(challenge.site)
  const site = known(offer.network)
  const doubts: Reason<AskReason>[] = []
  if (site.payees.length === 0 && rules.askNewSites) doubts.push(because('new_site'))
  if (site.payees.length > 0 && !site.payees.includes(payeeId(offer))) doubts.push(because('new_payee', { site: host }))
  if (signature(offer) === 'wrong') doubts.push(because('signature_wrong', { site: host }))
  if (site.denied) doubts.push(because('site_denied', { site: host }))
  else if (site.fruitless >= MOST_FRUITLESS)
    doubts.push(because('site_fruitless', { site: host, count: site.fruitless.toString() }))
  return doubts
}

function circumstanceDoubts(
  { challenge, rules, context, bought, moment }: Situation,
  { payTo }: PayableOffer,
): Reason<AskReason>[] {
  const doubts: Reason<AskReason>[] = []
  if (!context.activeTab && !paysBehind(rules, challenge.site, context, moment.now))
    doubts.push(because('background_tab'))
  if (bought !== null) doubts.push(because('bought_before', { account: bought }))
  if (context.paidRecently) doubts.push(because('paid_recently'))
  if (context.maybePaid) doubts.push(because('maybe_paid'))
  // Parts of a page are paid by the user's own word for their site, not by the general one.
  if (context.unasked && siteRule(rules, challenge.site, moment.now)?.mode !== 'auto')
    doubts.push(because('part_unasked'))
  if (context.fromHistory) doubts.push(because('from_history'))
  if (context.afterRedirect) doubts.push(because('after_redirect'))
  if (challenge.foreignResource) doubts.push(because('foreign_resource'))
  if (challenge.hearsay && context.page !== challenge.site)
    doubts.push(because('hearsay', { page: new URL(context.page).host, site: new URL(challenge.site).host, payTo }))
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
function overruns(situation: Situation, offer: PayableOffer, agent: string | null): Reason<LimitReason>[] {
  const { challenge, rules, context, tallies, moment } = situation
  const { network } = offer
  const { price, tab } = outlayOf(situation, offer)
  // Its deposit was counted when the tab was opened.
  if (tab === 'spend') return []
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

/** Why none of its offers can be paid: first the ways that can be named, with their prices, then each other trouble once. */
function unpayable({ offers }: Challenge): Reason<RefuseReason>[] {
  const ways = new Map(offers.flatMap((offer) => (isOtherWay(offer.problem) ? [wayOf(offer)] : [])))
  const problems = new Set(offers.map(({ problem }) => problem).filter((problem) => !isOtherWay(problem)))
  return [
    ...[...ways.values()].slice(0, MOST_WAYS),
    ...(problems.size > 0 ? [because('nothing_payable', { problems: [...problems].join(', ') })] : []),
  ]
}

const isOtherWay = (problem: OfferProblem | null): boolean => OTHER_WAYS.some((way) => way === problem)

/** The reason, and what makes it the same as another. */
function wayOf({ problem, scheme, price, stated }: Offer): [string, Reason<'other_way'>] {
  const said = price === null ? stated : formatUsd(price)
  const values = { way: problem ?? '', scheme: cleanText(scheme) ?? '', ...(said !== null && { price: said }) }
  return [JSON.stringify(values), because('other_way', values)]
}
