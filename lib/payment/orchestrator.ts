import type { Balances } from '@/lib/chain/balances'
import { type Challenge, isPayable } from '@/lib/challenge/challenge'
import { intentOf } from '@/lib/challenge/intent'
import { readChallenge } from '@/lib/challenge/read'
import { type ErrorCode, TuppenceError } from '@/lib/errors'
import type { Interceptor } from '@/lib/intercept/interceptor'
import { type Ledger, LimitReached } from '@/lib/ledger/ledger'
import { isDelivered, type Payment } from '@/lib/ledger/payment'
import { parseUsd } from '@/lib/money/usd'
import { type Decision, decide } from '@/lib/policy/decide'
import { type AskReason, because, type Reason, type RefuseReason } from '@/lib/policy/reasons'
import { type Rules, type SiteRule, siteRule } from '@/lib/policy/rules'
import { getRules, setSiteRule } from '@/lib/settings/rules'
import { vaultAddress } from '@/lib/wallet/vault'
import type { Approvals, PendingApproval } from './approvals'
import { Checkout, secondsLeft, type Underway } from './checkout'
import { markTab, openPrompt, showWaiting } from './prompt'
import type { Reconciler } from './reconciler'
import type { Purchase, Sighting, Target } from './sighting'
import { type Sources, situationOf } from './situation'
import { leaveTab, setTabNote } from './tab-notes'

/** What becomes of a 402. */
export type Outcome =
  | { readonly kind: 'paying' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'refused'; readonly reasons: readonly Reason<RefuseReason>[] }

export interface Services extends Sources {
  readonly ledger: Ledger
  readonly interceptor: Interceptor
  readonly balances: Balances
  readonly approvals: Approvals
  readonly reconciler: Reconciler
  /** Tells a waiting page what became of its request. */
  readonly tellPage: (sighting: Sighting, outcome: Exclude<Outcome, { kind: 'asked' }>) => Promise<void>
  /** Tells open screens that something has changed. */
  readonly announceChange: () => void
}

/** What can go wrong between a decision and the repetition, as a reason. */
const FAILURES: Partial<Record<ErrorCode, RefuseReason>> = {
  page_gone: 'page_gone',
  url_not_matchable: 'not_repeatable',
  too_many_requests: 'not_repeatable',
}

/** An authorization that ran out this long ago cannot be used any more, whatever a chain's clock says. In seconds. */
const SURELY_OVER = 60

/**
 * Walks the one line from a 402 to a receipt:
 *
 *   read → join an open purchase, or decide → ask? → reserve → sign → repeat → watch the answer → settle
 *
 * Every step is a module of its own; nothing calls backwards.
 */
export class Orchestrator {
  readonly #services: Services
  readonly #checkout: Checkout

  constructor(services: Services) {
    this.#services = services
    this.#checkout = new Checkout(services.ledger, services.interceptor)
  }

  /** Takes in a 402 that was met in the browser. */
  async consider(sighting: Sighting): Promise<Outcome> {
    const { target } = sighting
    this.#checkout.want(target)
    const outcome = await this.#consider(sighting).catch((error: unknown) => this.#failed(sighting, error))
    if (outcome.kind !== 'paying') this.#checkout.giveUp(target)
    return outcome
  }

  async #consider(sighting: Sighting): Promise<Outcome> {
    const reading = readChallenge(sighting.request, sighting.headers)
    if (!reading.ok) return this.#refuse(sighting, null, [because('unreadable', { problem: reading.problem })])
    const { challenge } = reading
    const open = await this.#joinOpenPurchase(sighting, challenge)
    if (open !== 'none' && open !== 'maybe') return open
    const { decision, rules } = await this.#decide(sighting, challenge, {
      approved: false,
      maybePaid: open === 'maybe',
    })
    switch (decision.action) {
      case 'refuse':
        return this.#refuse(sighting, decision.offer?.price ?? null, decision.reasons)
      case 'ask':
        return this.#ask({ sighting, challenge, offer: decision.offer }, decision.reasons)
      case 'pay':
        return this.#pay({ sighting, challenge, offer: decision.offer }, rules, 'rules')
    }
  }

  /**
   * Acts on a person's answer. Everything is decided anew: rules, money and page may have changed since the question.
   * Throws what keeps it from being paid; a locked or missing wallet leaves the question standing.
   */
  async answer(id: string, answer: 'pay' | 'decline', remember: boolean): Promise<void> {
    const { approvals, tellPage } = this.#services
    const approval = await approvals.take(id)
    if (!approval) throw new TuppenceError('approval_gone')
    const { sighting } = approval
    try {
      if (answer === 'decline') return await this.#drop(approval, because('declined'))
      const outcome = await this.#payApproved(approval, remember).catch(async (error: unknown) => {
        // The page must not wait for what will not come, unless the question stands.
        if (!(await approvals.has(id))) await tellPage(sighting, await this.#failed(sighting, error))
        throw error
      })
      await tellPage(sighting, outcome)
      if (outcome.kind === 'paying') return
      const [reason] = outcome.reasons
      throw new TuppenceError('not_allowed', reason && { ...reason.values, reason: reason.code })
    } finally {
      await this.showPending()
    }
  }

  /** Whether a person is being asked about this request of a page. */
  async isAsking(tabId: number, marker: string): Promise<boolean> {
    const pending = await this.#services.approvals.list()
    return pending.some(({ sighting: { target } }) => isFor(target, tabId, marker))
  }

  /** A page no longer waits for its payment. */
  async cancel(tabId: number, marker: string): Promise<void> {
    this.#checkout.cancel(tabId, marker)
    await this.#services.approvals.takeWhere(({ sighting: { target } }) => isFor(target, tabId, marker))
    await this.showPending()
  }

  /** A tab shows another document, or is closed: nothing is signed any more for the one before. */
  async left(tabId: number, shown: { documentId: string; url: string } | null): Promise<void> {
    await leaveTab(tabId, shown?.url ?? null)
    const gone = await this.#services.approvals.takeWhere(
      ({ sighting: { target } }) => target.tabId === tabId && target.documentId !== shown?.documentId,
    )
    if (gone.length > 0) await this.showPending()
  }

  /** Gives up on questions that nobody answered in time. */
  async expireApprovals(): Promise<void> {
    const late = await this.#services.approvals.takeWhere(({ expiresAt }) => expiresAt <= Date.now())
    for (const approval of late) await this.#drop(approval, because('no_answer'))
    await this.showPending()
  }

  /** After a start: forgets questions whose page is gone, and shows how many are left. */
  async restoreApprovals(): Promise<void> {
    const { approvals, interceptor } = this.#services
    for (const { id, sighting } of await approvals.list())
      if (!(await interceptor.isShowing(sighting.target))) await approvals.take(id)
    await this.expireApprovals()
  }

  async showPending(): Promise<void> {
    await showWaiting((await this.#services.approvals.list()).length)
    this.#services.announceChange()
  }

  /**
   * This page's same request was paid for before and the outcome is open: the same bytes go out again, and nothing new is
   * signed. Gives `maybe` when it may have been paid but these bytes are not for this page, or of no use any more.
   */
  async #joinOpenPurchase(sighting: Sighting, challenge: Challenge): Promise<Outcome | 'none' | 'maybe'> {
    const purchases = await this.#checkout.openPurchases(sighting)
    if (purchases.length === 0) return 'none'
    const rules = await getRules()
    if ([challenge.site, sighting.page].some((site) => siteRule(rules, site)?.mode === 'block')) return 'none'
    const most = sighting.pageMaximum === null ? null : parseUsd(sighting.pageMaximum)
    let maybe = false
    for (const open of purchases) {
      const { state } = await this.#services.reconciler.look(open)
      if (state === 'expired') continue
      const joins = open.page === sighting.page && (most === null || open.price <= most) && state !== 'settled'
      const underway = joins && (await this.#checkout.resend(open, sighting))
      if (underway) return this.#follow(sighting, underway)
      if (joins && secondsLeft(open) > -SURELY_OVER)
        return this.#refuse(sighting, open.price, [because('outcome_open', { until: clockTime(open) })])
      maybe = true
    }
    return maybe ? 'maybe' : 'none'
  }

  async #decide(sighting: Sighting, challenge: Challenge, circumstances: { approved: boolean; maybePaid: boolean }) {
    const { balances } = this.#services
    let situation = await situationOf(this.#services, sighting, challenge, circumstances)
    let decision: Decision = decide(situation)
    const owner = await vaultAddress()
    if (owner && decision.offer && decision.reasons.some(({ code }) => code === 'insufficient_funds')) {
      // The wallet may just have been topped up.
      await balances.read(owner, decision.offer.asset)
      situation = await situationOf(this.#services, sighting, challenge, circumstances)
      decision = decide(situation)
    }
    return { decision, rules: situation.rules }
  }

  async #ask({ sighting, challenge, offer }: Purchase, reasons: readonly Reason<AskReason>[]): Promise<Outcome> {
    const { approvals, interceptor } = this.#services
    const { id } = await approvals.add({
      intent: intentOf(challenge.request, offer),
      sighting,
      offerIndex: challenge.offers.indexOf(offer),
      reasons,
    })
    // Whoever left while this was decided has not seen the question come up, and could not withdraw it.
    if (!(await interceptor.isShowing(sighting.target))) {
      await approvals.take(id)
      return this.#refuse(sighting, offer.price, [because('page_gone')])
    }
    await this.#note(sighting, 'waiting', { price: offer.price, reasons })
    await this.showPending()
    // Not waited for: a window takes its time to open, and the page must know before the background could end.
    void openPrompt()
    return { kind: 'asked' }
  }

  async #payApproved(approval: PendingApproval, remember: boolean): Promise<Exclude<Outcome, { kind: 'asked' }>> {
    const { approvals, interceptor } = this.#services
    const { sighting } = approval
    const { target, request } = sighting
    this.#checkout.want(target)
    if (!(await interceptor.isShowing(target, target.via === 'navigation' ? request.url : undefined)))
      throw new TuppenceError('page_gone')
    const reading = readChallenge(request, sighting.headers)
    const offer = reading.ok ? reading.challenge.offers[approval.offerIndex] : undefined
    if (!reading.ok || !offer || !isPayable(offer) || intentOf(request, offer) !== approval.intent)
      throw new TuppenceError('offer_changed')
    // Only what the person saw can be picked.
    const challenge = { ...reading.challenge, offers: [offer] }
    const { decision, rules } = await this.#decide(sighting, challenge, { approved: true, maybePaid: false })
    if (decision.action === 'ask') {
      if (await interceptor.isShowing(target)) await approvals.putBack(approval)
      const missing = decision.reasons.some(({ code }) => code === 'wallet_missing')
      throw new TuppenceError(missing ? 'wallet_missing' : 'wallet_locked')
    }
    if (decision.action === 'refuse') return this.#refuse(sighting, offer.price, decision.reasons)
    const outcome = await this.#pay({ sighting, challenge, offer }, rules, 'user')
    if (remember && outcome.kind === 'paying')
      await setSiteRule(challenge.site, allowing(rules, challenge.site, sighting.page, offer.price))
    return outcome
  }

  async #pay(
    purchase: Purchase,
    rules: Rules,
    decidedBy: 'rules' | 'user',
  ): Promise<Exclude<Outcome, { kind: 'asked' }>> {
    try {
      return this.#follow(purchase.sighting, await this.#checkout.pay(purchase, rules, decidedBy))
    } catch (error) {
      // Between the decision and the reservation, another payment took what was left of a limit.
      if (error instanceof LimitReached) return this.#refuse(purchase.sighting, purchase.offer.price, [error.reason])
      throw error
    }
  }

  #follow(sighting: Sighting, { answered }: Underway): Extract<Outcome, { kind: 'paying' }> {
    void answered.then(async (payment) => {
      const delivered = isDelivered(payment)
      await this.#note(sighting, delivered ? 'paid' : 'not_paid', { price: payment.price, reasons: [], payment })
      await this.#services.reconciler.follow(payment)
    })
    return { kind: 'paying' }
  }

  async #refuse(
    sighting: Sighting,
    price: bigint | null,
    reasons: readonly Reason<RefuseReason>[],
  ): Promise<Extract<Outcome, { kind: 'refused' }>> {
    await this.#note(sighting, 'not_paid', { price, reasons })
    return { kind: 'refused', reasons }
  }

  /** Something that a decision could not foresee. Nothing was signed, or the ledger says what was. */
  async #failed(sighting: Sighting, error: unknown): Promise<Extract<Outcome, { kind: 'refused' }>> {
    const code = error instanceof TuppenceError ? FAILURES[error.code] : undefined
    // biome-ignore lint/suspicious/noConsole: a defect; the user is told that it failed, the extension's own log why
    if (!code) console.error(error)
    return this.#refuse(sighting, null, [because(code ?? 'failed')])
  }

  /** A question ends without a payment: the page keeps its 402. */
  async #drop({ sighting }: PendingApproval, reason: Reason<RefuseReason>): Promise<void> {
    await this.#services.tellPage(sighting, await this.#refuse(sighting, null, [reason]))
  }

  async #note(
    { target: { tabId }, page, pageUrl }: Sighting,
    state: 'waiting' | 'paid' | 'not_paid',
    { price, reasons, payment }: { price: bigint | null; reasons: readonly Reason[]; payment?: Payment },
  ): Promise<void> {
    if (!(await this.#services.interceptor.isAt(tabId, page))) return
    await setTabNote(tabId, {
      url: pageUrl,
      state,
      reasons,
      price: price?.toString() ?? null,
      paymentId: payment?.id ?? null,
    })
    if (state !== 'waiting') await markTab(tabId, state === 'paid' ? 'paid' : 'notPaid')
    this.#services.announceChange()
  }
}

/** A rule that lets a site be paid up to a price unasked, from its own pages and those that asked before. */
function allowing(rules: Rules, site: string, page: string, price: Rules['mostPerPayment']): SiteRule {
  const before = siteRule(rules, site)
  const pages = new Set(before?.mode === 'auto' ? before.pages : [])
  if (page !== site) pages.add(page)
  const mostPerPayment = before?.mode === 'auto' && before.mostPerPayment > price ? before.mostPerPayment : price
  return { mode: 'auto', mostPerPayment, pages: [...pages] }
}

const isFor = (target: Target, tabId: number, marker: string): boolean =>
  target.via === 'fetch' && target.tabId === tabId && target.marker === marker

/** When an authorization ends, as a clock shows it to the user. */
const clockTime = ({ authorization }: Payment): string =>
  new Date(((authorization?.validBefore ?? 0) + SURELY_OVER) * 1000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
  })
