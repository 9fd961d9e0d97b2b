import type { Answer, AnswerHeader } from '@/lib/challenge/answer'
import type { Challenge, PayableOffer, PricedRequest } from '@/lib/challenge/challenge'
import { DIALECTS } from '@/lib/challenge/dialects'
import type { PagePart, SeenPage } from '@/lib/intercept/interceptor'
import type { Obstacle } from '@/lib/policy/decide'

/** The headers that anything is read from; the others are nobody's business. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(['date', ...DIALECTS.flatMap(({ headers }) => headers)])

/** What is larger is unreadable; so much of it is kept that it can be said to be. */
const LONGEST_HEADER = 64 * 1024 + 1
/** Several of a kind are as good as unreadable. */
const MOST_HEADERS = 16

export const keptHeaders = (headers: readonly AnswerHeader[]): AnswerHeader[] =>
  headers
    .filter(({ name }) => KEPT_HEADERS.has(name.toLowerCase()))
    .slice(0, MOST_HEADERS)
    .map(({ name, value }) => ({ name, value: value.slice(0, LONGEST_HEADER) }))

/** Longer addresses are cut where they only tell one page from another. */
const LONGEST_PAGE_URL = 2_048
export const pageAddress = (url: string): string => url.slice(0, LONGEST_PAGE_URL)

/** Where a paid request is to be repeated: the tab's own page, a request of its page's, or a part of its page. */
export type Target =
  | { readonly via: 'navigation'; readonly tabId: number; readonly documentId: string }
  | {
      readonly via: 'fetch'
      readonly tabId: number
      readonly documentId: string
      /** The marker under which the page waits for the outcome. */
      readonly marker: string
      /** The page's origin where its own service worker sends the request on. */
      readonly worker?: string | undefined
    }
  | {
      readonly via: 'part'
      readonly tabId: number
      /** The page's that the part is of. */
      readonly documentId: string
      readonly kind: PagePart['kind']
      /** Whether a person has asked for it in the popup. What nobody asked for is never a question. */
      readonly wanted: boolean
    }

/** A 402 as it was met in the browser. Plain JSON: an approval keeps it while a person is asked. */
export interface Sighting {
  readonly target: Target
  readonly request: PricedRequest
  /** As much of the answer as matters. */
  readonly answer: Answer
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
  readonly obstacle: Obstacle | null
}

/** A 402 that can be paid, and how. */
export interface Purchase {
  readonly sighting: Sighting
  readonly challenge: Challenge
  readonly offer: PayableOffer
}

/** What is sold, in the merchant's words. What another site's page puts into its mouth is none of them. */
export const merchantWords = ({ page }: Sighting, { description, hearsay, site }: Challenge): string | null =>
  hearsay && page !== site ? null : description

/** A page that was answered 402, as a sighting. */
export function fromSeenPage(seen: SeenPage): Sighting {
  const { tabId, documentId, url, method, status, headers, form, fromHistory, redirected } = seen
  return {
    target: { via: 'navigation', tabId, documentId },
    request: { method, url, bodyDigest: form?.digest ?? null },
    answer: { status, headers: keptHeaders(headers), body: null },
    page: new URL(url).origin,
    pageUrl: pageAddress(url),
    pageMaximum: null,
    reason: null,
    agent: null,
    fromHistory,
    afterRedirect: redirected,
    obstacle: form?.problem ?? null,
  }
}
