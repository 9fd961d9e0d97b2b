import type { Credential } from '@/lib/challenge/credential'
import { type ArmedRequest, arm, type Condition, disarm, NO_TAB } from './arming'
import { headersOf, isDemand, withoutFragment } from './details'
import type { PaidAnswer, Repeat } from './interceptor'
import type { HeadersReceived, RequestFailed } from './watch'

/** An armed request that waits for its answer. */
interface Waiting {
  readonly request: ArmedRequest
  readonly finish: (answer: PaidAnswer) => void
  /** A 402 in answer to it is one like any other. */
  readonly again: boolean
}

const NO_ANSWER: PaidAnswer = { status: 0, headers: [], whole: Promise.resolve(false) }

/** Requests that carry a credential once they are sent, from being armed until the whole answer is there. */
export class ArmedRequests {
  readonly #waiting = new Set<Waiting>()
  /** Answers whose content is still coming, by the browser's id of the request. */
  readonly #coming = new Map<string, { readonly tabId: number; readonly end: (whole: boolean) => void }>()

  /** How many of a tab's wait for their answer. */
  countOf(tabId: number): number {
    return [...this.#waiting].filter(({ request }) => request.tabId === tabId).length
  }

  /** Whether anything of a tab's is under way; for `NO_TAB`, of any service worker's. */
  isBusy(tabId: number): boolean {
    const isOf = (request: ArmedRequest) => (tabId === NO_TAB ? request.worker !== undefined : request.tabId === tabId)
    return (
      [...this.#waiting].some(({ request }) => isOf(request)) ||
      [...this.#coming.values()].some((answer) => answer.tabId === tabId)
    )
  }

  /** Whether this is an armed request whose answer has begun. */
  isAnswering(requestId: string): boolean {
    return this.#coming.has(requestId)
  }

  /** Lets the request carry the credential until it is answered, given up, or `until` (Unix milliseconds). */
  async arm(
    request: ArmedRequest,
    conditions: readonly Condition[],
    credential: Credential,
    until: number,
    again = false,
  ): Promise<Repeat> {
    const ruleIds = await arm(conditions, credential)
    const { promise, resolve } = Promise.withResolvers<PaidAnswer>()
    const waiting = { request, finish: resolve, again }
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

  giveUp(condition: (request: ArmedRequest) => boolean): void {
    for (const { request, finish } of this.#waiting) if (condition(request)) finish(NO_ANSWER)
  }

  /** Gives an armed request its answer, and waits for the rest of it. False when there is more to be done about it. */
  answered(details: HeadersReceived): boolean {
    const { promise: whole, resolve } = Promise.withResolvers<boolean>()
    const armed = this.#finish(details, { status: details.statusCode, headers: headersOf(details), whole })
    const asksAgain = armed?.again === true && isDemand(details)
    if (armed && !asksAgain) this.#coming.set(details.requestId, { tabId: details.tabId, end: resolve })
    return armed !== null && !asksAgain
  }

  /** The rest of an answer is there, or will not come. */
  came(requestId: string, whole: boolean): void {
    this.#coming.get(requestId)?.end(whole)
    this.#coming.delete(requestId)
  }

  /** A request came to nothing. */
  failed(details: RequestFailed): void {
    this.#finish(details, NO_ANSWER)
  }

  /** A tab shows another page, or (`showsPage` is false) none: only that page itself is still awaited. */
  left(tabId: number, showsPage: boolean): void {
    for (const [requestId, answer] of this.#coming) if (answer.tabId === tabId) this.came(requestId, true)
    this.giveUp((request) => request.tabId === tabId && (request.resourceType !== 'main_frame' || !showsPage))
  }

  /** Gives an armed request its answer. Null when the request was not an armed one. */
  #finish(
    { tabId, initiator, url, method, type }: HeadersReceived | RequestFailed,
    answer: PaidAnswer,
  ): Waiting | null {
    for (const waiting of this.#waiting) {
      const { request, finish } = waiting
      const { worker } = request
      const sameUrl = request.url === (type === 'xmlhttprequest' ? url : withoutFragment(url))
      const itsOwn = worker === undefined ? tabId === request.tabId : tabId === NO_TAB && initiator === worker
      if (!sameUrl || !itsOwn || request.resourceType !== type || request.method !== method) continue
      finish(answer)
      return waiting
    }
    return null
  }
}
