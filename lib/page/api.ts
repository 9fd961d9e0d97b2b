/*
 * The page API: what pages and in-browser agents see. Types only, for pages to import; docs/agent-api.md explains them.
 */

/** Tuppence announces itself with this detail when a page dispatches `x402:requestProvider` (as EIP-6963 does). */
export interface ProviderDetail {
  readonly info: {
    /** Differs on every page. */
    readonly uuid: string
    readonly name: string
    /** A data: URL. */
    readonly icon: string
    readonly rdns: string
  }
  readonly provider: X402Provider
}

export interface X402Provider {
  readonly version: 1
  /** As `window.fetch`, but a 402 that the user's rules or the user allow is paid, and the paid answer returned. */
  fetch(input: RequestInfo | URL, init?: RequestInit & { payment?: PaymentOptions }): Promise<Response>
  /** Makes the request and tells what it would cost; null when it is free. Never pays, never asks the user. */
  quote(input: RequestInfo | URL, init?: RequestInit): Promise<Quote | null>
  /** What this site may do. Says nothing about the user's wallet. */
  status(): Promise<ProviderStatus>
}

export interface PaymentOptions {
  /** In US dollars, "0.05". It can only lower what the user allows. */
  readonly maxAmount?: string
  /** What it is for. The user sees it as the page's words. */
  readonly reason?: string
  /** What happens when it is not paid: the original 402 comes back (the default), or a `PaymentError` is thrown. */
  readonly onDecline?: 'response' | 'throw'
}

export interface ProviderStatus {
  readonly version: 1
  /** The user's own rule for this site; `ask` when there is none. */
  readonly mode: 'auto' | 'ask' | 'block'
}

export interface Quote {
  readonly url: string
  /** What is sold, in the merchant's words. */
  readonly description: string | null
  /** Empty when the 402 does not say how to pay. */
  readonly offers: readonly QuotedOffer[]
}

export interface QuotedOffer {
  readonly scheme: string
  /** CAIP-2 where the way of paying has such names ("eip155:8453"); otherwise its own ("lightning"). */
  readonly network: string
  readonly asset: string
  /** Atomic units, in decimal. */
  readonly amount: string | null
  /** US dollars, "0.05"; null when the token is not one that Tuppence knows. */
  readonly usd: string | null
  /** The price in words where there is none in dollars, "1,000 sats"; null when none could be read. */
  readonly stated: string | null
  readonly payTo: string
  /** Whether Tuppence can pay this one at all. */
  readonly payable: boolean
}

/** Why a request was not paid. Deliberately coarse: which of the user's rules, limits or funds it was is not told. */
export type PaymentErrorCode =
  /** The user said no, or did not answer in time. */
  | 'declined'
  /** The user's rules, limits or wallet do not allow it. */
  | 'not_allowed'
  /** It costs more than the page's own `maxAmount`. */
  | 'over_max_amount'
  /** The 402 cannot be read, or none of its offers can be paid. */
  | 'not_payable'
  /** The answer came over plain http, or after a redirect. */
  | 'insecure'
  /** An earlier, identical request may have been paid; its outcome is not known yet. */
  | 'outcome_open'
  /** Its body is too large to be sent twice. */
  | 'body_too_large'
  /** `maxAmount` is not an amount of dollars. */
  | 'invalid_options'
  /** Something went wrong inside Tuppence. */
  | 'failed'

/** What `provider.fetch` rejects with under `onDecline: 'throw'`. */
export interface PaymentError extends Error {
  readonly name: 'PaymentError'
  readonly code: PaymentErrorCode
}
