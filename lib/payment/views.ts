import type { Balances } from '@/lib/chain/balances'
import { isPayable, type Offer, type PayableOffer } from '@/lib/challenge/challenge'
import { type Channel, leftIn } from '@/lib/ledger/channel'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDrawn, type Payment } from '@/lib/ledger/payment'
import type { Transfer } from '@/lib/ledger/transfer'
import type {
  ApprovalView,
  BalanceView,
  Gauge,
  PaymentView,
  PrepaidTabView,
  SpendingView,
  TabView,
  TransferView,
} from '@/lib/messaging/schema'
import { priceOf } from '@/lib/money/assets'
import { type Family, type Realm, realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { everything, limitsFor, siteScope } from '@/lib/policy/limits'
import { type Rules, siteRule } from '@/lib/policy/rules'
import { spentIn } from '@/lib/policy/tally'
import { upto } from '@/lib/rails/upto/rail'
import { payerFor } from '@/lib/wallet/payer'
import { accountFor } from '@/lib/wallet/site-accounts'
import { vaultLabel } from '@/lib/wallet/vault'
import type { PendingApproval } from './approvals'
import { disagreementOf } from './disagreement'
import { readChallenge } from './reading'
import { merchantWords } from './sighting'
import { getTabNote } from './tab-notes'

/* What the screens are shown. A payment's credential never leaves the background. */

export function viewPayment(payment: Payment): PaymentView {
  const {
    authorization,
    allowance: _allowance,
    answer,
    receipt,
    history,
    credential: _,
    tab,
    signedOffer,
    ...row
  } = payment
  const drawn = isDrawn(payment)
  return {
    ...row,
    history: [...history],
    upTo: payment.rail === upto.id,
    charged: payment.charged ?? null,
    reported: receipt?.units ?? null,
    // A voucher has no nonce, and does not run out.
    nonce: drawn ? null : (authorization?.nonce ?? null),
    validBefore: drawn ? null : (authorization?.validBefore ?? null),
    answerStatus: answer?.status ?? null,
    transaction: row.transaction ?? receipt?.transaction ?? null,
    errorReason: receipt?.errorReason ?? null,
    tab: tab ? { does: tab.does, units: tab.units } : null,
    disagreement: disagreementOf(payment),
    signed: signedOffer !== undefined || receipt?.signed !== undefined,
  }
}

export function viewPrepaidTab(channel: Channel): PrepaidTabView {
  const { id, site, state, network, asset, from, deposit, charged, returned, disputed, pending, history, ...row } =
    channel
  const { withdrawDelay, createdAt, refund, withdrawal, askedAt } = row
  return {
    ...{ id, site, state, network, asset, from, deposit, returned, disputed, withdrawDelay, createdAt, refund },
    used: charged,
    left: leftIn(channel),
    busy: pending !== null,
    readyAt: askedAt === null ? null : (askedAt + withdrawDelay) * 1000,
    sentAt: isShown(channel) ? null : (withdrawal?.at ?? null),
    history: [...history],
  }
}

/** Whether the chain shows what the account's own transaction was to bring about. */
const isShown = ({ withdrawal, askedAt, state }: Channel): boolean =>
  state === 'closed' || (withdrawal?.does === 'initiate' && askedAt !== null)

/** What the accounts that pay own, and what of it is spoken for. */
export async function viewBalances(
  balances: Balances,
  ledger: Ledger,
  { fresh, network, site }: { fresh: boolean; network?: string | undefined; site?: string | undefined },
): Promise<BalanceView[]> {
  const label = await vaultLabel()
  const accountOf = (family: Family) =>
    site === undefined ? (label?.active[family] ?? null) : label && accountFor(label, site, family)
  const accounts = { evm: accountOf('evm'), svm: accountOf('svm'), credit: null }
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
  const { id, sighting, offerIndex, others, reasons, trouble = null, createdAt, expiresAt } = approval
  const reading = readChallenge(sighting.request, sighting.answer)
  const offer: Offer | undefined = reading.ok ? reading.challenge.offers[offerIndex] : undefined
  if (!reading.ok || !offer || !isPayable(offer)) return null
  const payer = await payerFor(offer.network, reading.challenge.site)
  const deposit = opensWith(offer, reasons)
  return {
    id,
    via: sighting.target.via,
    site: reading.challenge.site,
    page: sighting.page,
    url: sighting.request.url,
    method: sighting.request.method,
    description: merchantWords(sighting, reading.challenge),
    reason: sighting.reason,
    network: offer.network,
    asset: offer.asset.address,
    units: offer.units,
    price: offer.price,
    upTo: offer.terms.upTo === true,
    payTo: offer.payTo,
    offer: offerIndex,
    others: others.flatMap((index) => {
      const other = reading.challenge.offers[index]
      if (!other || !isPayable(other)) return []
      const { network, asset, units, price, terms } = other
      return { offer: index, network, asset: asset.address, units, price, upTo: terms.upTo === true }
    }),
    reasons: [...reasons],
    signer: payer.signer,
    from: payer.address,
    trouble: trouble && { code: trouble.code, values: { ...trouble.values } },
    createdAt,
    expiresAt,
    deposit,
    today: (await viewSpending(ledger, rules, realmOf(offer.network))).day,
    left: await leftAfter(offer, deposit?.units ?? offer.units, payer.address, ledger, balances),
  }
}

/** What goes into a prepaid tab, where the question was about opening one. */
function opensWith({ asset, terms }: PayableOffer, reasons: PendingApproval['reasons']): ApprovalView['deposit'] {
  const isOpening = reasons.some(({ code }) => code === 'tab_opens')
  if (!isOpening || !terms.tab) return null
  const units = terms.tab.deposit
  return { units, price: priceOf({ units, asset }) }
}

/** As far as is remembered: a question does not wait for the chain. */
async function leftAfter(
  { asset, network }: PayableOffer,
  units: bigint,
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
