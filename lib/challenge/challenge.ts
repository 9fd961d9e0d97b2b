import type { Asset } from '@/lib/money/assets'
import type { Usd } from '@/lib/money/usd'

/** The request that was answered 402: what a payment would buy. */
export interface PricedRequest {
  /** Upper case. */
  readonly method: string
  /** Absolute, without a fragment. The authority on who asks: what a server says of its own address never is. */
  readonly url: string
  /** SHA-256 of the body in hex, or null when there is none. */
  readonly bodyDigest: string | null
}

/** Why an offer cannot be paid by Tuppence. */
export type OfferProblem =
  | 'unknown_scheme'
  | 'unknown_network'
  | 'unknown_asset'
  | 'unsupported_transfer_method'
  | 'invalid_amount'
  | 'invalid_pay_to'
  | 'invalid_fee_payer'
  | 'invalid_time_limit'

/** One entry of `accepts`, read. `price` and `asset` are there only for pinned tokens. */
export interface Offer {
  readonly scheme: string
  /** CAIP-2. */
  readonly network: string
  /** The token's address as the server wrote it. */
  readonly assetAddress: string
  /** The pinned token, or null when it is unknown. */
  readonly asset: Asset | null
  /** Atomic units of the token; null when the server's amount is not one. */
  readonly units: bigint | null
  /** Dollars; null when the token is unknown. */
  readonly price: Usd | null
  readonly payTo: string
  /** On Solana, who pays the network's fee for the payer: an account of the facilitator's. Null elsewhere. */
  readonly feePayer: string | null
  readonly maxTimeoutSeconds: number
  /** Null when the offer can be paid. */
  readonly problem: OfferProblem | null
  /** The server's entry, unchanged: it must come back to it exactly so (x402 v2, PaymentPayload.accepted). */
  readonly accepted: Readonly<Record<string, unknown>>
}

/** An offer that can be paid: everything that a price and a signature need is known. */
export interface PayableOffer extends Offer {
  readonly asset: Asset
  readonly units: bigint
  readonly price: Usd
  readonly problem: null
}

export const isPayable = (offer: Offer): offer is PayableOffer => offer.problem === null

/** One parsed and checked 402: who asks, for which request, which offers. */
export interface Challenge {
  readonly dialect: 'x402-v2'
  readonly request: PricedRequest
  /** The origin that is paid: always that of the requested URL. */
  readonly site: string
  /** What is sold, in the merchant's words, cleaned. */
  readonly description: string | null
  /** True when the server says that it sells something of another host. */
  readonly foreignResource: boolean
  readonly offers: readonly Offer[]
  /** The server's `resource` and `extensions`, unchanged, to be echoed. */
  readonly resource: Readonly<Record<string, unknown>> | null
  readonly extensions: Readonly<Record<string, unknown>> | null
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
