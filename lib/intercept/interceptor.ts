import type { Credential } from '@/lib/challenge/credential'
import type { AnswerHeader } from '@/lib/challenge/read'

/** A document of a tab's top frame. */
export interface TabDocument {
  readonly tabId: number
  readonly documentId: string
}

/** A page that answered 402, now showing in its tab. */
export interface SeenPage extends TabDocument {
  readonly url: string
  readonly method: string
  readonly headers: readonly AnswerHeader[]
  /** Reached by the back or forward button. */
  readonly fromHistory: boolean
  /** Reached by a server's redirect. */
  readonly redirected: boolean
}

/** A 402 answer to a request that a page marked. */
export interface SeenAnswer {
  /** Where the answer came from, without the marker: not where the page asked if there was a redirect. */
  readonly url: string
  readonly method: string
  readonly headers: readonly AnswerHeader[]
}

/** The answer to a paid request; status 0 when the connection failed. */
export interface PaidAnswer {
  readonly status: number
  readonly headers: readonly AnswerHeader[]
}

/** A request of a page's own, told from all others by the fragment that it carries. */
export interface MarkedRequest {
  readonly tabId: number
  readonly url: string
  readonly method: string
  readonly marker: string
}

/** A repetition that is under way. */
export interface Repeat {
  /** Resolves with the answer, or with status 0 when there is none by `until` (Unix milliseconds). */
  readonly answered: Promise<PaidAnswer>
}

/**
 * How requests are caught and repeated with a credential, whatever the browser. The credential goes out below the page, on
 * exactly one URL, method and tab, and never on a redirect.
 */
export interface Interceptor {
  /** Called for every page that answered 402. Register synchronously at start. */
  onSeenPage(listener: (page: SeenPage) => void): void
  /** Called when a tab shows another document, or is gone (null). Register synchronously at start. */
  onLeft(listener: (tabId: number, shown: { documentId: string; url: string } | null) => void): void
  /** Whether any page load of this tab was observed since the start. */
  hasObserved(tabId: number): boolean
  /** From the moment this returns, 402 answers to this tab's marked requests are noted. */
  watch(tabId: number): void
  /** The 402 that a marked request got; null when none is seen within a second. */
  seenAnswer(tabId: number, marker: string): Promise<SeenAnswer | null>
  /** Whether this document is still the one its tab shows (at this URL, if one is given). */
  isShowing(document: TabDocument, url?: string): Promise<boolean>
  /** Whether the tab is the one in front in its window. */
  isActive(tabId: number): Promise<boolean>
  /** Loads the tab's page again with the credential. Resolves once that is under way. Throws `url_not_matchable`. */
  repeatPage(page: { tabId: number; url: string }, credential: Credential, until: number): Promise<Repeat>
  /** Arms the credential for the page's next request with this marker. Throws `url_not_matchable`. */
  armRequest(request: MarkedRequest, credential: Credential, until: number): Promise<Repeat>
  /** Removes whatever an earlier life of the background has left armed. */
  sweep(): Promise<void>
}
