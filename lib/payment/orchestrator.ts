import type { Balances } from '@/lib/chain/balances'
import { type Challenge, type ChallengeProblem, isPayable } from '@/lib/challenge/challenge'
import { intentOf } from '@/lib/challenge/intent'
import { type ErrorCode, TuppenceError } from '@/lib/errors'
import type { Interceptor } from '@/lib/intercept/interceptor'
import { TabUsedUp } from '@/lib/ledger/channels'
import { type Ledger, LimitReached, PayeeChanged } from '@/lib/ledger/ledger'
import { isDelivered, type Payment } from '@/lib/ledger/payment'
import { findAsset, priceOf } from '@/lib/money/assets'
import { isOnCredit } from '@/lib/money/networks'
import { parseUsd } from '@/lib/money/usd'
import { type Decision, decide, outlayOf, paysBehind, type Situation } from '@/lib/policy/decide'
import { because, type Reason, type RefuseReason, TELLING_REASONS } from '@/lib/policy/reasons'
import { agentRule, type Rules, siteRule } from '@/lib/policy/rules'
import { createQueue, type Interlock } from '@/lib/queue'
import { vaultState } from '@/lib/wallet/vault'
import type { Approvals, PendingApproval } from './approvals'
import { Checkout, secondsLeft, type Underway } from './checkout'
import type { Health } from './health'
import { markTab } from './prompt'
import { Questions } from './questions'
import { readChallenge } from './reading'
import type { Reconciler } from './reconciler'
import { type Purchase, pageAddress, type Sighting, type Target } from './sighting'
import { type SignIns, signsIn } from './sign-ins'
import { type Circumstances, type Sources, situationOf } from './situation'
import { leaveTab, setTabNote } from './tab-notes'

/** What becomes of a 402. */
export type Outcome =
  | { readonly kind: 'paying'; readonly payment: Payment }
  /** It was bought before: the site is asked to open it again. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'asked' }
  | { readonly kind: 'refused'; readonly reasons: readonly Reason<RefuseReason>[] }

export interface Services extends Sources {
  readonly ledger: Ledger
  readonly interceptor: Interceptor
  readonly balances: Balances
  readonly approvals: Approvals
  readonly reconciler: Reconciler
  readonly health: Health
  readonly signIns: SignIns
  /** Holds changes of rules and locks back while a signature is made. */
  readonly signing: Interlock
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
  books_unusable: 'books_unusable',
  insufficient_balance: 'insufficient_funds',
  not_allowed: 'rules_changed',
  rpc_needed: 'rpc_needed',
  rpc_silent: 'rpc_silent',
  allowance_missing: 'allowance_missing',
  approval_unlimited: 'approval_unlimited',
  nonce_used: 'asked_twice',
  tab_busy: 'failed',
}

/** What a person can mend in MetaMask, and then try again: the question stands. */
const MENDABLE: readonly ErrorCode[] = [
  'metamask_missing',
  'metamask_locked',
  'metamask_busy',
  'metamask_wrong_account',
  'metamask_wrong_chain',
  'metamask_unreachable',
  'metamask_failed',
  'metamask_late',
]

/** Right before the signature, the rules of by then do not allow it any more. */
class NoLongerAllowed extends Error {
  override readonly name = 'NoLongerAllowed'
  readonly reasons: readonly Reason<RefuseReason>[]

  constructor(reasons: readonly Reason<RefuseReason>[]) {
    super(reasons.map(({ code }) => code).join(', '))
    this.reasons = reasons
  }
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
  readonly #questions: Questions
  /** What each tab's pages were answered is taken in one after another: the same page loaded twice is one purchase. */
  readonly #inOrder = new Map<number, ReturnType<typeof createQueue>>()

  constructor(services: Services) {
    const { ledger, interceptor, signing, approvals, announceChange } = services
    this.#services = services
    this.#checkout = new Checkout(ledger, interceptor, signing)
    this.#questions = new Questions(approvals, interceptor, announceChange)
  }

  /** Takes in a 402 that was met in the browser. */
  async consider(sighting: Sighting): Promise<Outcome> {
    const { target } = sighting
    this.#checkout.want(target)
    const outcome = await this.#inTurn(target, () => this.#consider(sighting)).catch((error: unknown) =>
      this.#failed(sighting, error),
    )
    if (outcome.kind !== 'paying' && outcome.kind !== 'opening') this.#checkout.giveUp(target)
    if (
      target.via !== 'navigation' &&
      outcome.kind === 'refused' &&
      outcome.reasons.some(({ code }) => TELLING_REASONS.includes(code))
    )
      await this.#dropAll(await this.#questions.refused(sighting.page))
    return outcome
  }

  #inTurn<T>({ via, tabId }: Target, step: () => Promise<T>): Promise<T> {
    if (via === 'fetch') return step()
    const inOrder = this.#inOrder.get(tabId) ?? createQueue()
    this.#inOrder.set(tabId, inOrder)
    return inOrder(step)
  }

  async #consider(sighting: Sighting): Promise<Outcome> {
    const { obstacle } = this.#services.health
    if (obstacle) return this.#refuse(sighting, null, [because(obstacle)])
    const approval = await this.#questions.takeReopened(sighting)
    const reopened = approval && (await this.#payReopened(sighting, approval))
    if (reopened) return reopened
    const reading = readChallenge(sighting.request, sighting.answer)
    if (!reading.ok) return this.#refuse(sighting, null, [unreadable(reading.problem)])
    const { challenge } = reading
    const open = await this.#joinOpenPurchase(sighting, challenge)
    if (open !== 'none' && open !== 'maybe') return open
    const opened = await this.#openBought(sighting, challenge)
    if (opened) return opened
    const { decision, situation } = await this.#decide(sighting, challenge, {
      approved: false,
      approvedDeposit: null,
      maybePaid: open === 'maybe',
    })
    switch (decision.action) {
      case 'refuse':
        return this.#refuse(sighting, decision.offer?.price ?? null, decision.reasons)
      case 'ask':
        return this.#ask({ sighting, challenge, offer: decision.offer }, decision)
      case 'pay':
        return this.#pay({ sighting, challenge, offer: decision.offer }, { situation, decidedBy: 'rules' }).catch(
          (error: unknown) => {
            // Decided anew, this time with the payee that was faster known, or with what is left in the tab.
            if (error instanceof PayeeChanged || error instanceof TabUsedUp) return this.#consider(sighting)
            throw error
          },
        )
    }
  }

  /**
   * Acts on a person's answer. Everything is decided anew: rules, money and page may have changed since the question.
   * `offer` is the one that they saw. Throws what keeps it from being paid; a locked or missing wallet, trouble with MetaMask, and
   * another offer than was seen leave the question standing.
   */
  async answer(id: string, answer: 'pay' | 'decline' | 'sign_in', remember: boolean, offer: number): Promise<void> {
    const { approvals, tellPage } = this.#services
    const approval = await approvals.take(id)
    if (!approval) throw new TuppenceError('approval_gone')
    const { sighting } = approval
    try {
      if (answer === 'decline') {
        await this.#drop(approval, because('declined'))
        return await this.#dropAll(await this.#questions.refused(sighting.page))
      }
      if (answer === 'pay' && approval.offerIndex !== offer) {
        await approvals.put(approval)
        throw new TuppenceError('offer_changed')
      }
      if (answer === 'sign_in')
        return await this.#signIn(approval).catch((error: unknown) => this.#tell(approval, error))
      if (approval.page === 'closed') return await this.#questions.reopen(approval, remember)
      const outcome = await this.#payApproved(approval).catch((error: unknown) => this.#tell(approval, error))
      await tellPage(sighting, outcome)
      if (outcome.kind === 'paying') return remember ? await this.#remember(outcome.payment) : undefined
      const [reason] = outcome.reasons
      // Who says no there has said no.
      if (reason?.code === 'metamask_rejected') return this.#dropAll(await this.#questions.refused(sighting.page))
      throw new TuppenceError('not_allowed', reason && { ...reason.values, reason: reason.code })
    } finally {
      await approvals.done(id)
      await this.#questions.show()
    }
  }

  /** The page must not wait for what will not come, unless the question stands. Throws the error again. */
  async #tell({ id, sighting }: PendingApproval, error: unknown): Promise<never> {
    const { approvals, tellPage } = this.#services
    if (!approvals.has(id)) await tellPage(sighting, await this.#failed(sighting, error))
    throw error
  }

  /** A person wants to pay another of the site's offers. The question is about that one from then on. Throws `approval_gone`. */
  async choose(id: string, offerIndex: number): Promise<void> {
    const { approvals, announceChange } = this.#services
    const approval = approvals.get(id)
    if (!approval?.others.includes(offerIndex)) throw new TuppenceError('approval_gone')
    const { sighting, others, trouble: _, ...asked } = approval
    const reading = readChallenge(sighting.request, sighting.answer)
    const offer = reading.ok ? reading.challenge.offers[offerIndex] : undefined
    if (!reading.ok || !offer) throw new TuppenceError('offer_changed')
    const reasons = await this.#reasonsFor(approval, { ...reading.challenge, offers: [offer] })
    // It may have been answered, left or withdrawn meanwhile.
    if (approvals.get(id) !== approval) throw new TuppenceError('approval_gone')
    await approvals.put({
      ...asked,
      reasons,
      sighting,
      intent: intentOf(sighting.request, offer),
      offerIndex,
      others: [asked.offerIndex, ...others].filter((index) => index !== offerIndex).sort((a, b) => a - b),
    })
    announceChange()
  }

  /** Why a person is asked when they have chosen this offer: a prepaid tab is opened by some, and not by others. */
  async #reasonsFor({ sighting, reasons }: PendingApproval, challenge: Challenge): Promise<PendingApproval['reasons']> {
    const maybePaid = reasons.some(({ code }) => code === 'maybe_paid')
    const { decision } = await this.#decide(sighting, challenge, { approved: false, approvedDeposit: null, maybePaid })
    return decision.action === 'ask' ? decision.reasons : reasons.filter(({ code }) => code !== 'tab_opens')
  }

  /** Whether a person is being asked about this request of a page. */
  isAsking(tabId: number, marker: string): boolean {
    return this.#questions.isAsking(tabId, marker)
  }

  /** A page no longer waits for its payment. */
  async cancel(tabId: number, marker: string): Promise<void> {
    this.#checkout.cancel(tabId, marker)
    await this.#dropAll(await this.#questions.withdraw(tabId, marker))
  }

  /** A tab shows another document, or is closed: nothing is signed any more for the one before. */
  async left(tabId: number, shown: { documentId: string; url: string } | null, lastWindow: boolean): Promise<void> {
    if (!shown) this.#inOrder.delete(tabId)
    await leaveTab(tabId, shown && pageAddress(shown.url))
    await this.#questions.left(tabId, shown, lastWindow)
  }

  /** Gives up on questions that nobody answered in time. */
  async expireApprovals(): Promise<void> {
    for (const approval of await this.#questions.late()) await this.#drop(approval, because('no_answer'))
    await this.#questions.show()
  }

  /** After a start: forgets questions whose page is gone, and shows how many are left. */
  async restoreApprovals(start: { newSession: boolean }): Promise<void> {
    const interrupted = await this.#services.approvals.open()
    // What came of it is in the ledger. The page must not wait for what nobody does any more.
    for (const approval of interrupted) await this.#drop(approval, because('failed'))
    await this.#questions.restore(start)
    await this.expireApprovals()
  }

  /**
   * This page's same request was paid for before and the outcome is open: the same bytes go out again, and nothing new is
   * signed. Gives `maybe` when it may have been paid but these bytes are not for this page, or of no use any more.
   */
  async #joinOpenPurchase(sighting: Sighting, challenge: Challenge): Promise<Outcome | 'none' | 'maybe'> {
    const purchases = await this.#checkout.openPurchases(sighting)
    if (purchases.length === 0) return 'none'
    const most = sighting.pageMaximum === null ? null : parseUsd(sighting.pageMaximum)
    let maybe = false
    for (const open of purchases) {
      const { state } = await this.#services.reconciler.look(open)
      if (state === 'expired') continue
      // Read after the chain has taken its time.
      if (this.#isBlocked(sighting, challenge)) return 'none'
      const joins = open.page === sighting.page && (most === null || open.price <= most) && state !== 'settled'
      // Where the paid page led back to its own 402, sending it again would lead there again, and again. A page may show the
      // same part twice: one payment brings one of them.
      const isTwin = sighting.target.via === 'part' && this.#checkout.isInFlight(open)
      const underway = joins && !sighting.afterRedirect && !isTwin && (await this.#checkout.resend(open, sighting))
      if (underway) return this.#follow(sighting, underway)
      // Nobody will say more of what is billed by waiting.
      if (joins && !isOnCredit(open) && secondsLeft(open) > -SURELY_OVER)
        return this.#refuse(sighting, open.price, [because('outcome_open', { until: clockTime(open) })])
      maybe = true
    }
    return maybe ? 'maybe' : 'none'
  }

  /** Opens what was bought before, where the user lets the site know the account again. Null where that cannot be done. */
  async #openBought(sighting: Sighting, challenge: Challenge): Promise<Outcome | null> {
    const { signIns, ruleBook } = this.#services
    if (!signsIn(ruleBook.rules, challenge.site, sighting.page, Date.now())) return null
    const bought = await signIns.bought(sighting, challenge)
    if (!bought || (await vaultState()) !== 'unlocked') return null
    try {
      await signIns.open(sighting, bought)
      return { kind: 'opening' }
    } catch (error) {
      // What the site asks to be signed is nothing to sign: then it is a payment like any other.
      if (error instanceof TuppenceError && error.code === 'signing_refused') return null
      throw error
    }
  }

  /** A person wants what they bought before. The question stands while the wallet is locked. */
  async #signIn(approval: PendingApproval): Promise<void> {
    const { approvals, signIns, tellPage } = this.#services
    const { sighting } = approval
    const reading = readChallenge(sighting.request, sighting.answer)
    const bought = reading.ok ? await signIns.bought(sighting, reading.challenge) : null
    if (!bought) throw new TuppenceError('approval_gone')
    if (this.#isBlocked(sighting, bought.challenge)) throw new TuppenceError('not_allowed')
    this.#checkout.want(sighting.target)
    try {
      await signIns.open(sighting, bought)
    } catch (error) {
      if (error instanceof TuppenceError && error.code !== 'page_gone') await approvals.put(approval)
      throw error
    }
    await tellPage(sighting, { kind: 'opening' })
  }

  #isBlocked({ page, agent }: Sighting, { site }: Challenge): boolean {
    const { rules } = this.#services.ruleBook
    const now = Date.now()
    const isSiteBlocked = [site, page].some((origin) => siteRule(rules, origin, now)?.mode === 'block')
    return isSiteBlocked || (agent !== null && agentRule(rules, agent, now)?.mode === 'block')
  }

  async #decide(sighting: Sighting, challenge: Challenge, circumstances: Circumstances) {
    const { balances } = this.#services
    if (challenge.offers.some(({ terms }) => terms?.tab)) await this.#checkout.tabsOpened(challenge.site)
    let situation = await situationOf(this.#services, sighting, challenge, circumstances)
    let decision: Decision = decide(situation)
    if (decision.offer && decision.reasons.some(({ code }) => code === 'insufficient_funds')) {
      // The wallet may just have been topped up.
      const { address } = situation.funds.payer(decision.offer.network)
      if (address !== null) await balances.read(address, decision.offer.asset)
      situation = await situationOf(this.#services, sighting, challenge, circumstances)
      decision = decide(situation)
    }
    return { decision, situation }
  }

  async #ask(purchase: Purchase, decision: Extract<Decision, { action: 'ask' }>): Promise<Outcome> {
    const { sighting, offer } = purchase
    const { target } = sighting
    if (target.via === 'part' && !target.wanted) return this.#refuse(sighting, offer.price, [because('part_unasked')])
    const { reasons } = decision
    const refused = await this.#questions.ask(purchase, decision)
    if (refused) return this.#refuse(sighting, offer.price, [because(refused)])
    await this.#note(sighting, 'waiting', { price: offer.price, reasons })
    await this.#questions.prompt()
    return { kind: 'asked' }
  }

  /** A page that was opened again for its approval. Null when it asks for something else by now. */
  async #payReopened(sighting: Sighting, approval: PendingApproval): Promise<Outcome | null> {
    try {
      const outcome = await this.#payApproved({ ...approval, sighting, page: 'open' })
      const remember = typeof approval.page === 'object' && approval.page.remember
      if (outcome.kind === 'paying' && remember) await this.#remember(outcome.payment)
      return outcome
    } catch (error) {
      if (this.#services.approvals.has(approval.id)) {
        await this.#questions.prompt()
        return { kind: 'asked' }
      }
      if (error instanceof TuppenceError && error.code === 'offer_changed') return null
      throw error
    }
  }

  /** From now on the site is paid up to this price without asking. */
  #remember({ site, page, price, tab, network, asset: address }: Payment): Promise<void> {
    const asset = findAsset(network, address)
    // A deposit is no price: each is asked about by itself.
    return this.#services.ruleBook.allow(site, page, tab && asset ? priceOf({ units: tab.units, asset }) : price)
  }

  async #payApproved(approval: PendingApproval): Promise<Exclude<Outcome, { kind: 'asked' | 'opening' }>> {
    const { approvals, interceptor } = this.#services
    const { sighting } = approval
    const { target, request } = sighting
    this.#checkout.want(target)
    if (!(await interceptor.isShowing(target, target.via === 'navigation' ? request.url : undefined)))
      throw new TuppenceError('page_gone')
    const reading = readChallenge(request, sighting.answer)
    const offer = reading.ok ? reading.challenge.offers[approval.offerIndex] : undefined
    if (!reading.ok || !offer || !isPayable(offer) || intentOf(request, offer) !== approval.intent)
      throw new TuppenceError('offer_changed')
    // Only what the person saw can be picked.
    const challenge = { ...reading.challenge, offers: [offer] }
    const { decision, situation } = await this.#decide(sighting, challenge, {
      approved: true,
      approvedDeposit: depositIn(approval),
      maybePaid: false,
    })
    // A deposit that nobody saw the figures of: another payment has used up what was in the tab.
    if (decision.reasons.some(({ code }) => code === 'tab_opens')) throw new TuppenceError('offer_changed')
    if (decision.action === 'ask') {
      if (await interceptor.isShowing(target)) await approvals.put(approval)
      const missing = decision.reasons.some(({ code }) => code === 'wallet_missing')
      throw new TuppenceError(missing ? 'wallet_missing' : 'wallet_locked')
    }
    if (decision.action === 'refuse') return this.#refuse(sighting, offer.price, decision.reasons)
    return this.#pay({ sighting, challenge, offer }, { situation, decidedBy: 'user' }).catch(async (error: unknown) => {
      if (error instanceof TabUsedUp) throw new TuppenceError('offer_changed')
      const mendable = error instanceof TuppenceError && MENDABLE.includes(error.code)
      const waits = approval.expiresAt > Date.now() && this.#checkout.isWanted(target)
      if (mendable && waits && (await interceptor.isShowing(target))) {
        await approvals.put({ ...approval, trouble: { code: error.code, values: error.values } })
        // MetaMask's window has closed ours.
        await this.#questions.prompt()
      }
      throw error
    })
  }

  async #pay(
    purchase: Purchase,
    { situation, decidedBy }: { situation: Situation; decidedBy: 'rules' | 'user' },
  ): Promise<Exclude<Outcome, { kind: 'asked' | 'opening' }>> {
    const { sighting, challenge, offer } = purchase
    const { rules } = situation
    const { obstacle } = this.#services.health
    if (obstacle) return this.#refuse(sighting, offer.price, [because(obstacle)])
    const behind = decidedBy === 'user' || paysBehind(rules, challenge.site, sighting, Date.now())
    const confirm = (reserved: Payment) => this.#confirm(purchase, rules, reserved)
    try {
      const underway = await this.#checkout.pay({
        ...purchase,
        outlay: outlayOf(situation, offer),
        rules: () => this.#services.ruleBook.rules,
        balance: (from) => this.#services.balances.remembered(from, offer.asset),
        decidedBy,
        behind,
        confirm,
      })
      return this.#follow(sighting, underway)
    } catch (error) {
      // Between the decision and the reservation, another payment took what was left of a limit.
      if (error instanceof LimitReached) return this.#refuse(sighting, offer.price, [error.reason])
      if (error instanceof TuppenceError && error.code === 'metamask_rejected')
        return this.#refuse(sighting, offer.price, [because('metamask_rejected')])
      if (error instanceof NoLongerAllowed) return this.#refuse(sighting, offer.price, error.reasons)
      throw error
    }
  }

  /** Throws `NoLongerAllowed` when the rules have changed since the decision, and would not give the same one now. */
  async #confirm({ sighting, challenge, offer }: Purchase, decidedUnder: Rules, reserved: Payment): Promise<void> {
    const { health, ruleBook } = this.#services
    if (health.obstacle) throw new NoLongerAllowed([because(health.obstacle)])
    if (ruleBook.rules === decidedUnder) return
    const decision = decide(
      await situationOf(
        this.#services,
        sighting,
        { ...challenge, offers: [offer] },
        {
          approved: reserved.decidedBy === 'user',
          approvedDeposit: reserved.tab?.does === 'open' ? reserved.units : null,
          // An answered question is not asked again; for the rules, it was none.
          maybePaid: false,
          reserved,
        },
      ),
    )
    if (decision.action === 'refuse') throw new NoLongerAllowed(decision.reasons)
    if (decision.action === 'ask') throw new NoLongerAllowed([because('rules_changed')])
  }

  #follow(sighting: Sighting, { payment: paying, answered }: Underway): Extract<Outcome, { kind: 'paying' }> {
    const follow = async () => {
      const payment = await answered
      const delivered = isDelivered(payment)
      await this.#note(sighting, delivered ? 'paid' : 'not_paid', { price: payment.price, reasons: [], payment })
      if (delivered && payment.tab?.does === 'open') await this.#askNoMore(payment)
      await this.#services.reconciler.follow(payment)
    }
    follow().catch((error: unknown) => {
      // biome-ignore lint/suspicious/noConsole: the books could not be written; the next start finds the payment as it was
      console.error(error)
    })
    return { kind: 'paying', payment: paying }
  }

  /** A prepaid tab is open now. Who asked for one at the same site meanwhile is paid from it, or asked something else. */
  async #askNoMore({ site, page }: Payment): Promise<void> {
    const { approvals, tellPage } = this.#services
    const waiting = await approvals.takeWhere(
      ({ sighting, reasons, page: place }) =>
        place === 'open' &&
        sighting.page === page &&
        new URL(sighting.request.url).origin === site &&
        reasons.some(({ code }) => code === 'tab_opens'),
    )
    await Promise.all(
      waiting.map(async ({ sighting }) => {
        const outcome = await this.consider(sighting)
        if (outcome.kind !== 'asked') await tellPage(sighting, outcome)
      }),
    )
    await this.#questions.show()
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
    const { code, values } =
      error instanceof TuppenceError ? { code: failureOf(error), values: error.values } : { code: undefined }
    // biome-ignore lint/suspicious/noConsole: a defect; the user is told that it failed, the extension's own log why
    if (!code) console.error(error)
    return this.#refuse(sighting, null, [code ? because(code, values) : because('failed')])
  }

  /** A question ends without a payment: the page keeps its 402. */
  async #drop({ sighting }: PendingApproval, reason: Reason<RefuseReason>): Promise<void> {
    await this.#services.tellPage(sighting, await this.#refuse(sighting, null, [reason]))
  }

  /** What else a page asked for when it was silenced. */
  async #dropAll(approvals: readonly PendingApproval[]): Promise<void> {
    for (const approval of approvals) await this.#drop(approval, because('silenced'))
  }

  async #note(
    { target: { tabId, via }, page, pageUrl }: Sighting,
    state: 'waiting' | 'paid' | 'not_paid',
    { price, reasons, payment }: { price: bigint | null; reasons: readonly Reason[]; payment?: Payment },
  ): Promise<void> {
    // A note is the page's; its parts are told of where they are asked for.
    if (via === 'part') return this.#services.announceChange()
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

/** The deposit of which the question told its person, in units. */
function depositIn({ reasons }: PendingApproval): bigint | null {
  const units = reasons.find(({ code }) => code === 'tab_opens')?.values.units
  return units === undefined ? null : BigInt(units)
}

/** Many sites answer 402 and leave it at that. */
const unreadable = (problem: ChallengeProblem): Reason<RefuseReason> =>
  problem === 'no_challenge' ? because('says_nothing') : because('unreadable', { problem })

const failureOf = ({ code }: TuppenceError): RefuseReason | undefined =>
  MENDABLE.includes(code) ? 'metamask_failed' : FAILURES[code]

/** When an authorization ends, as a clock shows it to the user. */
const clockTime = ({ authorization }: Payment): string =>
  new Date(((authorization?.validBefore ?? 0) + SURELY_OVER) * 1000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
  })
