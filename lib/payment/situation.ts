import type { Balances } from '@/lib/chain/balances'
import { findHeader } from '@/lib/challenge/answer'
import { type Challenge, isPayable, type Offer, type PayableOffer } from '@/lib/challenge/challenge'
import { requestKey } from '@/lib/challenge/intent'
import { signatureUnder } from '@/lib/challenge/offer-receipt'
import type { Worth } from '@/lib/challenge/worth'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDelivered, isDrawn, type Payment } from '@/lib/ledger/payment'
import { type Asset, findAsset, priceOf } from '@/lib/money/assets'
import { parseUsd, ZERO_USD } from '@/lib/money/usd'
import type { Context, Funds, Outlay, Payer, Situation } from '@/lib/policy/decide'
import { covers, limitsFor, type Scope } from '@/lib/policy/limits'
import type { Reason, RefuseReason } from '@/lib/policy/reasons'
import { UNKNOWN_SITE } from '@/lib/policy/site-record'
import { type Moment, type Tally, withoutBegun } from '@/lib/policy/tally'
import { railOf } from '@/lib/rails/rails'
import { getRpcUrl } from '@/lib/settings/networks'
import type { RuleBook } from '@/lib/settings/rules'
import { payerFor } from '@/lib/wallet/payer'
import type { Sighting } from './sighting'
import type { SignIns } from './sign-ins'
import { wantedTab } from './tab-draw'

/** A page paid for this recently is not paid for again without asking: it is a reload or the back button. */
const RECENTLY_MS = 10 * 60_000

export interface Sources {
  readonly interceptor: Interceptor
  readonly ledger: Ledger
  readonly balances: Balances
  readonly ruleBook: RuleBook
  readonly signIns: Pick<SignIns, 'bought'>
}

/** What the browser does not tell of a request. */
export interface Circumstances {
  /** A person has just approved exactly this. */
  readonly approved: boolean
  /** The deposit that they have agreed to with it, in units. */
  readonly approvedDeposit: bigint | null
  /** An earlier payment for the same may have been made. */
  readonly maybePaid: boolean
  /** The payment that is decided on once more: what it holds itself is no reason against it. */
  readonly reserved?: Payment
}

/** Gathers all that a decision depends on, as it is at this moment. */
export async function situationOf(
  sources: Sources,
  sighting: Sighting,
  challenge: Challenge,
  circumstances: Circumstances,
): Promise<Situation> {
  const { ledger, ruleBook } = sources
  const { reserved } = circumstances
  // The chain may take its time to answer: whatever the user does meanwhile is read after it.
  const funds = await fundsFor(sources, challenge, reserved)
  const outlays = await outlaysFor(sources, challenge, funds, reserved)
  const context = await contextOf(sources, sighting, circumstances)
  const moment = ledger.moment()
  const signatures = await signaturesUnder(challenge, moment)
  const bought = await sources.signIns.bought(sighting, challenge)
  const { rules } = ruleBook
  const { site } = challenge
  const { page, agent } = sighting
  const networks: string[] = [...new Set(challenge.offers.filter(isPayable).map(({ network }) => network))]
  const scopes = networks
    .flatMap((network) => limitsFor(rules, { network, site, page, agent }, moment.now))
    .map(({ scope }) => scope)
  const [tallies, ...records] = await Promise.all([
    ledger.tallies(scopes),
    ...networks.map((network) => ledger.siteRecord({ network, site })),
  ])
  return {
    challenge,
    rules,
    context,
    bought: bought?.address ?? null,
    signature: (offer) => signatures.get(offer) ?? null,
    site: (network) => records[networks.indexOf(network)] ?? UNKNOWN_SITE,
    funds,
    outlays,
    tallies: (scope) => (reserved ? without(tallies(scope), scope, reserved) : tallies(scope)),
    moment,
  }
}

/** What the site's signatures under its offers are worth. */
async function signaturesUnder({ offers, request }: Challenge, { now }: Moment): Promise<Map<Offer, Worth | null>> {
  const at = Math.floor(now / 1000)
  const entries = offers
    .filter(isPayable)
    .map(async (offer) => [offer, await signatureUnder(offer, request.url, at)] as const)
  return new Map(await Promise.all(entries))
}

function without(tally: Tally, scope: Scope, { scopes, createdAt, day, price }: Payment): Tally {
  return scopes.some((counted) => covers(scope, counted)) ? withoutBegun(tally, { now: createdAt, day }, price) : tally
}

async function contextOf(
  { interceptor, ledger }: Sources,
  sighting: Sighting,
  circumstances: Circumstances,
): Promise<Context> {
  const { target, request, page, agent, pageMaximum, fromHistory, afterRedirect, obstacle } = sighting
  const [activeTab, paid] = await Promise.all([
    interceptor.isActive(target.tabId),
    ledger.latestPaid(requestKey(request), Date.now() - RECENTLY_MS),
  ])
  return {
    page,
    agent,
    activeTab,
    fromHistory,
    // An agent may well ask the same twice; a page that shows once more is a reload.
    paidRecently: target.via !== 'fetch' && paid !== undefined && isDelivered(paid),
    // Paid, and nothing came: whoever tries again must not be charged for each try.
    maybePaid: circumstances.maybePaid || (paid !== undefined && !isDelivered(paid)),
    afterRedirect,
    unasked: target.via === 'part' && !target.wanted,
    obstacle,
    clockSkew: clockSkewOf(sighting),
    pageMaximum: pageMaximum === null ? null : parseUsd(pageMaximum),
    approved: circumstances.approved,
    approvedDeposit: circumstances.approvedDeposit,
  }
}

/** Seconds between the server's clock and ours; null when it does not say. */
function clockSkewOf({ answer: { headers } }: Sighting): number | null {
  const date = Date.parse(findHeader(headers, 'date') ?? '')
  return Number.isNaN(date) ? null : (date - Date.now()) / 1000
}

/** What each offer takes out of the wallet that is paid from a prepaid tab, as those are now. */
async function outlaysFor(
  { ledger }: Sources,
  { site, offers }: Challenge,
  funds: Funds,
  reserved?: Payment,
): Promise<ReadonlyMap<PayableOffer, Outlay>> {
  const outlays = new Map<PayableOffer, Outlay>()
  for (const offer of offers.filter(isPayable)) {
    const { terms, asset, units } = offer
    const from = funds.payer(offer.network).address
    const wanted = from === null ? null : wantedTab(site, offer, from)
    if (!terms.tab || !wanted) continue
    const isOpen = reserved ? isDrawn(reserved) : (await ledger.channels.payingFor(wanted, units)) !== null
    const { deposit } = terms.tab
    outlays.set(
      offer,
      isOpen
        ? { units: 0n, price: ZERO_USD, tab: 'spend' }
        : { units: deposit, price: priceOf({ units: deposit, asset }), tab: 'open' },
    )
  }
  return outlays
}

const NOBODY: Payer = { signer: 'vault', state: 'missing', address: null }

async function fundsFor({ ledger, balances }: Sources, challenge: Challenge, reserved?: Payment): Promise<Funds> {
  const assets = new Set(challenge.offers.filter(isPayable).map(({ asset }) => asset))
  const payers = new Map<string, Payer>()
  const available = new Map<Asset, bigint | null>()
  const lacking = new Set<string>()
  await Promise.all(
    [...assets].map(async (asset) => {
      const payer = await payerFor(asset.network, challenge.site)
      payers.set(asset.network, payer)
      // What is billed later takes nothing out of an account, and asks nobody.
      if (asset.family === 'credit') return
      if ((await getRpcUrl(asset.network)) === null) lacking.add(asset.network)
      const { address: owner } = payer
      if (owner === null) return
      const [{ units }, held] = await Promise.all([
        balances.get(owner, asset),
        ledger.held(owner, asset.network, asset.address),
      ])
      const isOwn = reserved && !isDrawn(reserved) && findAsset(reserved.network, reserved.asset) === asset
      const own = isOwn ? reserved.units : 0n
      available.set(asset, units === null ? null : units - held + own)
    }),
  )
  const obstacles = new Map<PayableOffer, Reason<RefuseReason>>()
  await Promise.all(
    challenge.offers.filter(isPayable).map(async (offer) => {
      const { network, terms } = offer
      const from = payers.get(network)?.address ?? null
      if (from === null || lacking.has(network)) return
      const obstacle = (await railOf(terms).obstacle?.({ offer, terms, from })) ?? null
      if (obstacle) obstacles.set(offer, obstacle)
    }),
  )
  return {
    payer: (network) => payers.get(network) ?? NOBODY,
    obstacle: (offer) => obstacles.get(offer) ?? null,
    available: (asset) => available.get(asset) ?? null,
    lacksRpc: (network) => lacking.has(network),
  }
}
