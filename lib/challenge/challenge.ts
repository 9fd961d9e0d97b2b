import type { Asset } from '@/lib/money/assets'
import type { Usd } from '@/lib/money/usd'
import type { Terms } from './scheme'

/** The request that was answered 402: what a payment would buy. */
export interface PricedRequest {
  /** Upper case. */
  readonly method: string
  /** Absolute, without a fragment. The authority on who asks: what a server says of its own address never is. */
  readonly url: string
  /** SHA-256 of the body in hex, or null when there is none. */
  readonly bodyDigest: string | null
  /** True when it carried an `Authorization` of the page's own. */
  readonly isAuthorized?: boolean
}

/** Why an offer cannot be paid by Tuppence. */
export type OfferProblem =
  | 'unknown_network'
  | 'unknown_asset'
  | 'unsupported_transfer_method'
  | 'invalid_amount'
  | 'invalid_pay_to'
  | 'invalid_fee_payer'
  | 'invalid_facilitator'
  | 'invalid_time_limit'
  | 'invalid_tab'
  | 'locked_too_long'
  | 'deposit_too_large'
  | 'expired'
  | 'other_body'
  | 'authorization_taken'
  | 'raw_transaction'
  | OtherWay

/** Ways of paying that Tuppence can name, and what each would need; it does not pay them. */
export const OTHER_WAYS = ['unknown_scheme', 'lightning', 'cashu', 'circle_gateway', 'fiat', 'tempo', 'escrow'] as const
export type OtherWay = (typeof OTHER_WAYS)[number]

/** One way to pay, as a server offers it. `price` and `asset` are there only for pinned tokens. */
export interface Offer {
  /** The dialect that it was made in, by its id. */
  readonly dialect: string
  readonly scheme: string
  /** CAIP-2, or what the dialect calls it where there is no such name. */
  readonly network: string
  /** The token's address, or the currency, as the server wrote it. */
  readonly assetAddress: string
  /** The pinned token, or null when it is unknown. */
  readonly asset: Asset | null
  /** Atomic units of the token; null when the server's amount is not one. */
  readonly units: bigint | null
  /** Dollars; null when the token is unknown. */
  readonly price: Usd | null
  /** The price as people read it where there is none in dollars ("1,000 sats"); null when there is nothing to be read. */
  readonly stated: string | null
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  /** What the rail that pays it knows of it; null when none does. */
  readonly terms: Terms | null
  /** Null when the offer can be paid. */
  readonly problem: OfferProblem | null
  /** The server's entry, unchanged: it must come back to it exactly so (x402 v2, PaymentPayload.accepted). */
  readonly accepted: Readonly<Record<string, unknown>>
  /** What else of the server's message goes back with it, unchanged, by the dialect's own names. */
  readonly envelope: Readonly<Record<string, unknown>>
}

/** An offer that can be paid: everything that a price and a signature need is known. */
export interface PayableOffer extends Offer {
  readonly asset: Asset
  readonly units: bigint
  readonly price: Usd
  readonly terms: Terms
  readonly problem: null
}

export const isPayable = (offer: Offer): offer is PayableOffer => offer.problem === null

/** One parsed and checked 402: who asks, for which request, which offers. */
export interface Challenge {
  readonly request: PricedRequest
  /** The origin that is paid: always that of the requested URL. */
  readonly site: string
  /** What is sold, in the merchant's words, cleaned. */
  readonly description: string | null
  /** True when the server says that it sells something of another host. */
  readonly foreignResource: boolean
  /** True when any of it is only the word of the page that made the request. */
  readonly hearsay: boolean
  readonly offers: readonly Offer[]
}

/** Why a 402 could not be read. */
export type ChallengeProblem =
  | 'no_challenge'
  | 'too_large'
  | 'not_base64'
  | 'not_json'
  | 'too_deep'
  | 'wrong_version'
  | 'wrong_shape'
  | 'no_offers'

export type Reading =
  | { readonly ok: true; readonly challenge: Challenge }
  | { readonly ok: false; readonly problem: ChallengeProblem }
