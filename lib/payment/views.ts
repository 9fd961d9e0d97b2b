import type { Balances } from '@/lib/chain/balances'
import { isPayable, type Offer, type PayableOffer } from '@/lib/challenge/challenge'
import { readChallenge } from '@/lib/challenge/read'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import type { Transfer } from '@/lib/ledger/transfer'
import type {
  ApprovalView,
  BalanceView,
  Gauge,
  PaymentView,
  SpendingView,
  TabView,
  TransferView,
} from '@/lib/messaging/schema'
import { type Family, type Realm, realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { everything, limitsFor, siteScope } from '@/lib/policy/limits'
import { type Rules, siteRule } from '@/lib/policy/rules'
import { spentIn } from '@/lib/policy/tally'
import { payerFor } from '@/lib/wallet/payer'
import { accountFor } from '@/lib/wallet/site-accounts'
import { vaultLabel } from '@/lib/wallet/vault'
import type { PendingApproval } from './approvals'
import { disagreementOf } from './disagreement'
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
    disagreement: disagreementOf(payment),
  }
}

/** What the accounts that pay own, and what of it is spoken for. */
export async function viewBalances(
  balances: Balances,
  ledger: Ledger,
  { fresh, network, site }: { fresh: boolean; network?: string | undefined; site?: string | undefined },
): Promise<BalanceView[]> {
  const label = await vaultLabel()
  const accountOf = (family: Family) =>
    site === undefined ? (label?.active[family] ?? null) : label && accountFor(label, site, family)
  const accounts = { evm: accountOf('evm'), svm: accountOf('svm') }
  const known = await balances.all((family) => accounts[family], fresh, network)
  return Promise.all(
    known.map(async ({ asset, ...balance }) => {
      const { network: id, address, family } = asset
      return { ...balance, network: id, asset: address, held: await ledger.held(accounts[family] ?? '', id, address) }
    }),
  )
}

/** The signed bytes never leave the background. */
export function viewTransfer(transfer: Transfer): TransferView {
  const { authorization, signature, nonce, transaction, fee, history, ...row } = transfer
  return {
    ...row,
    history: [...history],
    nonce: nonce ?? null,
    validBefore: authorization?.validBefore ?? null,
    signed: signature !== undefined,
    transaction: transaction ?? null,
    fee: fee ?? null,
  }
}

/** Null when its challenge can no longer be read, which a valid one always can. */
export async function viewApproval(
  approval: PendingApproval,
  ledger: Ledger,
  balances: Balances,
  rules: Rules,
): Promise<ApprovalView | null> {
  const { id, sighting, offerIndex, reasons, trouble = null, createdAt, expiresAt } = approval
  const reading = readChallenge(sighting.request, sighting.headers)
  const offer: Offer | undefined = reading.ok ? reading.challenge.offers[offerIndex] : undefined
  if (!reading.ok || !offer || !isPayable(offer)) return null
  const payer = await payerFor(offer.network, reading.challenge.site)
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
    signer: payer.signer,
    from: payer.address,
    trouble: trouble && { code: trouble.code, values: { ...trouble.values } },
    createdAt,
    expiresAt,
    today: (await viewSpending(ledger, rules, realmOf(offer.network))).day,
    left: await leftAfter(offer, payer.address, ledger, balances),
  }
}

/** As far as is remembered: a question does not wait for the chain. */
async function leftAfter(
  { asset, units, network }: PayableOffer,
  owner: string | null,
  ledger: Ledger,
  balances: Balances,
): Promise<bigint | null> {
  const balance = owner === null ? null : balances.remembered(owner, asset)
  if (owner === null || balance === null) return null
  const left = balance - (await ledger.held(owner, network, asset.address)) - units
  return left < 0n ? null : left
}

/** Real and test money have totals of their own; what is shown by itself is the kind that was used last. */
export async function usedRealm(ledger: Ledger): Promise<Realm> {
  const [latest] = await ledger.list(1)
  return realmOf(latest?.network ?? '')
}

/** All spending of one realm, against the limits of everywhere. */
export async function viewSpending(ledger: Ledger, rules: Rules, realm: Realm): Promise<SpendingView> {
  const scope = everything(realm)
  const { day } = ledger.moment()
  const tallies = await ledger.tallies([scope])
  const gauge = <Cap>(window: 'day' | 'week' | 'month', cap: Cap) => ({
    spent: spentIn(tallies(scope), window, day),
    cap,
    realm,
  })
  return {
    day: gauge('day', rules.mostPerDay),
    week: gauge('week', rules.mostPerWeek),
    month: gauge('month', rules.mostPerMonth),
  }
}

/** Today's spending at one site, against the limit that holds there for a day. */
async function siteToday(ledger: Ledger, rules: Rules, realm: Realm, network: string, site: string): Promise<Gauge> {
  const moment = ledger.moment()
  const limit = limitsFor(rules, { network, site, page: site, agent: null }, moment.now).find(
    ({ reason }) => reason === 'over_site_day_limit',
  )
  const scope = limit?.scope ?? siteScope(realm, site)
  const tallies = await ledger.tallies([scope])
  const cap = limit?.window === 'day' ? limit.cap : rules.mostPerSiteAndDay
  return { spent: spentIn(tallies(scope), 'day', moment.day), cap, realm }
}

/** What the popup shows of a tab. `site` is null for pages that cannot be paid. */
export async function viewTab(tabId: number, site: string | null, ledger: Ledger, rules: Rules): Promise<TabView> {
  const note = await getTabNote(tabId)
  const payment = note?.paymentId ? await ledger.get(note.paymentId) : undefined
  const [latest] = await ledger.list(1)
  const network = payment?.network ?? latest?.network ?? ''
  const realm = realmOf(network)
  const { day: today } = await viewSpending(ledger, rules, realm)
  return {
    site,
    state: note?.state ?? 'free',
    reasons: note ? [...note.reasons] : [],
    price: note?.price ? usd(BigInt(note.price)) : null,
    payment: payment ? viewPayment(payment) : null,
    rule: site === null ? null : siteRule(rules, site, Date.now()),
    siteToday: site === null ? null : await siteToday(ledger, rules, realm, network, site),
    today,
  }
}
