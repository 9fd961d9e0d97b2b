import { intentOf, requestKey } from '@/lib/challenge/intent'
import { findHeader } from '@/lib/challenge/read'
import { readReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, Repeat } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import { realmOf } from '@/lib/money/networks'
import { limitsFor } from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import { payExactEvm } from '@/lib/rails/exact-evm'
import { signerFor } from '@/lib/wallet/signer'
import { vaultAddress } from '@/lib/wallet/vault'
import { keepAwake } from './keep-awake'
import type { Purchase, Target } from './sighting'

/** How long an authorization may last, in seconds: what nobody watched must be worthless soon. */
const VALID_SECONDS = { rules: 120, user: 600 } as const
/** With less time left than this, bytes are not sent: they could expire on the way. In seconds. */
const LEAST_LEFT = 20

/** A repetition that went out with a payment. */
export interface Underway {
  readonly payment: Payment
  /** The marker of the page's request that will carry it; null for a page load. */
  readonly marker: string | null
  /** Resolves with the payment once its answer is noted. */
  readonly answered: Promise<Payment>
}

/** The second half of the way: reserve, sign, repeat, watch the answer. */
export class Checkout {
  readonly #ledger: Ledger
  readonly #interceptor: Interceptor
  readonly #inFlight = new Set<string>()

  constructor(ledger: Ledger, interceptor: Interceptor) {
    this.#ledger = ledger
    this.#interceptor = interceptor
  }

  /**
   * Pays for a purchase that was decided on. Throws `LimitReached` when another payment was faster, `wallet_locked`,
   * `signing_refused`, `url_not_matchable`; whatever happens before a signature gives the budget back.
   */
  async pay({ sighting, challenge, offer }: Purchase, rules: Rules, decidedBy: 'rules' | 'user'): Promise<Underway> {
    const { request, target } = sighting
    const { asset, units, price, payTo } = offer
    const from = await vaultAddress()
    if (!from) throw new TuppenceError('wallet_missing')
    const { id } = await this.#ledger.reserve(
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
      },
      (day) => limitsFor(rules, challenge.site, realmOf(offer.network), day),
    )
    this.#inFlight.add(id)
    try {
      const validSeconds = Math.min(offer.maxTimeoutSeconds, VALID_SECONDS[decidedBy])
      const latestValidBefore = Math.floor(Date.now() / 1000) + validSeconds + 1
      const signer = signerFor({ asset, units, from, to: payTo, latestValidBefore }, (cleared) =>
        this.#ledger.sign(id, cleared),
      )
      const credential = await payExactEvm(challenge, offer, signer, validSeconds)
      return await this.#repeat(await this.#ledger.send(id, credential), request.url, target)
    } catch (error) {
      this.#inFlight.delete(id)
      if ((await this.#ledger.get(id))?.state === 'reserved') await this.#ledger.release(id)
      throw error
    }
  }

  /** The purchases of this request whose outcome is open, those that are under way right now left out. */
  async openPurchases({ request }: Purchase['sighting']): Promise<Payment[]> {
    return (await this.#ledger.openPurchases(requestKey(request))).filter(({ id }) => !this.#inFlight.has(id))
  }

  /** Sends an open purchase's bytes again. Null when they have too little time left, or were never made. */
  async resend(payment: Payment, target: Target): Promise<Underway | null> {
    if (!payment.credential || secondsLeft(payment) < LEAST_LEFT) return null
    this.#inFlight.add(payment.id)
    try {
      return await this.#repeat(await this.#ledger.resend(payment.id), payment.url, target)
    } catch (error) {
      this.#inFlight.delete(payment.id)
      throw error
    }
  }

  async #repeat(payment: Payment, url: string, target: Target): Promise<Underway> {
    const { credential, authorization, method } = payment
    if (!credential || !authorization) throw new TuppenceError('internal')
    const until = authorization.validBefore * 1000
    const { tabId } = target
    const marker = target.via === 'fetch' ? `x402-${crypto.randomUUID()}` : null
    const repeat =
      marker === null
        ? await this.#interceptor.repeatPage({ tabId, url }, credential, until)
        : await this.#interceptor.armRequest({ tabId, url, method, marker }, credential, until)
    return { payment, marker, answered: keepAwake(this.#watch(payment, repeat)) }
  }

  async #watch({ id }: Payment, { answered }: Repeat): Promise<Payment> {
    try {
      const { status, headers } = await answered
      return await this.#ledger.answer(id, status, readReceipt(findHeader(headers, 'payment-response')))
    } finally {
      this.#inFlight.delete(id)
    }
  }
}

/** Until an authorization is worthless. */
export const secondsLeft = ({ authorization }: Payment): number =>
  (authorization?.validBefore ?? 0) - Math.floor(Date.now() / 1000)
