import { browser } from 'wxt/browser'
import type { AnswerBody } from '@/lib/challenge/answer'
import type { TabDocument } from '@/lib/intercept/interceptor'
import { LONGEST_TEXT } from '@/lib/page/text'
import type { BodyRequest } from '@/lib/page/wire'
import { needsBody } from './reading'
import type { Sighting } from './sighting'

/** So long a page is waited for, and what it says, in milliseconds. */
const COMES_WITHIN_MS = 5_000
const SAYS_WITHIN_MS = 15_000

/**
 * Asks pages that were answered 402 for what their headers do not say: servers of x402's version 1 say it in the body, which a
 * browser shows no extension. Only the relay in the page itself can ask its address again as the page would.
 */
export class Paywalls {
  /** Those that are waited for, by document. */
  readonly #awaited = new Map<string, () => void>()

  /** The relay of a page that was answered 402 is there. */
  arrived({ documentId }: TabDocument): void {
    this.#awaited.get(documentId)?.()
  }

  /** A page as it was seen, with its body where nothing else can be read. What it costs to ask is one request of the page's. */
  async complete(sighting: Sighting): Promise<Sighting> {
    const { target, request, answer } = sighting
    if (target.via !== 'navigation' || request.method !== 'GET' || !needsBody(request, answer)) return sighting
    return { ...sighting, answer: { ...answer, body: await this.#ask(target, request.url) } }
  }

  async #ask(page: TabDocument, url: string): Promise<AnswerBody | null> {
    const { documentId } = page
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, COMES_WITHIN_MS)
    this.#awaited.set(documentId, resolve)
    try {
      // The page may not be so far yet that somebody hears it.
      const text = await askRelay(page, url).catch(async () => {
        if (!(await canSpeak(page))) return null
        await arrived
        return askRelay(page, url).catch(() => null)
      })
      return typeof text === 'string' && text.length <= LONGEST_TEXT ? { text, from: 'site' } : null
    } finally {
      clearTimeout(timer)
      this.#awaited.delete(documentId)
    }
  }
}

/** The document is named, so that only its own relay can answer. Rejects when there is none; null when it takes too long. */
const askRelay = ({ tabId, documentId }: TabDocument, url: string): Promise<unknown> =>
  Promise.race([
    browser.tabs.sendMessage(tabId, { tuppenceBody: { url } } satisfies BodyRequest, { documentId }),
    new Promise((resolve) => setTimeout(resolve, SAYS_WITHIN_MS, null)),
  ])

/** What has no body at all the browser covers with a page of its own, in which nobody is. */
async function canSpeak({ tabId, documentId }: TabDocument): Promise<boolean> {
  const frame = await browser.webNavigation.getFrame({ tabId, frameId: 0 }).catch(() => null)
  return frame?.documentId === documentId && !frame.errorOccurred
}
