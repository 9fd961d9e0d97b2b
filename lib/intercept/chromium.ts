import { type Browser, browser } from 'wxt/browser'
import { TuppenceError } from '@/lib/errors'
import { ArmedRequests } from './armed-requests'
import { type ArmedRequest, conditionsFor, disarmAll, NO_TAB } from './arming'
import { headersOf, isDemand, withoutFragment } from './details'
import { readForm, type SubmittedForm } from './form'
import { askAgain, canRun, findUnpaid, loadAgain, reload, runIn } from './in-page'
import type {
  Interceptor,
  PagePart,
  PreparedRepeat,
  RepeatableRequest,
  SeenAnswer,
  SeenFrame,
  SeenPage,
  TabDocument,
} from './interceptor'
import { SeenAnswers } from './seen-answers'
import {
  type HeadersReceived,
  type RequestCompleted,
  type RequestFailed,
  type ResponseStarted,
  type Watch,
  watchRequests,
} from './watch'

type Submitted = Browser.webRequest.OnBeforeRequestDetails
type Committed = Browser.webNavigation.WebNavigationTransitionCallbackDetails
type LeftListener = Parameters<Interceptor['onLeft']>[0]
type ResourceType = ArmedRequest['resourceType']

/** Where 402s are looked for; the manifest's host permissions say the same. */
const URLS = ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*']
const LOADED_AGAIN_WITHIN_MS = 1_500
/** An answer that is not shown soon was not for what is shown later. */
const COMMITTED_WITHIN_MS = 30_000
/** The browser has a thousand such rules for all tabs together. */
const MOST_UNDERWAY = 200

/** What the browser calls a part of a page when it asks for it. */
const TYPE_OF: Readonly<Record<PagePart['kind'], ResourceType>> = {
  image: 'image',
  media: 'media',
  frame: 'sub_frame',
}

/** How a tab came to its page. */
interface Arrival {
  readonly fromHistory: boolean
  readonly redirected: boolean
}

/**
 * Chromium: answers are seen by webRequest, credentials are set by declarativeNetRequest session rules. Only `main_frame`
 * is observed at all times; whatever else a tab asks for, only while a payment may need it.
 */
export class ChromiumInterceptor implements Interceptor {
  /** The page whose answer was last seen in a tab, by its address. */
  readonly #observed = new Map<number, string>()
  /** Forms on their way, by the browser's id of the request. */
  readonly #submitted = new Map<string, Submitted>()
  readonly #seenPages = new Map<number, { details: HeadersReceived; form: SubmittedForm | null; fromCache: boolean }>()
  /** Pages whose 402 came out of the cache, and that are asked for anew. */
  readonly #askedAnew = new Map<number, Arrival & { readonly url: string }>()
  readonly #seenFrames = new Map<string, ResponseStarted>()
  readonly #seenAnswers = new SeenAnswers()
  readonly #armed = new ArmedRequests()
  /** Requests that were answered 402, by the browser's id: how they end says nothing of the paid ones that look the same. */
  readonly #unpaid = new Set<string>()
  /** What is watched in each tab, and service workers by what they ask for. */
  readonly #watches = new Map<string, Watch>()
  readonly #pageListeners: ((page: SeenPage) => void)[] = []
  readonly #frameListeners: ((frame: SeenFrame) => void)[] = []
  readonly #arrivalListeners: ((tabId: number, url: string) => void)[] = []
  readonly #leftListeners: LeftListener[] = []

  /** Registers its listeners at once, as the browser demands of a background that it may wake. */
  constructor() {
    const { onBeforeRequest, onHeadersReceived, onResponseStarted, onErrorOccurred, onCompleted } = browser.webRequest
    const pages = { urls: URLS, types: ['main_frame' as const] }
    onBeforeRequest.addListener((details) => this.#submits(details), pages, ['requestBody'])
    onHeadersReceived.addListener((details) => this.#pageAnswered(details), pages, ['responseHeaders'])
    onResponseStarted.addListener((details) => this.#pageStarted(details), pages)
    onErrorOccurred.addListener((details) => this.#failed(details), pages)
    onCompleted.addListener((details) => this.#completed(details), pages)
    browser.webNavigation.onCommitted.addListener((details) => this.#committed(details))
    browser.tabs.onRemoved.addListener(async (tabId, { isWindowClosing }) =>
      this.#left(tabId, null, isWindowClosing && (await browser.windows.getAll()).length === 0),
    )
  }

  onSeenPage(listener: (page: SeenPage) => void): void {
    this.#pageListeners.push(listener)
  }

  onSeenFrame(listener: (frame: SeenFrame) => void): void {
    this.#frameListeners.push(listener)
  }

  onArrival(listener: (tabId: number, url: string) => void): void {
    this.#arrivalListeners.push(listener)
  }

  onLeft(listener: LeftListener): void {
    this.#leftListeners.push(listener)
  }

  async loadUnseen(tabId: number, url: string): Promise<void> {
    if (this.#observed.get(tabId) === url) return
    // Once only, whatever becomes of it.
    this.#observed.set(tabId, url)
    await browser.tabs.reload(tabId, { bypassCache: true })
  }

  watch(tabId: number, worker?: { readonly origin: string; readonly url: string }): void {
    this.#watchTab(tabId, 'xmlhttprequest')
    if (worker) this.#watchWorker(worker.origin, new URL(worker.url).origin)
  }

  watchFrames(tabId: number): void {
    this.#watchTab(tabId, 'sub_frame')
  }

  seenAnswer(page: { readonly tabId: number; readonly origin: string }, marker: string): Promise<SeenAnswer | null> {
    return this.#seenAnswers.take(page, marker)
  }

  async unpaidParts(document: TabDocument): Promise<readonly PagePart[]> {
    return (await runIn(document, findUnpaid)) ?? []
  }

  async askAgain(document: TabDocument, { url }: PagePart, origin: string): Promise<SeenAnswer | null> {
    const { tabId } = document
    const marker = `x402-${crypto.randomUUID()}`
    this.watch(tabId)
    await runIn(document, askAgain, `${url}#${marker}`)
    return this.seenAnswer({ tabId, origin }, marker)
  }

  async isShowing({ tabId, documentId }: TabDocument, url?: string): Promise<boolean> {
    const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
    return frame?.documentId === documentId && (url === undefined || withoutFragment(frame.url) === url)
  }

  async isAt(tabId: number, origin: string): Promise<boolean> {
    const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
    return URL.parse(frame?.url ?? '')?.origin === origin
  }

  async pageOf(tabId: number): Promise<(TabDocument & { origin: string; url: string }) | null> {
    const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
    const { protocol, origin } = URL.parse(frame?.url ?? '') ?? { protocol: '', origin: '' }
    if (!frame || !/^https?:$/.test(protocol)) return null
    return { tabId, documentId: frame.documentId, origin, url: withoutFragment(frame.url) }
  }

  async isActive(tabId: number): Promise<boolean> {
    return (await browser.tabs.get(tabId).catch(() => null))?.active === true
  }

  async prepare(request: RepeatableRequest): Promise<PreparedRepeat> {
    const { tabId } = request
    if (this.#armed.countOf(tabId) >= MOST_UNDERWAY) throw new TuppenceError('too_many_requests')
    const armed = armedRequest(request)
    const conditions = await conditionsFor(armed)
    await assertRepeatable(request)
    return {
      send: async (credential, until, { again } = { again: false }) => {
        if (request.via === 'fetch') {
          this.watch(tabId, request.worker === undefined ? undefined : { origin: request.worker, url: request.url })
          return this.#armed.arm(armed, conditions, credential, until, again)
        }
        if (request.via === 'part') this.#watchTab(tabId, armed.resourceType)
        const repeat = await this.#armed.arm(armed, conditions, credential, until, again)
        if (!(await this.#loadAgain(request))) {
          this.#armed.giveUp((request) => request === armed)
          throw new TuppenceError('page_gone')
        }
        return repeat
      },
    }
  }

  /** False when what is to be loaded again is not there any more. */
  async #loadAgain(request: RepeatableRequest): Promise<boolean> {
    if (request.via === 'part') {
      const { kind, url } = request
      return (await runIn(request, loadAgain, { kind, url })) === true
    }
    // Loading "the tab again" would load whatever the user has gone to meanwhile.
    if (!(await this.isShowing(request, request.url))) return false
    // The browser asks a person before it lets a tab send a form twice. The page itself may.
    if (request.method !== 'GET') return (await runIn(request, reload)) !== null
    await browser.tabs.reload(request.tabId, { bypassCache: true })
    return true
  }

  abandon(tabId: number, marker: string): void {
    this.#armed.giveUp((request) => request.tabId === tabId && request.url.endsWith(`#${marker}`))
  }

  sweep(): Promise<void> {
    return disarmAll()
  }

  #watchTab(tabId: number, type: ResourceType): void {
    this.#watch(`${tabId} ${type}`, { urls: URLS, types: [type], tabId }, () => this.#armed.isBusy(tabId))
  }

  /** A service worker's requests belong to no tab: those of all of them are let through to here, limited to one site's addresses. */
  #watchWorker(origin: string, site: string): void {
    const filter = { urls: [`${site}/*`], types: ['xmlhttprequest' as const] }
    this.#watch(`${origin} ${site}`, filter, () => this.#armed.isBusy(NO_TAB))
  }

  #watch(key: string, filter: Browser.webRequest.RequestFilter, isBusy: () => boolean): void {
    const watch = this.#watches.get(key)
    if (watch) {
      watch.renew()
      return
    }
    const inTab = filter.tabId !== undefined
    /** A tab's own are seen by the tab's own watch. */
    const only =
      <Details extends { tabId: number }>(listener: (details: Details) => void) =>
      (details: Details): undefined => {
        if (inTab || details.tabId === NO_TAB) listener(details)
      }
    const listeners = {
      answered: only<HeadersReceived>((details) => this.#requestAnswered(details)),
      started: only<ResponseStarted>((details) => this.#requestStarted(details)),
      failed: only<RequestFailed>((details) => this.#failed(details)),
      completed: only<RequestCompleted>((details) => this.#completed(details)),
    }
    this.#watches.set(key, watchRequests(filter, listeners, { isBusy, onEnd: () => this.#watches.delete(key) }))
  }

  #submits(details: Submitted): undefined {
    // A redirect tells of the same request once more.
    if (details.method !== 'GET' && !this.#submitted.has(details.requestId))
      this.#submitted.set(details.requestId, details)
  }

  #pageAnswered(details: HeadersReceived): undefined {
    const { documentId, tabId, requestId, url, method } = details
    // Prefetched and prerendered documents have an id before they are shown; they are never paid for.
    if (documentId !== undefined) return
    this.#observed.set(tabId, withoutFragment(url))
    this.#watches.get(`${tabId} sub_frame`)?.end()
    for (const listener of this.#arrivalListeners) listener(tabId, url)
    if (this.#armed.answered(details)) return
    if (isDemand(details)) {
      const form = method === 'GET' ? null : readForm(this.#submitted.get(requestId) ?? null, url)
      this.#unpaid.add(requestId)
      this.#seenPages.set(tabId, { details, form, fromCache: false })
    } else this.#seenPages.delete(tabId)
  }

  #pageStarted({ tabId, requestId, fromCache }: ResponseStarted): void {
    const seen = this.#seenPages.get(tabId)
    if (seen?.details.requestId === requestId) seen.fromCache = fromCache
  }

  #requestAnswered(details: HeadersReceived): void {
    if (!this.#armed.answered(details) && isDemand(details)) this.#unpaid.add(details.requestId)
  }

  #requestStarted(details: ResponseStarted): void {
    const { requestId, statusCode, fromCache, tabId, initiator, method } = details
    if (!isDemand(details) || this.#armed.isAnswering(requestId)) return
    if (details.type === 'sub_frame') {
      if (!fromCache && isOwnFrame(details)) this.#seenFrames.set(frameKey(details), details)
      return
    }
    const [url = '', marker] = details.url.split('#')
    if (!marker) return
    const byWorker = tabId === NO_TAB
    const headers = headersOf(details)
    this.#seenAnswers.note(marker, { tabId, initiator, url, method, status: statusCode, headers, fromCache, byWorker })
  }

  #completed({ requestId }: RequestCompleted): void {
    this.#submitted.delete(requestId)
    this.#unpaid.delete(requestId)
    this.#armed.came(requestId, true)
  }

  #failed(details: RequestFailed): void {
    this.#submitted.delete(details.requestId)
    this.#armed.came(details.requestId, details.error === GIVEN_UP)
    // A page gives up its 402 once it sends the request again; that may be heard of later.
    if (this.#unpaid.delete(details.requestId)) return
    // A prefetch that came to nothing is not the page.
    if (details.type === 'main_frame' && details.documentId !== undefined) return
    // A page load that was cut short by loading the same page again carries the credential the second time too.
    const pause = details.type === 'main_frame' ? LOADED_AGAIN_WITHIN_MS : 0
    setTimeout(() => this.#armed.failed(details), pause)
  }

  #committed(details: Committed): void {
    const { tabId, frameId, documentId, documentLifecycle, url, transitionType, transitionQualifiers } = details
    if (documentLifecycle !== 'active') return
    if (frameId !== 0) {
      this.#frameCommitted(details)
      return
    }
    const address = withoutFragment(url)
    // Loading it again would send the form again.
    if (transitionType === 'form_submit') this.#observed.set(tabId, address)
    this.#left(tabId, { documentId, url: address })
    const seen = this.#seenPages.get(tabId)
    // A new tab's blank page may be reported only after the answer to what is opened in it.
    if (!seen || withoutFragment(seen.details.url) !== address) return
    this.#seenPages.delete(tabId)
    const { timeStamp, method, statusCode: status } = seen.details
    if (Date.now() - timeStamp > COMMITTED_WITHIN_MS) return
    const before = this.#askedAnew.get(tabId)
    this.#askedAnew.delete(tabId)
    const came: Arrival = {
      fromHistory: transitionQualifiers.includes('forward_back') || (before?.url === address && before.fromHistory),
      redirected: transitionQualifiers.includes('server_redirect') || (before?.url === address && before.redirected),
    }
    if (seen.fromCache && method === 'GET') {
      // What the site asks now may be something else.
      this.#askedAnew.set(tabId, { url: address, ...came })
      void browser.tabs.reload(tabId, { bypassCache: true }).catch(() => undefined)
      return
    }
    const form: SubmittedForm | null = seen.fromCache ? { digest: null, problem: 'form_post' } : seen.form
    const page = { tabId, documentId, url: address, method, status, headers: headersOf(seen.details), form, ...came }
    for (const listener of this.#pageListeners) listener(page)
  }

  #frameCommitted(details: Committed): void {
    const key = frameKey(details)
    const seen = this.#seenFrames.get(key)
    this.#seenFrames.delete(key)
    const { tabId, parentDocumentId: documentId, transitionQualifiers } = details
    const url = withoutFragment(details.url)
    if (!seen || !documentId || withoutFragment(seen.url) !== url || seen.parentDocumentId !== documentId) return
    const redirected = transitionQualifiers.includes('server_redirect')
    const frame = { tabId, documentId, url, status: seen.statusCode, headers: headersOf(seen), redirected }
    for (const listener of this.#frameListeners) listener(frame)
  }

  /** A tab shows another document, or none: what its last one had under way is over. */
  #left(tabId: number, shown: Parameters<LeftListener>[1], lastWindow = false): void {
    // Frames are watched from their page's answer on, before it is shown.
    const ending: ResourceType[] = ['xmlhttprequest', 'image', 'media']
    for (const type of shown ? ending : [...ending, 'sub_frame']) this.#watches.get(`${tabId} ${type}`)?.end()
    for (const key of this.#seenFrames.keys()) if (key.startsWith(`${tabId} `)) this.#seenFrames.delete(key)
    this.#seenAnswers.forget(tabId)
    this.#armed.left(tabId, shown !== null)
    if (this.#observed.get(tabId) !== shown?.url) this.#observed.delete(tabId)
    if (!shown) this.#askedAnew.delete(tabId)
    for (const listener of this.#leftListeners) listener(tabId, shown, lastWindow)
  }
}

function armedRequest(request: RepeatableRequest): ArmedRequest {
  const { tabId, url, method } = request
  switch (request.via) {
    case 'navigation':
      return { tabId, url, method, resourceType: 'main_frame' }
    case 'fetch':
      return { tabId, url: `${url}#${request.marker}`, method, resourceType: 'xmlhttprequest', worker: request.worker }
    case 'part':
      return { tabId, url, method, resourceType: TYPE_OF[request.kind] }
  }
}

/** Throws where the page is one that nothing can be done in. */
async function assertRepeatable(request: RepeatableRequest): Promise<void> {
  const isForm = request.via === 'navigation' && request.method !== 'GET'
  // The browser's own page, in place of an empty answer, lets nobody send its form again.
  if (isForm && !(await runIn(request, canRun))) throw new TuppenceError('url_not_matchable')
}

/** A frame right below the page, that the page itself has sent to an address of its own site. */
const isOwnFrame = ({ method, parentFrameId, initiator, url }: ResponseStarted): boolean =>
  method === 'GET' && parentFrameId === 0 && initiator === new URL(url).origin

const frameKey = ({ tabId, frameId }: { tabId: number; frameId: number }): string => `${tabId} ${frameId}`

/** What the browser calls it when a page aborts a request, or is left. */
const GIVEN_UP = 'net::ERR_ABORTED'
