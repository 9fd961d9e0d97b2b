import type { AnswerHeader } from '@/lib/challenge/answer'
import type { Credential } from '@/lib/challenge/credential'
import type { SubmittedForm } from './form'

/** A document of a tab's top frame. */
export interface TabDocument {
  readonly tabId: number
  readonly documentId: string
}

/** A page that answered 402, now showing in its tab. */
export interface SeenPage extends TabDocument {
  readonly url: string
  readonly method: string
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** What was submitted to get there; null for a page that was just opened. */
  readonly form: SubmittedForm | null
  /** Reached by the back or forward button. */
  readonly fromHistory: boolean
  /** Reached by a server's redirect. */
  readonly redirected: boolean
}

/** A part of a page that can be loaded again by itself. */
export interface PagePart {
  readonly kind: 'image' | 'media' | 'frame'
  /** Without a fragment. */
  readonly url: string
}

/** A frame right below the page that this document is, which answered 402, of the page's own origin and opened by it. */
export interface SeenFrame extends TabDocument {
  readonly url: string
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** Reached by a server's redirect. */
  readonly redirected: boolean
}

/** A 402 answer to a request that a page marked. */
export interface SeenAnswer {
  /** Where the answer came from, without the marker: not where the page asked if there was a redirect. */
  readonly url: string
  readonly method: string
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** The browser's cache gave it: nobody knows whether the site still says so. */
  readonly fromCache: boolean
  /** It went through the page's own service worker. */
  readonly byWorker: boolean
}

/** The answer to a paid request, as soon as its headers are there; status 0 when the connection failed before. */
export interface PaidAnswer {
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** Resolves with whether the rest came too. Only the connection's failure counts as a no, not what the page gives up. */
  readonly whole: Promise<boolean>
}

/**
 * What is to be sent again: a tab's page, a page's own request, told from all others by the fragment that it carries, or a part
 * of a page.
 */
export type RepeatableRequest = TabDocument & { readonly url: string; readonly method: string } & (
    | { readonly via: 'navigation' }
    | {
        readonly via: 'fetch'
        readonly marker: string
        /** The page's origin where its own service worker sends the request on. */
        readonly worker?: string | undefined
      }
    | { readonly via: 'part'; readonly kind: PagePart['kind'] }
  )

/** A repetition that only wants the credential. */
export interface PreparedRepeat {
  /**
   * A page or a part of it is loaded again; a page's request carries the credential when the page sends it. `until`, in Unix
   * milliseconds, is when the credential is worthless. Where it may be asked to pay `again`, a 402 in answer is seen as any
   * other. Throws `page_gone` when the tab shows another document by now.
   */
  send(credential: Credential, until: number, options?: { readonly again: boolean }): Promise<Repeat>
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
  /** Called when the answer to a tab's page load is there, before the page is. Register synchronously at start. */
  onArrival(listener: (tabId: number, url: string) => void): void
  /** Called for every frame that answered 402 where frames are watched. Register synchronously at start. */
  onSeenFrame(listener: (frame: SeenFrame) => void): void
  /**
   * A tab's page was answered 402. If nobody saw that, it is loaded once more, past the cache and past its service worker,
   * unless it came of a form.
   */
  loadUnseen(tabId: number, url: string): Promise<void>
  /**
   * From the moment this returns, 402 answers to this tab's marked requests are noted. `worker` is the origin of a page whose
   * service worker sends its requests on, and the address it asks for.
   */
  watch(tabId: number, worker?: { readonly origin: string; readonly url: string }): void
  /** From the moment this returns, frames of this tab's page that answer 402 are noted. */
  watchFrames(tabId: number): void
  /** The 402 that a marked request of this tab, with a page of this origin, got; null when none is seen within a second. */
  seenAnswer(page: { readonly tabId: number; readonly origin: string }, marker: string): Promise<SeenAnswer | null>
  /** The parts of a page that are missing, and were answered 402 as far as the browser tells the page. */
  unpaidParts(document: TabDocument): Promise<readonly PagePart[]>
  /** Has the page ask for one of its parts once more, and gives the 402; null when it gets none. */
  askAgain(document: TabDocument, part: PagePart, origin: string): Promise<SeenAnswer | null>
  /** Whether this document is still the one its tab shows (at this URL, if one is given). */
  isShowing(document: TabDocument, url?: string): Promise<boolean>
  /** Whether the tab shows a page of this origin. */
  isAt(tabId: number, origin: string): Promise<boolean>
  /** What a tab shows; null when that is no page, or the tab is gone. */
  pageOf(tabId: number): Promise<(TabDocument & { readonly origin: string; readonly url: string }) | null>
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
