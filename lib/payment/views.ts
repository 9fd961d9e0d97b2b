import { isPayable, type Offer } from '@/lib/challenge/challenge'
import { readChallenge } from '@/lib/challenge/read'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import type { ApprovalView, Gauge, PaymentView, TabView } from '@/lib/messaging/schema'
import { type Realm, realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { dayCounter, siteDayCounter } from '@/lib/policy/limits'
import { siteRule } from '@/lib/policy/rules'
import { getRules } from '@/lib/settings/rules'
import type { PendingApproval } from './approvals'
import { getTabNote } from './tab-notes'

/* What the screens are shown. A payment's credential never leaves the background. */

export function viewPayment(payment: Payment): PaymentView {
  const { authorization, answer, receipt, history, credential: _, ...row } = payment
  return {
    ...row,
    history: [...history],
    nonce: authorization?.nonce ?? null,
    validBefore: authorization?.validBefore ?? null,
    answerStatus: answer?.status ?? null,
    transaction: row.transaction ?? receipt?.transaction ?? null,
    errorReason: receipt?.errorReason ?? null,
  }
}

/** Null when its challenge can no longer be read, which a valid one always can. */
export async function viewApproval(approval: PendingApproval, ledger: Ledger): Promise<ApprovalView | null> {
  const { id, sighting, offerIndex, reasons, createdAt, expiresAt } = approval
  const reading = readChallenge(sighting.request, sighting.headers)
  const offer: Offer | undefined = reading.ok ? reading.challenge.offers[offerIndex] : undefined
  if (!reading.ok || !offer || !isPayable(offer)) return null
  return {
    id,
    via: sighting.target.via,
    site: reading.challenge.site,
    page: sighting.page,
    url: sighting.request.url,
    method: sighting.request.method,
    description: reading.challenge.description,
    reason: sighting.reason,
    network: offer.network,
    asset: offer.asset.address,
    units: offer.units,
    price: offer.price,
    payTo: offer.payTo,
    reasons: [...reasons],
    createdAt,
    expiresAt,
    today: await gaugeToday(ledger, realmOf(offer.network)),
  }
}

/** Today's spending in all, or at one site, against its limit. */
async function gaugeToday(ledger: Ledger, realm: Realm, site?: string): Promise<Gauge> {
  const [rules, day] = await Promise.all([getRules(), ledger.today()])
  const counter = site === undefined ? dayCounter(realm, day) : siteDayCounter(realm, site, day)
  const totals = await ledger.totals([counter])
  return { spent: totals(counter), cap: site === undefined ? rules.mostPerDay : rules.mostPerSiteAndDay, realm }
}

/** Real and test money have totals of their own; what is shown by itself is the kind that was used last. */
async function usedRealm(ledger: Ledger): Promise<Realm> {
  const [latest] = await ledger.list(1)
  return realmOf(latest?.network ?? '')
}

export const viewToday = async (ledger: Ledger): Promise<Gauge> => gaugeToday(ledger, await usedRealm(ledger))

/** What the popup shows of a tab. `site` is null for pages that cannot be paid. */
export async function viewTab(tabId: number, site: string | null, ledger: Ledger): Promise<TabView> {
  const [note, rules] = await Promise.all([getTabNote(tabId), getRules()])
  const payment = note?.paymentId ? await ledger.get(note.paymentId) : undefined
  const realm = payment ? realmOf(payment.network) : await usedRealm(ledger)
  const [siteToday, today] = await Promise.all([gaugeToday(ledger, realm, site ?? ''), gaugeToday(ledger, realm)])
  return {
    site,
    state: note?.state ?? 'free',
    reasons: note ? [...note.reasons] : [],
    price: note?.price ? usd(BigInt(note.price)) : null,
    payment: payment ? viewPayment(payment) : null,
    rule: site === null ? null : siteRule(rules, site),
    siteToday,
    today,
  }
}
