import type { Hex } from 'viem'
import { dialectOf } from '@/lib/challenge/dialects'
import { intentOf, requestKey } from '@/lib/challenge/intent'
import { signedOfferFor } from '@/lib/challenge/offer-receipt'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PaidAnswer, PreparedRepeat } from '@/lib/intercept/interceptor'
import type { TabDraft } from '@/lib/ledger/channel'
import { TabUsedUp } from '@/lib/ledger/channels'
import type { Ledger } from '@/lib/ledger/ledger'
import { type Allowance, type Authorization, isDrawn, type Payment } from '@/lib/ledger/payment'
import { findNetwork, isOnCredit } from '@/lib/money/networks'
import type { Outlay, Payer } from '@/lib/policy/decide'
import { limitsFor } from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import { createQueue, type Interlock } from '@/lib/queue'
import type { Draw, Pay } from '@/lib/rails/rail'
import { railOf } from '@/lib/rails/rails'
import * as metamask from '@/lib/wallet/metamask'
import { payerFor } from '@/lib/wallet/payer'
import { credentialFor } from './credential'
import { keepAwake } from './keep-awake'
import { merchantWords, type Purchase, type Sighting, type Target } from './sighting'
import { countIn, drawOf, newTab, wantedTab } from './tab-draw'

/** How long an authorization may last, in seconds: what nobody watched must be worthless soon. */
const VALID_SECONDS = { rules: 120, user: 600 } as const
/** With less time left than this, bytes are not sent: they could expire on the way. In seconds. */
const LEAST_LEFT = 20

/** A repetition that went out with a payment. */
export interface Underway {
  readonly payment: Payment
  /** Resolves with the payment once its answer is noted. */
  readonly answered: Promise<Payment>
}

/** What was decided on, by whom, and under which rules. */
export interface Order extends Purchase {
  readonly decidedBy: 'rules' | 'user'
  /** What it takes out of the wallet, where that is not its price. */
  readonly outlay?: Outlay
  /** The rules in force at the moment that it is called: stricter ones than were decided under hold from the reservation on. */
  readonly rules: () => Rules
  /** What is remembered to be in an account, in units of the offer's token; null when nothing is. */
  readonly balance: (from: string) => bigint | null
  /** Whether it may be paid although nobody looks at the tab. */
  readonly behind: boolean
  /**
   * Asked once more, right before the signature, and after it where that may have taken minutes; throws what speaks against it
   * now.
   */
  readonly confirm: (reserved: Payment) => Promise<void>
}

/** The second half of the way: reserve, sign, repeat, watch the answer. */
export class Checkout {
  readonly #ledger: Ledger
  readonly #interceptor: Interceptor
  /** Holds changes of rules and locks back while a signature is made. */
  readonly #signing: Interlock
  /** Payments whose answer is awaited, with the tab that loads a page for it (null for a page's request). */
  readonly #inFlight = new Map<string, number | null>()
  /** MetaMask shows one question at a time: what waits behind it must not grow old meanwhile. */
  readonly #atMetaMask = createQueue()
  /** Of what only one payment of an account can draw on at a time, the latest one: the next one waits for its answer. */
  readonly #latest = new Map<string, Promise<unknown>>()
  /** Sites at which a prepaid tab is being opened, until that is answered. */
  readonly #opening = new Map<string, Promise<unknown>>()
  /** Markers of page requests whose page waits for the outcome. */
  readonly #wanted = new Set<string>()

  constructor(ledger: Ledger, interceptor: Interceptor, signing: Interlock) {
    this.#ledger = ledger
    this.#interceptor = interceptor
    this.#signing = signing
  }

  /** A page's request is wanted from when it is considered until it is refused, answered, or given up by its page. */
  want(target: Target): void {
    if (target.via === 'fetch') this.#wanted.add(target.marker)
  }

  /** Whether somebody still waits for it. */
  isWanted(target: Target): boolean {
    return target.via !== 'fetch' || this.#wanted.has(target.marker)
  }

  /** Whether a payment's answer is still awaited. */
  isInFlight({ id }: Payment): boolean {
    return this.#inFlight.has(id)
  }

  giveUp(target: Target): void {
    if (target.via === 'fetch') this.cancel(target.tabId, target.marker)
  }

  /** The page gave up: what is not signed yet will not be, and what is ready to go stays. */
  cancel(tabId: number, marker: string): void {
    this.#wanted.delete(marker)
    this.#interceptor.abandon(tabId, marker)
  }

  /**
   * Pays for a purchase that was decided on. Throws `LimitReached`, `PayeeChanged` or `TabUsedUp` when another payment was faster,
   * `insufficient_balance` when it or a withdrawal took the money, `page_gone`, `wallet_locked`, `signing_refused`,
   * `url_not_matchable`, `rpc_needed`, `rpc_silent`, what MetaMask throws, and what `confirm` throws; whatever happens before a
   * signature gives the budget back.
   */
  async pay(order: Order): Promise<Underway> {
    const { challenge, offer } = order
    const payer = await payerFor(offer.network, challenge.site)
    if (offer.terms.tab) {
      const paying = this.#inTurn(challenge.site, payer.address, () => this.#pay(order, payer))
      if (order.outlay?.tab === 'open') this.#noteOpening(challenge.site, paying)
      return paying
    }
    const shared = railOf(offer.terms).shares?.(offer) ?? null
    const begin = () => this.#payBy(payer, order)
    return shared === null ? begin() : this.#inTurn(shared, payer.address, begin)
  }

  async #payBy(payer: Payer, order: Order): Promise<Underway> {
    const { offer, decidedBy } = order
    if (payer.signer === 'vault') return this.#pay(order, payer)
    // It was chosen since the decision, which was made for a payer that signs by itself.
    if (decidedBy === 'rules') throw new TuppenceError('not_allowed')
    return this.#atMetaMask(async () => {
      const network = findNetwork(offer.network)
      if (network?.family !== 'evm') throw new TuppenceError('internal')
      // What takes a person's time before the signature takes nothing of the time that the signature has.
      await keepAwake(metamask.prepare(payer.address as Hex, network))
      return this.#pay(order, payer)
    })
  }

  async #pay(order: Order, payer: Payer): Promise<Underway> {
    const { sighting, challenge, offer, decidedBy, rules } = order
    const { request, target, agent } = sighting
    const { asset, payTo, terms } = offer
    const { address: from } = payer
    if (from === null) throw new TuppenceError('wallet_missing')
    // No rule agrees to a deposit. A tab's vouchers are signed by the wallet alone.
    if (terms.tab && (payer.signer !== 'vault' || (order.outlay?.tab === 'open' && decidedBy === 'rules')))
      throw new TuppenceError('not_allowed')
    const tab = await this.#tabFor(order, from)
    // What is paid from a tab is shown at its price, and what opens one at its deposit.
    const { units, price } = tab?.does === 'open' && order.outlay ? order.outlay : offer
    const repeat = await this.#interceptor.prepare({ ...target, url: request.url, method: request.method })
    // Asked for before anything is held: it takes its time, and may fail.
    const pay = await railOf(terms).prepare({ offer, terms, from })
    const budget = decidedBy === 'rules' ? agent : null
    const signedOffer = signedOfferFor(offer)
    const reserved = await this.#ledger.reserve(
      {
        request: requestKey(request),
        intent: intentOf(request, offer),
        site: challenge.site,
        page: sighting.page,
        url: request.url,
        method: request.method,
        description: merchantWords(sighting, challenge),
        reason: sighting.reason,
        dialect: offer.dialect,
        rail: terms.rail,
        network: asset.network,
        asset: asset.address,
        units,
        price,
        payTo,
        from,
        decidedBy,
        agent,
        ...(signedOffer && { signedOffer }),
      },
      ({ now }) =>
        limitsFor(rules(), { network: offer.network, site: challenge.site, page: sighting.page, agent: budget }, now),
      () => order.balance(from),
      tab,
    )
    const { id } = reserved
    const draw = tab && reserved.tab ? drawOf(tab.channel, tab.does, reserved.tab.ceiling) : undefined
    this.#inFlight.set(id, tabOf(target))
    try {
      const signed = await (payer.signer === 'metamask'
        ? this.#signByMetaMask(order, pay, reserved, payer)
        : this.#signByVault(order, pay, reserved, payer, draw))
      return await this.#repeat(signed, repeat, target)
    } catch (error) {
      this.#inFlight.delete(id)
      await this.#giveBack(id, payer, error)
      throw error
    }
  }

  #noteOpening(site: string, paying: Promise<Underway>): void {
    const opening = paying
      .then(({ answered }) => answered)
      .catch(() => undefined)
      .finally(() => {
        if (this.#opening.get(site) === opening) this.#opening.delete(site)
      })
    this.#opening.set(site, opening)
  }

  /** Resolves once no prepaid tab is being opened at a site: what is decided then knows of it. */
  async tabsOpened(site: string): Promise<void> {
    await this.#opening.get(site)
  }

  /** The prepaid tab that pays for it, or that it opens. Null for what is paid otherwise. Throws `TabUsedUp`. */
  async #tabFor({ challenge, offer, outlay }: Order, from: string): Promise<TabDraft | null> {
    const wanted = wantedTab(challenge.site, offer, from)
    if (!wanted) return null
    const { units } = offer
    if (outlay?.tab === 'open') return { does: 'open', channel: newTab(wanted, offer), units }
    const channel = await this.#ledger.channels.payingFor(wanted, units)
    if (!channel) throw new TabUsedUp()
    return { does: 'spend', channel, units }
  }

  /**
   * What one voucher says depends on what the site has charged for the one before, and what a signed allowance says on the token's
   * count of them: they go one after another, each once the last one is answered.
   */
  async #inTurn<U extends Underway | null>(
    shared: string,
    account: string | null,
    begin: () => Promise<U>,
  ): Promise<U> {
    const key = `${account?.toLowerCase()} ${shared}`
    const before = this.#latest.get(key)
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    this.#latest.set(key, over)
    await before
    try {
      const underway = await begin()
      const answered = underway?.answered ?? Promise.resolve()
      answered.catch(() => undefined).finally(end)
      return underway
    } catch (error) {
      end()
      throw error
    }
  }

  /** Signs and keeps the bytes. What changes meanwhile waits for the signature, or comes before it. */
  async #signByVault(order: Order, pay: Pay, reserved: Payment, payer: Payer, draw?: Draw): Promise<Payment> {
    const record = (cleared: Authorization) => this.#record(order, reserved, payer, cleared)
    const allow = (allowance: Allowance) => this.#allow(order, reserved, payer, allowance)
    const credential = await this.#signing.step((signal) =>
      credentialFor(pay, { ...commission(order), signer: 'vault', draw, record, allow, signal }),
    )
    return this.#ledger.send(reserved.id, credential)
  }

  /**
   * The same by MetaMask, where a person takes their time. No change waits for that: whatever has changed once it is signed
   * counts as well, and what is no longer allowed then, wanted or in time is never sent.
   */
  async #signByMetaMask(order: Order, pay: Pay, reserved: Payment, payer: Payer): Promise<Payment> {
    const record = (cleared: Authorization) => this.#signing.step(() => this.#record(order, reserved, payer, cleared))
    const allow = (allowance: Allowance) => this.#signing.step(() => this.#allow(order, reserved, payer, allowance))
    const { signal: untimed } = new AbortController()
    const credential = await keepAwake(
      credentialFor(pay, { ...commission(order), signer: 'metamask', record, allow, signal: untimed }),
    )
    return this.#signing.step(async (signal) => {
      const signed = await this.#ledger.get(reserved.id)
      if (!signed || secondsLeft(signed) < LEAST_LEFT) throw new TuppenceError('metamask_late')
      await assertPays(payer, reserved)
      await this.#assertWanted(order.sighting, order.behind)
      await order.confirm(reserved)
      signal.throwIfAborted()
      return this.#ledger.send(reserved.id, credential)
    })
  }

  /** The last look before a signature, and the note of what will be signed. */
  async #record(order: Order, reserved: Payment, payer: Payer, cleared: Authorization): Promise<void> {
    await this.#lookOnce(order, reserved, payer)
    await this.#ledger.sign(reserved.id, cleared)
  }

  /** The same for an allowance that goes along with it. */
  async #allow(order: Order, reserved: Payment, payer: Payer, allowance: Allowance): Promise<void> {
    await this.#lookOnce(order, reserved, payer)
    await this.#ledger.allow(reserved.id, allowance)
  }

  async #lookOnce({ sighting, behind, confirm }: Order, reserved: Payment, payer: Payer): Promise<void> {
    await assertPays(payer, reserved)
    await this.#assertWanted(sighting, behind)
    await confirm(reserved)
  }

  /** It was not sent. What cannot have been signed is free again; what may have been stays held until the chain has spoken. */
  async #giveBack(id: string, { signer }: Payer, error: unknown): Promise<void> {
    const payment = await this.#ledger.get(id)
    const { state, allowance } = payment ?? {}
    if (state === 'reserved') await this.#ledger.release(id)
    // What was not kept cannot be sent, and what was not sent is on no bill.
    if (state === 'signed' && payment && isOnCredit(payment)) await this.#ledger.expire(id)
    // A voucher that nobody has is none, and the tab keeps count of it all the same.
    if (state === 'signed' && payment && isDrawn(payment)) await this.#ledger.unsigned(id)
    // Bytes that the vault made are looked for by whoever asks again. Those that MetaMask made are gone for good.
    if (state !== 'signed' || signer !== 'metamask') return
    // Who says no to the allowance has signed the payment before it.
    const nothingSigned = error instanceof TuppenceError && error.code === 'metamask_rejected' && !allowance
    await (nothingSigned ? this.#ledger.unsigned(id) : this.#ledger.unsent(id))
  }

  /**
   * The purchases of this request whose outcome is open. Those under way are purchases of their own, except that a tab
   * which loads a page again while that page is being paid for wants the same thing.
   */
  async openPurchases({ request, target }: Sighting): Promise<Payment[]> {
    const open = await this.#ledger.openPurchases(requestKey(request))
    return open.filter(({ id }) => !this.#inFlight.has(id) || this.#inFlight.get(id) === (tabOf(target) ?? undefined))
  }

  /**
   * Sends an open purchase's bytes again. Null when they have too little time left, or were never made, and for what is billed:
   * there, whoever checks a signature keeps no account of those that came before, and every one that is good is a charge.
   */
  async resend(payment: Payment, sighting: Sighting): Promise<Underway | null> {
    const { id, site, from, tab } = payment
    if (!tab) return this.#resend(payment, sighting)
    return this.#inTurn(site, from, async () => {
      // The answer to another payment from this tab may have told what became of this one.
      const latest = await this.#ledger.get(id)
      return latest?.open ? this.#resend(latest, sighting) : null
    })
  }

  async #resend(payment: Payment, { request, target }: Sighting): Promise<Underway | null> {
    if (!payment.credential || isOnCredit(payment) || secondsLeft(payment) < LEAST_LEFT) return null
    const repeat = await this.#interceptor.prepare({ ...target, url: request.url, method: request.method })
    this.#inFlight.set(payment.id, tabOf(target))
    try {
      return await this.#repeat(await this.#ledger.resend(payment.id), repeat, target)
    } catch (error) {
      this.#inFlight.delete(payment.id)
      throw error
    }
  }

  /** The last look before a signature: somebody must still be there to get what is paid for. */
  async #assertWanted({ request, target }: Sighting, behind: boolean): Promise<void> {
    const [showing, active] = await Promise.all([
      this.#interceptor.isShowing(target, target.via === 'navigation' ? request.url : undefined),
      behind || this.#interceptor.isActive(target.tabId),
    ])
    if (!showing || !active || !this.isWanted(target)) throw new TuppenceError('page_gone')
  }

  async #repeat(payment: Payment, repeat: PreparedRepeat, target: Target): Promise<Underway> {
    const { id, credential, authorization } = payment
    if (!credential || !authorization) throw new TuppenceError('internal')
    try {
      const { answered } = await repeat.send(credential, authorization.validBefore * 1000)
      return { payment, answered: keepAwake(this.#watch(payment, answered, target)) }
    } catch (error) {
      // Whether it went out is not known: the same bytes may go once more, and no others.
      await this.#ledger.answer(id, 0, null)
      throw error
    }
  }

  async #watch(sent: Payment, answered: Promise<PaidAnswer>, target: Target): Promise<Payment> {
    const { id, dialect } = sent
    try {
      const { status, headers, whole } = await answered
      const receipt = dialectOf(dialect).payment?.receipt(headers) ?? null
      const payment = await this.#ledger.answer(id, status, receipt, countIn(sent, status, headers, receipt))
      whole
        .then((all) => (all ? payment : this.#ledger.cutShort(id)))
        // biome-ignore lint/suspicious/noConsole: nobody waits for it; the payment stands as it was answered
        .catch((error: unknown) => console.error(error))
      return payment
    } finally {
      this.#inFlight.delete(id)
      if (target.via === 'fetch') this.#wanted.delete(target.marker)
    }
  }
}

const commission = ({ sighting, offer, decidedBy }: Order) => ({
  offer,
  request: sighting.request,
  validSeconds: Math.min(offer.maxTimeoutSeconds, VALID_SECONDS[decidedBy]),
})

/** Another account, or MetaMask, may have been chosen to pay since the payment was begun. Throws `not_allowed` then. */
async function assertPays({ signer, address }: Payer, { network, site }: Payment): Promise<void> {
  const now = await payerFor(network, site)
  if (now.signer !== signer || now.address !== address) throw new TuppenceError('not_allowed')
}

const tabOf = (target: Target): number | null => (target.via === 'fetch' ? null : target.tabId)

/** Until an authorization is worthless. */
export const secondsLeft = ({ authorization }: Payment): number =>
  (authorization?.validBefore ?? 0) - Math.floor(Date.now() / 1000)
