import { NO_TAB } from './arming'
import type { SeenAnswer } from './interceptor'

const SEEN_WITHIN_MS = 1_000
/** A page can provoke 402s and never ask for them to be paid. */
const MOST = 500

/** A 402 and who was given it, as the browser says: a tab, or (`NO_TAB`) a service worker of this origin. */
interface Noted extends SeenAnswer {
  readonly tabId: number
  readonly initiator: string | undefined
}

/** The 402s that marked requests got, until somebody asks for them. */
export class SeenAnswers {
  readonly #noted = new Map<string, Noted>()
  readonly #awaited = new Map<string, (noted: Noted) => void>()

  note(marker: string, noted: Noted): void {
    const awaited = this.#awaited.get(marker)
    if (awaited) awaited(noted)
    else this.#noted.set(marker, noted)
    const [oldest] = this.#noted.keys()
    if (oldest !== undefined && this.#noted.size > MOST) this.#noted.delete(oldest)
  }

  /** The 402 of a marked request, given to this tab or to its page's own service worker; null when none comes within a second. */
  async take({ tabId, origin }: { tabId: number; origin: string }, marker: string): Promise<SeenAnswer | null> {
    const noted = this.#noted.get(marker) ?? (await this.#wait(marker))
    this.#noted.delete(marker)
    if (!noted) return null
    const { tabId: given, initiator, ...seen } = noted
    return given === tabId || (given === NO_TAB && initiator === origin) ? seen : null
  }

  /** A tab's page is gone: nobody will ask. */
  forget(tabId: number): void {
    for (const [marker, noted] of this.#noted) if (noted.tabId === tabId) this.#noted.delete(marker)
  }

  /** The page's message may overtake the browser's event. */
  #wait(marker: string): Promise<Noted | null> {
    const { promise, resolve } = Promise.withResolvers<Noted | null>()
    const timer = setTimeout(() => resolve(null), SEEN_WITHIN_MS)
    this.#awaited.set(marker, resolve)
    return promise.finally(() => {
      clearTimeout(timer)
      this.#awaited.delete(marker)
    })
  }
}
