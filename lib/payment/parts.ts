import { type AnswerHeader, findHeader } from '@/lib/challenge/answer'
import { isPayable } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PagePart, SeenFrame } from '@/lib/intercept/interceptor'
import { tokenId } from '@/lib/money/assets'
import { type Usd, usdToString } from '@/lib/money/usd'
import { siteRule } from '@/lib/policy/rules'
import type { RuleBook } from '@/lib/settings/rules'
import type { Orchestrator } from './orchestrator'
import { readChallenge } from './reading'
import { keptHeaders, pageAddress, type Sighting } from './sighting'

/** Prices that were looked at and not paid; the next popup looks again. */
const MOST_SEEN = 50

/**
 * Parts of pages that cost money: images, media, frames. Frames of a page's own site are paid unasked where the user has set that
 * site to be paid by itself; everything else is listed in the popup, and waits for somebody to ask for it there.
 */
export class Parts {
  readonly #interceptor: Interceptor
  readonly #orchestrator: Orchestrator
  readonly #ruleBook: RuleBook
  /** 402s whose price a person has been shown: that one is paid, and no other. */
  readonly #seen = new Map<string, Sighting>()

  constructor(interceptor: Interceptor, orchestrator: Orchestrator, ruleBook: RuleBook) {
    this.#interceptor = interceptor
    this.#orchestrator = orchestrator
    this.#ruleBook = ruleBook
  }

  /** A page's answer is there. Its frames are watched where they may be paid, and nowhere else: it takes time on every page. */
  arrived(tabId: number, url: string): void {
    if (this.#isAuto(new URL(url).origin)) this.#interceptor.watchFrames(tabId)
  }

  /** A frame was answered 402. */
  async considerFrame({ tabId, documentId, url, status, headers, redirected }: SeenFrame): Promise<void> {
    const { origin } = new URL(url)
    const page = await this.#interceptor.pageOf(tabId)
    // A frame may be of its own site's making in another site's page.
    if (page?.documentId !== documentId || page.origin !== origin || !this.#isAuto(origin)) return
    const seen = { url, status, headers }
    await this.#orchestrator.consider({
      ...sightingOf(page, { kind: 'frame', url }, seen, false),
      afterRedirect: redirected,
    })
  }

  /** The parts of a tab's page that were not paid for. */
  async list(tabId: number): Promise<readonly PagePart[]> {
    const page = await this.#interceptor.pageOf(tabId)
    return page ? this.#interceptor.unpaidParts(page) : []
  }

  /** What a part costs, at the least, in money that may be spent; null when that cannot be read. The site is asked once more. */
  async price(tabId: number, part: PagePart): Promise<Usd | null> {
    const { request, answer } = await this.#look(tabId, part)
    const reading = readChallenge(request, answer)
    const offers = reading.ok ? reading.challenge.offers.filter(isPayable) : []
    const { tokens } = this.#ruleBook.rules
    const allowed = offers.filter(({ asset }) => tokens.includes(tokenId(asset)))
    const prices = (allowed.length > 0 ? allowed : offers).map(({ price }) => price)
    return prices.reduce<Usd | null>((least, price) => (least === null || price < least ? price : least), null)
  }

  /**
   * Pays for a part, within the rules and for no more than the price that was shown. Says whether a person is asked first. Throws `page_gone`, `part_gone`, and
   * `not_allowed` with its reason.
   */
  async pay(tabId: number, part: PagePart, most: Usd): Promise<{ waits: boolean }> {
    const page = await this.#interceptor.pageOf(tabId)
    const seen = this.#seen.get(keyOf(tabId, part))
    const isShown = seen !== undefined && seen.target.documentId === page?.documentId
    const sighting = isShown ? seen : await this.#look(tabId, part)
    const outcome = await this.#orchestrator.consider({ ...sighting, pageMaximum: usdToString(most) })
    this.#seen.delete(keyOf(tabId, part))
    if (outcome.kind !== 'refused') return { waits: outcome.kind === 'asked' }
    const [reason] = outcome.reasons
    throw new TuppenceError('not_allowed', reason && { ...reason.values, reason: reason.code })
  }

  async #look(tabId: number, part: PagePart): Promise<Sighting> {
    const page = await this.#interceptor.pageOf(tabId)
    const seen = page && (await this.#interceptor.askAgain(page, part, page.origin))
    if (!page) throw new TuppenceError('page_gone')
    if (seen?.url !== part.url) throw new TuppenceError('part_gone')
    const sighting = sightingOf(page, part, seen, true)
    this.#seen.set(keyOf(tabId, part), sighting)
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined && this.#seen.size > MOST_SEEN) this.#seen.delete(oldest)
    return sighting
  }

  #isAuto(site: string): boolean {
    return siteRule(this.#ruleBook.rules, site, Date.now())?.mode === 'auto'
  }
}

const keyOf = (tabId: number, { kind, url }: PagePart): string => `${tabId} ${kind} ${url}`

interface Page {
  readonly tabId: number
  readonly documentId: string
  readonly origin: string
  readonly url: string
}

function sightingOf(
  { tabId, documentId, origin, url: pageUrl }: Page,
  { kind, url }: PagePart,
  { status, headers }: { readonly status: number; readonly headers: readonly AnswerHeader[] },
  wanted: boolean,
): Sighting {
  return {
    target: { via: 'part', tabId, documentId, kind, wanted },
    request: { method: 'GET', url, bodyDigest: null },
    answer: { status, headers: keptHeaders(headers), body: null },
    page: origin,
    pageUrl: pageAddress(pageUrl),
    pageMaximum: null,
    reason: null,
    agent: null,
    fromHistory: false,
    afterRedirect: false,
    obstacle: kind !== 'frame' && isKept(headers) ? 'part_cached' : null,
  }
}

/** Whether the browser may answer with this 402 out of its cache. Nothing makes it ask anew for an image. */
function isKept(headers: readonly AnswerHeader[]): boolean {
  const control = findHeader(headers, 'cache-control') ?? ''
  if (/no-store|no-cache|max-age=0\b/i.test(control)) return false
  return /max-age|immutable/i.test(control) || Date.parse(findHeader(headers, 'expires') ?? '') > Date.now()
}
