import { intentOf, requestKey } from '@/lib/challenge/intent'
import { findHeader } from '@/lib/challenge/read'
import { readReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PaidAnswer, PreparedRepeat } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import { limitsFor } from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import type { Interlock } from '@/lib/queue'
import { payExactEvm } from '@/lib/rails/exact-evm'
import type { Cleared } from '@/lib/wallet/gate'
import { signerFor } from '@/lib/wallet/signer'
import { vaultAddress } from '@/lib/wallet/vault'
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
  /** Whether it may be paid although nobody looks at the tab. */
  readonly behind: boolean
  /** Asked once more, right before the signature; throws what speaks against it now. */
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
   * `page_gone`, `wallet_locked`, `signing_refused`, `url_not_matchable`, and what `confirm` throws; whatever happens before
   * a signature gives the budget back.
   */
  async pay({ sighting, challenge, offer, decidedBy, rules, behind, confirm }: Order): Promise<Underway> {
    const { request, target, agent } = sighting
    const { asset, units, price, payTo } = offer
    const from = await vaultAddress()
    if (!from) throw new TuppenceError('wallet_missing')
    const repeat = await this.#interceptor.prepare({ ...target, url: request.url, method: request.method })
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
    )
    const { id } = reserved
    this.#inFlight.set(id, tabOf(target))
    try {
      const validSeconds = Math.min(offer.maxTimeoutSeconds, VALID_SECONDS[decidedBy])
      const latestValidBefore = Math.floor(Date.now() / 1000) + validSeconds + 1
      const expected = { asset, units, from, to: payTo, latestValidBefore }
      const record = async (cleared: Cleared) => {
        await this.#assertWanted(sighting, behind)
        await confirm(reserved)
        await this.#ledger.sign(id, cleared)
      }
      const credential = await this.#signing.step((signal) =>
        payExactEvm(challenge, offer, signerFor(expected, record, signal), validSeconds),
      )
      return await this.#repeat(await this.#ledger.send(id, credential), repeat, target)
    } catch (error) {
      this.#inFlight.delete(id)
      if ((await this.#ledger.get(id))?.state === 'reserved') await this.#ledger.release(id)
      throw error
    }
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
    const waiting = target.via === 'navigation' || this.#wanted.has(target.marker)
    if (!showing || !active || !waiting) throw new TuppenceError('page_gone')
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

const tabOf = (target: Target): number | null => (target.via === 'navigation' ? target.tabId : null)

/** Until an authorization is worthless. */
export const secondsLeft = ({ authorization }: Payment): number =>
  (authorization?.validBefore ?? 0) - Math.floor(Date.now() / 1000)
