import type { Balances } from '@/lib/chain/balances'
import { type Challenge, isPayable } from '@/lib/challenge/challenge'
import { requestKey } from '@/lib/challenge/intent'
import { findHeader } from '@/lib/challenge/read'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDelivered } from '@/lib/ledger/payment'
import type { Asset } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import { parseUsd } from '@/lib/money/usd'
import type { Context, Funds, Situation } from '@/lib/policy/decide'
import { limitsFor } from '@/lib/policy/limits'
import { getRules } from '@/lib/settings/rules'
import { vaultAddress, vaultState } from '@/lib/wallet/vault'
import type { Sighting } from './sighting'

/** A page paid for this recently is not paid for again without asking: it is a reload or the back button. */
const RECENTLY_MS = 10 * 60_000

export interface Sources {
  readonly interceptor: Interceptor
  readonly ledger: Ledger
  readonly balances: Balances
}

/** Gathers all that a decision depends on, as it is at this moment. */
export async function situationOf(
  sources: Sources,
  sighting: Sighting,
  challenge: Challenge,
  circumstances: { approved: boolean; maybePaid: boolean },
): Promise<Situation> {
  const { ledger } = sources
  // The chain may take its time to answer: whatever the user does meanwhile is read after it.
  const funds = await fundsFor(sources, challenge)
  const [rules, day, context] = await Promise.all([
    getRules(),
    ledger.today(),
    contextOf(sources, sighting, circumstances),
  ])
  const counters = challenge.offers
    .filter(isPayable)
    .flatMap((offer) => limitsFor(rules, challenge.site, realmOf(offer.network), day))
    .map(({ counter }) => counter)
  return { challenge, rules, context, funds, totals: await ledger.totals(counters), day }
}

async function contextOf(
  { interceptor, ledger }: Sources,
  sighting: Sighting,
  circumstances: { approved: boolean; maybePaid: boolean },
): Promise<Context> {
  const { target, request, page, pageMaximum, fromHistory, afterRedirect, obstacle } = sighting
  const [activeTab, paid] = await Promise.all([
    interceptor.isActive(target.tabId),
    ledger.latestPaid(requestKey(request), Date.now() - RECENTLY_MS),
  ])
  return {
    page,
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

async function fundsFor({ ledger, balances }: Sources, challenge: Challenge): Promise<Funds> {
  const [wallet, owner] = await Promise.all([vaultState(), vaultAddress()])
  if (!owner) return { wallet, available: () => null }
  const assets = new Set(challenge.offers.filter(isPayable).map(({ asset }) => asset))
  const available = new Map<Asset, bigint | null>()
  await Promise.all(
    [...assets].map(async (asset) => {
      const [{ units }, held] = await Promise.all([
        balances.get(owner, asset),
        ledger.held(owner, asset.network, asset.address),
      ])
      available.set(asset, units === null ? null : units - held)
    }),
  )
  return { wallet, available: (asset) => available.get(asset) ?? null }
}
