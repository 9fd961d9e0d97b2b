import type { Balances } from '@/lib/chain/balances'
import { type Challenge, isPayable } from '@/lib/challenge/challenge'
import { requestKey } from '@/lib/challenge/intent'
import { findHeader } from '@/lib/challenge/read'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDelivered, type Payment } from '@/lib/ledger/payment'
import { type Asset, findAsset } from '@/lib/money/assets'
import { parseUsd } from '@/lib/money/usd'
import type { Context, Funds, Payer, Situation } from '@/lib/policy/decide'
import { covers, limitsFor, type Scope } from '@/lib/policy/limits'
import { UNKNOWN_SITE } from '@/lib/policy/site-record'
import { type Tally, withoutBegun } from '@/lib/policy/tally'
import { getRpcUrl } from '@/lib/settings/networks'
import type { RuleBook } from '@/lib/settings/rules'
import { payerFor } from '@/lib/wallet/payer'
import type { Sighting } from './sighting'

/** A page paid for this recently is not paid for again without asking: it is a reload or the back button. */
const RECENTLY_MS = 10 * 60_000

export interface Sources {
  readonly interceptor: Interceptor
  readonly ledger: Ledger
  readonly balances: Balances
  readonly ruleBook: RuleBook
}

/** What the browser does not tell of a request. */
export interface Circumstances {
  /** A person has just approved exactly this. */
  readonly approved: boolean
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
  const context = await contextOf(sources, sighting, circumstances)
  const moment = ledger.moment()
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
    site: (network) => records[networks.indexOf(network)] ?? UNKNOWN_SITE,
    funds,
    tallies: (scope) => (reserved ? without(tallies(scope), scope, reserved) : tallies(scope)),
    moment,
  }
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
    paidRecently: target.via === 'navigation' && paid !== undefined && isDelivered(paid),
    // Paid, and nothing came: whoever tries again must not be charged for each try.
    maybePaid: circumstances.maybePaid || (paid !== undefined && !isDelivered(paid)),
    afterRedirect,
    obstacle,
    clockSkew: clockSkewOf(sighting),
    pageMaximum: pageMaximum === null ? null : parseUsd(pageMaximum),
    approved: circumstances.approved,
  }
}

/** Seconds between the server's clock and ours; null when it does not say. */
function clockSkewOf({ headers }: Sighting): number | null {
  const date = Date.parse(findHeader(headers, 'date') ?? '')
  return Number.isNaN(date) ? null : (date - Date.now()) / 1000
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
      // A transaction has to name a recent block. Elsewhere a signature needs nobody.
      if (asset.family === 'svm' && (await getRpcUrl(asset.network)) === null) lacking.add(asset.network)
      const { address: owner } = payer
      if (owner === null) return
      const [{ units }, held] = await Promise.all([
        balances.get(owner, asset),
        ledger.held(owner, asset.network, asset.address),
      ])
      const own = reserved && findAsset(reserved.network, reserved.asset) === asset ? reserved.units : 0n
      available.set(asset, units === null ? null : units - held + own)
    }),
  )
  return {
    payer: (network) => payers.get(network) ?? NOBODY,
    available: (asset) => available.get(asset) ?? null,
    lacksRpc: (network) => lacking.has(network),
  }
}
