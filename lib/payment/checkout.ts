import type { Hex } from 'viem'
import { lifetimeOn } from '@/lib/chain/solana'
import { intentOf, requestKey } from '@/lib/challenge/intent'
import { findHeader } from '@/lib/challenge/read'
import { readReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PaidAnswer, PreparedRepeat } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Authorization, Payment } from '@/lib/ledger/payment'
import { findNetwork } from '@/lib/money/networks'
import type { Payer } from '@/lib/policy/decide'
import { limitsFor } from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import { createQueue, type Interlock } from '@/lib/queue'
import type { Lifetime } from '@/lib/wallet/gate-svm'
import * as metamask from '@/lib/wallet/metamask'
import { payerFor } from '@/lib/wallet/payer'
import { credentialFor } from './credential'
import { keepAwake } from './keep-awake'
import type { Purchase, Sighting, Target } from './sighting'

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
    return target.via === 'navigation' || this.#wanted.has(target.marker)
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
   * Pays for a purchase that was decided on. Throws `LimitReached` or `PayeeChanged` when another payment was faster,
   * `insufficient_balance` when it or a withdrawal took the money, `page_gone`, `wallet_locked`, `signing_refused`,
   * `url_not_matchable`, `rpc_needed`, `rpc_silent`, what MetaMask throws, and what `confirm` throws; whatever happens before a
   * signature gives the budget back.
   */
  async pay(order: Order): Promise<Underway> {
    const { challenge, offer, decidedBy } = order
    const payer = await payerFor(offer.network, challenge.site)
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
    const { asset, units, price, payTo } = offer
    const { address: from } = payer
    if (from === null) throw new TuppenceError('wallet_missing')
    const repeat = await this.#interceptor.prepare({ ...target, url: request.url, method: request.method })
    // Asked for before anything is held: it takes its time, and may fail.
    const lifetime = asset.family === 'svm' ? await lifetimeOn(asset.network) : null
    const budget = decidedBy === 'rules' ? agent : null
    const reserved = await this.#ledger.reserve(
      {
        request: requestKey(request),
        intent: intentOf(request, offer),
        site: challenge.site,
        page: sighting.page,
        url: request.url,
        method: request.method,
        description: challenge.description,
        reason: sighting.reason,
        network: asset.network,
        asset: asset.address,
        units,
        price,
        payTo,
        from,
        decidedBy,
        agent,
      },
      ({ now }) =>
        limitsFor(rules(), { network: offer.network, site: challenge.site, page: sighting.page, agent: budget }, now),
      () => order.balance(from),
    )
    const { id } = reserved
    this.#inFlight.set(id, tabOf(target))
    try {
      const signed = await (payer.signer === 'metamask'
        ? this.#signByMetaMask(order, reserved, payer)
        : this.#signByVault(order, reserved, payer, lifetime))
      return await this.#repeat(signed, repeat, target)
    } catch (error) {
      this.#inFlight.delete(id)
      await this.#giveBack(id, payer, error)
      throw error
    }
  }

  /** Signs and keeps the bytes. What changes meanwhile waits for the signature, or comes before it. */
  async #signByVault(order: Order, reserved: Payment, payer: Payer, lifetime: Lifetime | null): Promise<Payment> {
    const record = (cleared: Authorization) => this.#record(order, reserved, payer, cleared)
    const credential = await this.#signing.step((signal) =>
      credentialFor({ ...commission(order, reserved), lifetime, signer: 'vault', record, signal }),
    )
    return this.#ledger.send(reserved.id, credential)
  }

  /**
   * The same by MetaMask, where a person takes their time. No change waits for that: whatever has changed once it is signed
   * counts as well, and what is no longer allowed then, wanted or in time is never sent.
   */
  async #signByMetaMask(order: Order, reserved: Payment, payer: Payer): Promise<Payment> {
    const record = (cleared: Authorization) => this.#signing.step(() => this.#record(order, reserved, payer, cleared))
    const credential = await keepAwake(credentialFor({ ...commission(order, reserved), signer: 'metamask', record }))
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
    const { sighting, behind, confirm } = order
    await assertPays(payer, reserved)
    await this.#assertWanted(sighting, behind)
    await confirm(reserved)
    await this.#ledger.sign(reserved.id, cleared)
  }

  /** It was not sent. What cannot have been signed is free again; what may have been stays held until the chain has spoken. */
  async #giveBack(id: string, { signer }: Payer, error: unknown): Promise<void> {
    const state = (await this.#ledger.get(id))?.state
    if (state === 'reserved') await this.#ledger.release(id)
    // Bytes that the vault made are looked for by whoever asks again. Those that MetaMask made are gone for good.
    if (state !== 'signed' || signer !== 'metamask') return
    const nothingSigned = error instanceof TuppenceError && error.code === 'metamask_rejected'
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

  /** Sends an open purchase's bytes again. Null when they have too little time left, or were never made. */
  async resend(payment: Payment, { request, target }: Sighting): Promise<Underway | null> {
    if (!payment.credential || secondsLeft(payment) < LEAST_LEFT) return null
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

  async #watch({ id }: Payment, answered: Promise<PaidAnswer>, target: Target): Promise<Payment> {
    try {
      const { status, headers, whole } = await answered
      const payment = await this.#ledger.answer(id, status, readReceipt(findHeader(headers, 'payment-response')))
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

const commission = ({ challenge, offer, decidedBy }: Order, { from }: Payment) => ({
  challenge,
  offer,
  from,
  validSeconds: Math.min(offer.maxTimeoutSeconds, VALID_SECONDS[decidedBy]),
})

/** Another account, or MetaMask, may have been chosen to pay since the payment was begun. Throws `not_allowed` then. */
async function assertPays({ signer, address }: Payer, { network, site }: Payment): Promise<void> {
  const now = await payerFor(network, site)
  if (now.signer !== signer || now.address !== address) throw new TuppenceError('not_allowed')
}

const tabOf = (target: Target): number | null => (target.via === 'navigation' ? target.tabId : null)

/** Until an authorization is worthless. */
export const secondsLeft = ({ authorization }: Payment): number =>
  (authorization?.validBefore ?? 0) - Math.floor(Date.now() / 1000)
