import { browser } from 'wxt/browser'
import { intentOf } from '@/lib/challenge/intent'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Decision } from '@/lib/policy/decide'
import type { RefuseReason } from '@/lib/policy/reasons'
import type { Approvals, PendingApproval } from './approvals'
import { openPrompt, showWaiting } from './prompt'
import type { Purchase, Sighting, Target } from './sighting'
import { isSilenced, noteRefusal } from './silence'

/** What becomes of questions between being asked and being answered: put, withdrawn, left, too late, closed, opened again. */
export class Questions {
  readonly #approvals: Approvals
  readonly #interceptor: Interceptor
  readonly #announceChange: () => void

  constructor(approvals: Approvals, interceptor: Interceptor, announceChange: () => void) {
    this.#approvals = approvals
    this.#interceptor = interceptor
    this.#announceChange = announceChange
  }

  /** Puts a question to the person. Gives why not, or null once it waits. */
  async ask(
    { sighting, challenge, offer }: Purchase,
    { reasons, others }: Pick<Extract<Decision, { action: 'ask' }>, 'reasons' | 'others'>,
  ): Promise<Extract<RefuseReason, 'silenced' | 'too_many_questions' | 'page_gone'> | null> {
    if (await isSilenced(sighting.page)) return 'silenced'
    const intent = intentOf(challenge.request, offer)
    // The browser has opened the page once more that it closed with its question open.
    if (sighting.target.via === 'navigation')
      await this.#approvals.takeWhere(
        (waiting) => waiting.page === 'closed' && waiting.intent === intent && waiting.sighting.page === sighting.page,
      )
    // Asked for once more in the popup: that is one question.
    const { target } = sighting
    if (target.via === 'part')
      await this.#approvals.takeWhere(
        ({ sighting: { target: other, request } }) =>
          other.via === 'part' &&
          other.documentId === target.documentId &&
          other.kind === target.kind &&
          request.url === sighting.request.url,
      )
    const approval = await this.#approvals.add({
      intent,
      sighting,
      offerIndex: challenge.offers.indexOf(offer),
      others: others.map((other) => challenge.offers.indexOf(other)),
      reasons,
    })
    if (!approval) return 'too_many_questions'
    // Whoever left while this was decided has not seen the question come up, and could not withdraw it.
    if (!(await this.#interceptor.isShowing(sighting.target))) {
      await this.#approvals.takeWhere(({ id }) => id === approval.id)
      return 'page_gone'
    }
    return null
  }

  /** Shows how many wait, and puts them in front of the person. */
  async prompt(): Promise<void> {
    await this.show()
    // Not waited for: a window takes its time to open, and the page must know before the background could end.
    void openPrompt()
  }

  /** Whether a person is being asked about this request of a page. */
  isAsking(tabId: number, marker: string): boolean {
    return this.#approvals.list().some(({ sighting: { target } }) => isFor(target, tabId, marker))
  }

  /** A page no longer waits for its payment. Gives what it silenced itself with, if it did. */
  async withdraw(tabId: number, marker: string): Promise<PendingApproval[]> {
    const withdrawn = await this.#approvals.takeWhere(({ sighting: { target } }) => isFor(target, tabId, marker))
    const dropped = await Promise.all(withdrawn.map(({ sighting }) => this.refused(sighting.page)))
    await this.show()
    return dropped.flat()
  }

  /** Notes that a page was refused. Once that silences it, whatever else it asks for is taken out, and given. */
  async refused(page: string): Promise<PendingApproval[]> {
    await noteRefusal(page)
    return (await isSilenced(page)) ? this.#approvals.takeWhere(({ sighting }) => sighting.page === page) : []
  }

  /**
   * A tab shows another document, or is closed: nothing is signed any more for the one before. What the browser's last window
   * takes with it can be asked again.
   */
  async left(tabId: number, shown: { documentId: string; url: string } | null, lastWindow: boolean): Promise<void> {
    const gone = await this.#approvals.takeWhere(
      ({ sighting: { target }, page }) =>
        page === 'open' && target.tabId === tabId && target.documentId !== shown?.documentId,
    )
    for (const approval of gone) {
      const { sighting } = approval
      if (sighting.target.via !== 'navigation') continue
      if (lastWindow && isReopenable(sighting)) await this.#approvals.put({ ...approval, page: 'closed' })
      // A page that loads itself again and again would ask again and again.
      else if (shown?.url === sighting.request.url) await noteRefusal(sighting.page)
    }
    if (gone.length > 0) await this.show()
  }

  /** Takes out what nobody answered in time. */
  late(): Promise<PendingApproval[]> {
    return this.#approvals.takeWhere(({ expiresAt }) => expiresAt <= Date.now())
  }

  /**
   * After a start: forgets questions whose page is gone. A browser that starts again shows none of its pages any more: a page
   * that was to be paid can be opened again, a request of a page cannot be made for it.
   */
  async restore({ newSession }: { newSession: boolean }): Promise<void> {
    for (const approval of this.#approvals.list()) {
      const { sighting, page } = approval
      if (newSession && isReopenable(sighting)) await this.#approvals.put({ ...approval, page: 'closed' })
      else if (newSession || (page === 'open' && !(await this.#interceptor.isShowing(sighting.target))))
        await this.#approvals.takeWhere(({ id }) => id === approval.id)
    }
  }

  /** Opens a page again that ended with the browser. Its 402 finds the approval, and is paid if it is still the same. */
  async reopen(approval: PendingApproval, remember: boolean): Promise<void> {
    const { id: tabId } = await browser.tabs.create({ active: true })
    if (tabId === undefined) return
    await this.#approvals.put({ ...approval, page: { reopenedIn: tabId, remember } })
    await browser.tabs.update(tabId, { url: approval.sighting.request.url })
  }

  /** The approval for which this page was opened again; null for every other page, and every request of a page. */
  async takeReopened({ target, request, page, afterRedirect }: Sighting): Promise<PendingApproval | null> {
    if (target.via !== 'navigation' || afterRedirect) return null
    const [approval] = await this.#approvals.takeWhere(
      (waiting) =>
        typeof waiting.page === 'object' &&
        waiting.page.reopenedIn === target.tabId &&
        waiting.sighting.page === page &&
        waiting.sighting.request.url === request.url &&
        waiting.expiresAt > Date.now(),
    )
    return approval ?? null
  }

  async show(): Promise<void> {
    await showWaiting(this.#approvals.shown().length)
    this.#announceChange()
  }
}

/** A page that an address alone leads to. Nobody sends a form again in a new tab. */
const isReopenable = ({ target, request }: Sighting): boolean => target.via === 'navigation' && request.method === 'GET'

const isFor = (target: Target, tabId: number, marker: string): boolean =>
  target.via === 'fetch' && target.tabId === tabId && target.marker === marker
