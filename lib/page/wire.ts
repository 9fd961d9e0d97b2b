import type { PaymentErrorCode, ProviderStatus, Quote } from './api'

/*
 * How a page's provider talks to the background: page (MAIN world) ⇄ relay (ISOLATED world) ⇄ background. Between page and
 * relay it is a pair of DOM events with JSON text, which the page can see and forge: so nothing secret is ever in them, and
 * the background trusts no word of them, only the browser's own `sender`.
 */

export const ASK_EVENT = 'tuppence:ask'
export const ANSWER_EVENT = 'tuppence:answer'

/** The request that was answered 402. Its 402 is found by the marker; what the page says of it only has to fit. */
export interface PageRequest {
  readonly marker: string
  readonly method: string
  readonly url: string
  /** SHA-256 in hex, or null without a body. */
  readonly bodyDigest: string | null
  /** What the 402 itself says, as text, where no header was seen to ask for a payment. Null when it is longer than is ever read. */
  readonly answered: string | null
  /** Whether it carries an `Authorization` of the page's own. */
  readonly isAuthorized?: boolean | undefined
}

export type PageAsk =
  /** `worker`: the address that the page's own service worker may be about to ask for. */
  | { readonly kind: 'watch'; readonly worker?: string | undefined }
  | { readonly kind: 'status' }
  | { readonly kind: 'quote'; readonly request: PageRequest }
  | {
      readonly kind: 'pay'
      readonly request: PageRequest
      readonly maxAmount?: string | undefined
      readonly reason?: string | undefined
    }
  /** The page gave up waiting for the payment of the request with this marker. */
  | { readonly kind: 'cancel'; readonly marker: string }
  /** The relay found itself in a page that was answered 402. */
  | { readonly kind: 'unseen' }

export type PayOutcome =
  /** Send the request again, under the same marker: it will be paid. */
  | { readonly kind: 'repeat' }
  /**
   * Send the request again, past the browser's cache, and ask anew where it is answered 402 once more: the 402 came out of that
   * cache, or what was bought before may be opened free.
   */
  | { readonly kind: 'again' }
  | { readonly kind: 'refused'; readonly code: PaymentErrorCode }
  /** A person has been asked. The outcome comes later, under the same id. */
  | { readonly kind: 'waiting' }

export interface PageAnswers {
  watch: null
  status: ProviderStatus
  quote: Quote | null
  pay: PayOutcome
  cancel: null
  unseen: null
}

/** The value in a wrapping of its own, so that it differs from nobody's answer. */
export interface PageAnswer<Value = PageAnswers[PageAsk['kind']]> {
  readonly value: Value
}

/** An ask with the id under which its answer comes back. */
export interface Envelope<Content> {
  readonly id: string
  readonly content: Content
}

/** What the relay sends on to the background, and gets pushed from it. */
export interface RelayMessage<Content = unknown> {
  readonly tuppence: Envelope<Content>
}

/** The background asks the relay of a page that was answered 402, and shows this address, what its body says. It answers with text, or null. */
export interface BodyRequest {
  readonly tuppenceBody: { readonly url: string }
}
