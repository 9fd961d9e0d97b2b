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

/** The answer to a paid request, as soon as its headers are there; status 0 when the connection failed before. */
export interface PaidAnswer {
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** Resolves with whether the rest came too. Only the connection's failure counts as a no, not what the page gives up. */
  readonly whole: Promise<boolean>
}

/** What is to be sent again: a tab's page, or a page's own request, told from all others by the fragment that it carries. */
export type RepeatableRequest = TabDocument & { readonly url: string; readonly method: string } & (
    | { readonly via: 'navigation' }
    | { readonly via: 'fetch'; readonly marker: string }
  )

/** A repetition that only wants the credential. */
export interface PreparedRepeat {
  /**
   * A page is loaded again; a page's request carries the credential when the page sends it. `until`, in Unix milliseconds,
   * is when the credential is worthless. Throws `page_gone` when the tab shows another document by now.
   */
  send(credential: Credential, until: number): Promise<Repeat>
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
  /**
   * Called when a tab shows another document, or is gone (null), perhaps with the browser's last window. Register
   * synchronously at start.
   */
  onLeft(
    listener: (tabId: number, shown: { documentId: string; url: string } | null, lastWindow: boolean) => void,
  ): void
  /** Whether any page load of this tab was observed since the start. */
  hasObserved(tabId: number): boolean
  /** From the moment this returns, 402 answers to this tab's marked requests are noted. */
  watch(tabId: number): void
  /** The 402 that a marked request got; null when none is seen within a second. */
  seenAnswer(tabId: number, marker: string): Promise<SeenAnswer | null>
  /** Whether this document is still the one its tab shows (at this URL, if one is given). */
  isShowing(document: TabDocument, url?: string): Promise<boolean>
  /** Whether the tab shows a page of this origin. */
  isAt(tabId: number, origin: string): Promise<boolean>
  /** Whether the tab is the one in front in its window. */
  isActive(tabId: number): Promise<boolean>
  /**
   * Makes ready to send a request again, before anything is signed for it. Throws `url_not_matchable` when that cannot be
   * done, `too_many_requests` when the tab has too many under way.
   */
  prepare(request: RepeatableRequest): Promise<PreparedRepeat>
  /** The page gave up a repetition before it sent it. */
  abandon(tabId: number, marker: string): void
  /** Removes whatever an earlier life of the background has left armed. */
  sweep(): Promise<void>
}
