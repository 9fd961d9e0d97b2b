import { browser } from 'wxt/browser'
import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import type { Intent } from '@/lib/challenge/intent'
import type { ErrorCode } from '@/lib/errors'
import type { AskReason, Reason } from '@/lib/policy/reasons'
import type { Sighting } from './sighting'

/** How long a person has. After that the page keeps its 402. */
const WAITS_MS = 5 * 60_000
const ALARM = 'approval:'
const KEY = 'approval:'
const key = (id: string) => `local:${KEY}${id}` as const

/** Questions put at once: one for each page that asks, and so many in all. */
const MOST_SHOWN = 8
/** Questions that wait, those put included, for one page and in all. */
const MOST_OF_PAGE = 8
const MOST_IN_ALL = 40

/** A question that waits for a person, bound to one Intent. */
export interface PendingApproval {
  readonly id: string
  readonly intent: Intent
  readonly sighting: Sighting
  /** Which of the challenge's offers is put to the person, and which they may choose in its place. */
  readonly offerIndex: number
  readonly others: readonly number[]
  readonly reasons: readonly Reason<AskReason>[]
  /** Why it could not be paid when a person last said so, and may try again. */
  readonly trouble?: { readonly code: ErrorCode; readonly values: Readonly<Record<string, string>> }
  /** Whether its page is there, ended with the browser, or was approved since then and is opened again in this tab. */
  readonly page: 'open' | 'closed' | { readonly reopenedIn: number; readonly remember: boolean }
  /** Somebody acts on it. */
  readonly taken: boolean
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number
}

/** As much as has to be right for the others to be found; what was approved is read and compared anew before it is paid. */
const storedSchema = z.looseObject({
  id: z.string(),
  intent: z.string(),
  sighting: z.looseObject({
    page: z.string(),
    request: z.looseObject({ url: z.url(), method: z.string() }),
    answer: z.looseObject({ headers: z.array(z.object({ name: z.string(), value: z.string() })) }),
    target: z.looseObject({ via: z.enum(['navigation', 'fetch', 'part']), tabId: z.number() }),
  }),
  others: z.array(z.number()),
  page: z.union([z.enum(['open', 'closed']), z.object({ reopenedIn: z.number(), remember: z.boolean() })]),
  taken: z.boolean(),
  createdAt: z.number(),
  expiresAt: z.number(),
})

/**
 * Pending approvals. They rest in storage, one entry each, so that they survive the background's end and the browser's, and
 * can never overwrite each other. Whoever takes one out may act on it; nobody else can.
 */
export class Approvals {
  readonly #pending = new Map<string, PendingApproval>()

  /**
   * Reads what waits. Before this, nothing does. Gives those that somebody had taken and was acting on when the background
   * ended: they are over. What is not in shape is thrown away.
   */
  async open(): Promise<PendingApproval[]> {
    const interrupted: PendingApproval[] = []
    for (const [name, stored] of Object.entries(await storage.snapshot('local'))) {
      if (!name.startsWith(KEY)) continue
      const approval = storedSchema.safeParse(stored).success ? (stored as PendingApproval) : null
      if (approval && !approval.taken) {
        this.#pending.set(approval.id, approval)
        continue
      }
      await storage.removeItem(`local:${name}`)
      if (approval) interrupted.push(approval)
    }
    return interrupted
  }

  /** Null when too many wait already, of this page's or in all. */
  async add(
    draft: Pick<PendingApproval, 'intent' | 'sighting' | 'offerIndex' | 'others' | 'reasons'>,
  ): Promise<PendingApproval | null> {
    const ofPage = this.list().filter(({ sighting }) => sighting.page === draft.sighting.page)
    if (ofPage.length >= MOST_OF_PAGE || this.#pending.size >= MOST_IN_ALL) return null
    const createdAt = Date.now()
    const expiresAt = createdAt + WAITS_MS
    const approval: PendingApproval = {
      ...draft,
      id: crypto.randomUUID(),
      page: 'open',
      taken: false,
      createdAt,
      expiresAt,
    }
    await this.put(approval)
    return approval
  }

  /** Those that a person sees now; the others follow as these are answered. Oldest first. */
  shown(): PendingApproval[] {
    const asking = new Set<string>()
    const first = this.list().filter(({ sighting: { page }, page: place }) => {
      if (typeof place === 'object' || asking.has(page)) return false
      asking.add(page)
      return true
    })
    return first.slice(0, MOST_SHOWN)
  }

  /** All of them, oldest first. */
  list(): PendingApproval[] {
    return [...this.#pending.values()].sort((a, b) => a.createdAt - b.createdAt)
  }

  /** One that waits, and that nobody has taken. */
  get(id: string): PendingApproval | undefined {
    return this.#pending.get(id)
  }

  /** Whether it waits. */
  has(id: string): boolean {
    return this.#pending.has(id)
  }

  /**
   * Takes an approval out to act on it, at most once however often it is tried. Null when it is gone, or its time is up. Until
   * it is `done`, it is noted that somebody does.
   */
  async take(id: string): Promise<PendingApproval | null> {
    const approval = this.#pending.get(id)
    if (!approval || approval.expiresAt <= Date.now()) return null
    this.#pending.delete(id)
    await storage.setItem(key(id), { ...approval, taken: true })
    return approval
  }

  /** Whoever took it has acted on it. Nothing when it was put back. */
  async done(id: string): Promise<void> {
    if (this.#pending.has(id)) return
    await storage.removeItem(key(id))
    await browser.alarms.clear(ALARM + id)
  }

  /** Takes out all that a condition names, and gives them. */
  async takeWhere(condition: (approval: PendingApproval) => boolean): Promise<PendingApproval[]> {
    const matching = this.list().filter(condition)
    for (const { id } of matching) this.#pending.delete(id)
    await Promise.all(matching.map(({ id }) => this.done(id)))
    return matching
  }

  /** Puts one in: back when it could not be acted on yet (the wallet is locked), or with its page in another place. */
  async put(approval: PendingApproval): Promise<void> {
    this.#pending.set(approval.id, approval)
    await storage.setItem(key(approval.id), approval)
    await browser.alarms.create(ALARM + approval.id, { when: approval.expiresAt })
  }

  /** Calls back when somebody's time may be up. Register synchronously at start. */
  onAlarm(listener: () => void): void {
    browser.alarms.onAlarm.addListener(({ name }) => {
      if (name.startsWith(ALARM)) listener()
    })
  }
}
