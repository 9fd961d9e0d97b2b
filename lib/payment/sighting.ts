import type { Challenge, PayableOffer, PricedRequest } from '@/lib/challenge/challenge'
import type { AnswerHeader } from '@/lib/challenge/read'
import type { SeenPage } from '@/lib/intercept/interceptor'

/** The headers that anything is read from; the others are nobody's business. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(['payment-required', 'date'])

/** What is larger is unreadable; so much of it is kept that it can be said to be. */
const LONGEST_HEADER = 64 * 1024 + 1
/** Two of a kind are unreadable too. */
const MOST_HEADERS = 4

export const keptHeaders = (headers: readonly AnswerHeader[]): AnswerHeader[] =>
  headers
    .filter(({ name }) => KEPT_HEADERS.has(name.toLowerCase()))
    .slice(0, MOST_HEADERS)
    .map(({ name, value }) => ({ name, value: value.slice(0, LONGEST_HEADER) }))

/** Longer addresses are cut where they only tell one page from another. */
const LONGEST_PAGE_URL = 2_048
export const pageAddress = (url: string): string => url.slice(0, LONGEST_PAGE_URL)

/** Where a paid request is to be repeated: the tab's own page, or a request of its page's. */
export type Target =
  | { readonly via: 'navigation'; readonly tabId: number; readonly documentId: string }
  | {
      readonly via: 'fetch'
      readonly tabId: number
      readonly documentId: string
      /** The marker under which the page waits for the outcome. */
      readonly marker: string
    }

/** A 402 as it was met in the browser. Plain JSON: an approval keeps it while a person is asked. */
export interface Sighting {
  readonly target: Target
  readonly request: PricedRequest
  /** The answer's headers that matter. */
  readonly headers: readonly AnswerHeader[]
  /** The origin of the top document, and its address without a fragment (`pageAddress`). */
  readonly page: string
  readonly pageUrl: string
  /** The page's own ceiling in dollars, as it wrote it. */
  readonly pageMaximum: string | null
  /** The page's words, cleaned. */
  readonly reason: string | null
  /** The agent that asks, by its id; null when nobody but the page does. */
  readonly agent: string | null
  readonly fromHistory: boolean
  readonly afterRedirect: boolean
  readonly obstacle: 'redirected' | 'form_post' | null
}

/** A 402 that can be paid, and how. */
export interface Purchase {
  readonly sighting: Sighting
  readonly challenge: Challenge
  readonly offer: PayableOffer
}

/** A page that was answered 402, as a sighting. */
export function fromSeenPage({ tabId, documentId, url, method, headers, fromHistory, redirected }: SeenPage): Sighting {
  return {
    target: { via: 'navigation', tabId, documentId },
    request: { method, url, bodyDigest: null },
    headers: keptHeaders(headers),
    page: new URL(url).origin,
    pageUrl: pageAddress(url),
    pageMaximum: null,
    reason: null,
    agent: null,
    fromHistory,
    afterRedirect: redirected,
    // A submitted form cannot be sent again by loading the page again.
    obstacle: method === 'GET' ? null : 'form_post',
  }
}
