import { type Browser, browser } from 'wxt/browser'

export type ResponseStarted = Browser.webRequest.OnResponseStartedDetails
export type HeadersReceived = Browser.webRequest.OnHeadersReceivedDetails
export type RequestFailed = Browser.webRequest.OnErrorOccurredDetails
export type RequestCompleted = Browser.webRequest.OnCompletedDetails

/** What is done with the requests that are watched. */
export interface Listeners {
  /** Headers are there, those of redirects and of answers out of the cache included. */
  readonly answered: (details: HeadersReceived) => undefined
  /** The final answer begins; `fromCache` is known by now. */
  readonly started: (details: ResponseStarted) => void
  readonly failed: (details: RequestFailed) => void
  readonly completed: (details: RequestCompleted) => void
}

/** Requests that are looked at for a while. */
export interface Watch {
  /** From now on for the whole time again. */
  renew(): void
  end(): void
}

/** Before the browser ends an idle background, which would forget to. */
const WATCHES_FOR_MS = 25_000

/** Looks at the requests that a filter names, for 25 seconds and as long as `isBusy` says so. In force when it returns. */
export function watchRequests(
  filter: Browser.webRequest.RequestFilter,
  { answered, started, failed, completed }: Listeners,
  { isBusy, onEnd }: { isBusy: () => boolean; onEnd: () => void },
): Watch {
  const { onHeadersReceived, onResponseStarted, onErrorOccurred, onCompleted } = browser.webRequest
  onHeadersReceived.addListener(answered, filter, ['responseHeaders'])
  onResponseStarted.addListener(started, filter, ['responseHeaders'])
  onErrorOccurred.addListener(failed, filter)
  onCompleted.addListener(completed, filter)
  const end = () => {
    clearTimeout(timer)
    onHeadersReceived.removeListener(answered)
    onResponseStarted.removeListener(started)
    onErrorOccurred.removeListener(failed)
    onCompleted.removeListener(completed)
    onEnd()
  }
  const endWhenIdle = () => (isBusy() ? renew() : end())
  const renew = () => {
    clearTimeout(timer)
    timer = setTimeout(endWhenIdle, WATCHES_FOR_MS)
  }
  let timer = setTimeout(endWhenIdle, WATCHES_FOR_MS)
  return { renew, end }
}
