import { type Browser, browser } from 'wxt/browser'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import { type ArmedRequest, arm, conditionsFor, disarm, disarmAll } from './arming'
import type {
  Interceptor,
  PaidAnswer,
  PreparedRepeat,
  Repeat,
  RepeatableRequest,
  SeenAnswer,
  SeenPage,
  TabDocument,
} from './interceptor'

type HeadersReceived = Browser.webRequest.OnHeadersReceivedDetails
type RequestFailed = Browser.webRequest.OnErrorOccurredDetails
type RequestCompleted = Browser.webRequest.OnCompletedDetails
type Committed = Browser.webNavigation.WebNavigationTransitionCallbackDetails
type Conditions = Awaited<ReturnType<typeof conditionsFor>>
type LeftListener = Parameters<Interceptor['onLeft']>[0]

/** Where 402s are looked for; the manifest's host permissions say the same. */
const URLS = ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*']
const SEEN_WITHIN_MS = 1_000
const LOADED_AGAIN_WITHIN_MS = 1_500
/** An answer that is not shown soon was not for what is shown later. */
const COMMITTED_WITHIN_MS = 30_000
/** Before the browser ends an idle background, which would forget to. */
const WATCHES_FOR_MS = 25_000
/** The browser has a thousand such rules for all tabs together. */
const MOST_UNDERWAY = 200
/** A page can provoke 402s and never ask for them to be paid. */
const MOST_SEEN_ANSWERS = 500

/** An armed request that waits for its answer. */
interface Waiting {
  readonly request: ArmedRequest
  readonly finish: (answer: PaidAnswer) => void
}

/**
 * Chromium: answers are seen by webRequest, credentials are set by declarativeNetRequest session rules. Only `main_frame`
 * is observed at all times; a tab's own requests only while its page uses the page API.
 */
export class ChromiumInterceptor implements Interceptor {
  readonly #observedTabs = new Set<number>()
  readonly #seenPages = new Map<number, HeadersReceived>()
  readonly #seenAnswers = new Map<string, SeenAnswer>()
  readonly #awaitedAnswers = new Map<string, (answer: SeenAnswer) => void>()
  readonly #waiting = new Set<Waiting>()
  /** Requests that were answered 402, by the browser's id: how they end says nothing of the paid ones that look the same. */
  readonly #unpaid = new Set<string>()
  /** Answers to armed requests whose content is still coming, by the browser's id of the request. */
  readonly #coming = new Map<string, { readonly tabId: number; readonly end: (whole: boolean) => void }>()
  readonly #watched = new Map<number, { readonly renew: () => void; readonly end: () => void }>()
  readonly #pageListeners: ((page: SeenPage) => void)[] = []
  readonly #leftListeners: LeftListener[] = []

  /** Registers its listeners at once, as the browser demands of a background that it may wake. */
  constructor() {
    const pages = { urls: URLS, types: ['main_frame' as const] }
    browser.webRequest.onHeadersReceived.addListener((details) => this.#pageAnswered(details), pages, [
      'responseHeaders',
    ])
    browser.webRequest.onErrorOccurred.addListener((details) => this.#failed(details), pages)
    browser.webRequest.onCompleted.addListener((details) => this.#completed(details), pages)
    browser.webNavigation.onCommitted.addListener((details) => this.#committed(details))
    browser.tabs.onRemoved.addListener(async (tabId, { isWindowClosing }) =>
      this.#left(tabId, null, isWindowClosing && (await browser.windows.getAll()).length === 0),
    )
  }

  onSeenPage(listener: (page: SeenPage) => void): void {
    this.#pageListeners.push(listener)
  }

  onLeft(listener: LeftListener): void {
    this.#leftListeners.push(listener)
  }

  hasObserved(tabId: number): boolean {
    return this.#observedTabs.has(tabId)
  }

  watch(tabId: number): void {
    const watched = this.#watched.get(tabId)
    if (watched) {
      watched.renew()
      return
    }
    const { onHeadersReceived, onErrorOccurred, onCompleted } = browser.webRequest
    const requests = { urls: URLS, types: ['xmlhttprequest' as const], tabId }
    const answered = (details: HeadersReceived) => this.#requestAnswered(details)
    const failed = (details: RequestFailed) => this.#failed(details)
    const completed = (details: RequestCompleted) => this.#completed(details)
    onHeadersReceived.addListener(answered, requests, ['responseHeaders'])
    onErrorOccurred.addListener(failed, requests)
    onCompleted.addListener(completed, requests)
    const end = () => {
      clearTimeout(timer)
      this.#watched.delete(tabId)
      onHeadersReceived.removeListener(answered)
      onErrorOccurred.removeListener(failed)
      onCompleted.removeListener(completed)
    }
    // While a paid request is under way, its answer is waited for, and all of it.
    const endWhenIdle = () => {
      const underway = [...this.#waiting].some(({ request }) => request.tabId === tabId)
      if (underway || [...this.#coming.values()].some((answer) => answer.tabId === tabId)) renew()
      else end()
    }
    const renew = () => {
      clearTimeout(timer)
      timer = setTimeout(endWhenIdle, WATCHES_FOR_MS)
    }
    let timer = setTimeout(endWhenIdle, WATCHES_FOR_MS)
    this.#watched.set(tabId, { renew, end })
  }

  seenAnswer(tabId: number, marker: string): Promise<SeenAnswer | null> {
    const key = `${tabId}#${marker}`
    const seen = this.#seenAnswers.get(key)
    if (seen) {
      this.#seenAnswers.delete(key)
      return Promise.resolve(seen)
    }
    // The page's message may overtake the browser's event.
    const { promise, resolve } = Promise.withResolvers<SeenAnswer | null>()
    const timer = setTimeout(() => resolve(null), SEEN_WITHIN_MS)
    this.#awaitedAnswers.set(key, resolve)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#awaitedAnswers.delete(key)
    })
  }

  async isShowing({ tabId, documentId }: TabDocument, url?: string): Promise<boolean> {
    const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
    return frame?.documentId === documentId && (url === undefined || withoutFragment(frame.url) === url)
  }

  async isAt(tabId: number, origin: string): Promise<boolean> {
    const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
    return URL.parse(frame?.url ?? '')?.origin === origin
  }

  async isActive(tabId: number): Promise<boolean> {
    return (await browser.tabs.get(tabId).catch(() => null))?.active === true
  }

  async prepare(request: RepeatableRequest): Promise<PreparedRepeat> {
    const { tabId } = request
    const underway = [...this.#waiting].filter(({ request }) => request.tabId === tabId)
    if (underway.length >= MOST_UNDERWAY) throw new TuppenceError('too_many_requests')
    const armed: ArmedRequest =
      request.via === 'navigation'
        ? { tabId, url: request.url, method: request.method, resourceType: 'main_frame' }
        : { tabId, url: `${request.url}#${request.marker}`, method: request.method, resourceType: 'xmlhttprequest' }
    const conditions = await conditionsFor(armed)
    return {
      send: async (credential, until) => {
        if (request.via === 'fetch') {
          this.watch(tabId)
          return this.#arm(armed, conditions, credential, until)
        }
        const repeat = await this.#arm(armed, conditions, credential, until)
        // Loading "the tab again" would load whatever the user has gone to meanwhile.
        if (!(await this.isShowing(request, request.url))) {
          this.#giveUp(({ request }) => request === armed)
          throw new TuppenceError('page_gone')
        }
        await browser.tabs.reload(tabId, { bypassCache: true })
        return repeat
      },
    }
  }

  abandon(tabId: number, marker: string): void {
    this.#giveUp(({ request }) => request.tabId === tabId && request.url.endsWith(`#${marker}`))
  }

  sweep(): Promise<void> {
    return disarmAll()
  }

  async #arm(request: ArmedRequest, conditions: Conditions, credential: Credential, until: number): Promise<Repeat> {
    const ruleIds = await arm(conditions, credential)
    const { promise, resolve } = Promise.withResolvers<PaidAnswer>()
    const waiting = { request, finish: resolve }
    const timer = setTimeout(() => resolve(NO_ANSWER), Math.max(0, until - Date.now()))
    this.#waiting.add(waiting)
    return {
      answered: promise.finally(() => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
        return disarm(ruleIds)
      }),
    }
  }

  #giveUp(condition: (waiting: Waiting) => boolean): void {
    for (const waiting of this.#waiting) if (condition(waiting)) waiting.finish(NO_ANSWER)
  }

  #pageAnswered(details: HeadersReceived): undefined {
    // Prefetched and prerendered documents have an id before they are shown; they are never paid for.
    if (details.documentId !== undefined) return
    this.#observedTabs.add(details.tabId)
    if (this.#answered(details)) return
    if (details.statusCode === 402) {
      this.#unpaid.add(details.requestId)
      this.#seenPages.set(details.tabId, details)
    } else this.#seenPages.delete(details.tabId)
  }

  #requestAnswered(details: HeadersReceived): undefined {
    const [url = '', marker] = details.url.split('#')
    if (this.#answered(details) || details.statusCode !== 402 || !marker) return
    this.#unpaid.add(details.requestId)
    const seen = { url, method: details.method, headers: headersOf(details) }
    const key = `${details.tabId}#${marker}`
    const awaited = this.#awaitedAnswers.get(key)
    if (awaited) awaited(seen)
    else this.#seenAnswers.set(key, seen)
    const [oldest] = this.#seenAnswers.keys()
    if (oldest !== undefined && this.#seenAnswers.size > MOST_SEEN_ANSWERS) this.#seenAnswers.delete(oldest)
  }

  /** Gives an armed request its answer, and waits for the rest of it. False when the request was not an armed one. */
  #answered(details: HeadersReceived): boolean {
    const { promise: whole, resolve } = Promise.withResolvers<boolean>()
    const armed = this.#finish(details, { status: details.statusCode, headers: headersOf(details), whole })
    if (armed) this.#coming.set(details.requestId, { tabId: details.tabId, end: resolve })
    return armed
  }

  #completed({ requestId }: RequestCompleted): void {
    this.#unpaid.delete(requestId)
    this.#came(requestId, true)
  }

  #came(requestId: string, whole: boolean): void {
    this.#coming.get(requestId)?.end(whole)
    this.#coming.delete(requestId)
  }

  #failed(details: RequestFailed): void {
    this.#came(details.requestId, details.error === GIVEN_UP)
    // A page gives up its 402 once it sends the request again; that may be heard of later.
    if (this.#unpaid.delete(details.requestId)) return
    // A prefetch that came to nothing is not the page.
    if (details.type === 'main_frame' && details.documentId !== undefined) return
    // A page load that was cut short by loading the same page again carries the credential the second time too.
    const pause = details.type === 'main_frame' ? LOADED_AGAIN_WITHIN_MS : 0
    setTimeout(() => this.#finish(details, NO_ANSWER), pause)
  }

  /** Gives an armed request its answer. False when the request was not an armed one. */
  #finish({ tabId, url, method, type }: HeadersReceived | RequestFailed, answer: PaidAnswer): boolean {
    for (const { request, finish } of this.#waiting) {
      const sameUrl = request.url === (type === 'main_frame' ? withoutFragment(url) : url)
      if (!sameUrl || request.tabId !== tabId || request.resourceType !== type || request.method !== method) continue
      finish(answer)
      return true
    }
    return false
  }

  #committed({ tabId, frameId, documentId, documentLifecycle, url, transitionQualifiers }: Committed): void {
    if (frameId !== 0 || documentLifecycle !== 'active') return
    this.#left(tabId, { documentId, url: withoutFragment(url) })
    const seen = this.#seenPages.get(tabId)
    // A new tab's blank page may be reported only after the answer to what is opened in it.
    if (!seen || withoutFragment(seen.url) !== withoutFragment(url)) return
    this.#seenPages.delete(tabId)
    if (Date.now() - seen.timeStamp > COMMITTED_WITHIN_MS) return
    const page = {
      tabId,
      documentId,
      url: withoutFragment(url),
      method: seen.method,
      headers: headersOf(seen),
      fromHistory: transitionQualifiers.includes('forward_back'),
      redirected: transitionQualifiers.includes('server_redirect'),
    }
    for (const listener of this.#pageListeners) listener(page)
  }

  /** A tab shows another document, or none: what its last one had under way is over. */
  #left(tabId: number, shown: Parameters<LeftListener>[1], lastWindow = false): void {
    this.#watched.get(tabId)?.end()
    for (const [requestId, answer] of this.#coming) if (answer.tabId === tabId) this.#came(requestId, true)
    for (const key of this.#seenAnswers.keys()) if (key.startsWith(`${tabId}#`)) this.#seenAnswers.delete(key)
    this.#giveUp(({ request }) => request.tabId === tabId && (request.resourceType === 'xmlhttprequest' || !shown))
    if (!shown) this.#observedTabs.delete(tabId)
    for (const listener of this.#leftListeners) listener(tabId, shown, lastWindow)
  }
}

const NO_ANSWER: PaidAnswer = { status: 0, headers: [], whole: Promise.resolve(false) }

/** What the browser calls it when a page aborts a request, or is left. */
const GIVEN_UP = 'net::ERR_ABORTED'

const headersOf = ({ responseHeaders = [] }: HeadersReceived) =>
  responseHeaders.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]))

const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? url
