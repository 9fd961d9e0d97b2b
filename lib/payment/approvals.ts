import { browser } from 'wxt/browser'
import { storage } from 'wxt/utils/storage'
import type { Intent } from '@/lib/challenge/intent'
import type { AskReason, Reason } from '@/lib/policy/reasons'
import type { Sighting } from './sighting'

/** How long a person has. After that the page keeps its 402. */
const WAITS_MS = 5 * 60_000
const ALARM = 'approval:'
const key = (id: string) => `session:approval:${id}` as const

/** A question that waits for a person, bound to one Intent. */
export interface PendingApproval {
  readonly id: string
  readonly intent: Intent
  readonly sighting: Sighting
  /** Which of the challenge's offers was put to the person. */
  readonly offerIndex: number
  readonly reasons: readonly Reason<AskReason>[]
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number
}

/**
 * Pending approvals. They live in session storage, one entry each, so that they survive the background's end and can never
 * overwrite each other. Whoever takes one out may act on it; nobody else can.
 */
export class Approvals {
  readonly #taken = new Set<string>()

  async add(draft: Omit<PendingApproval, 'id' | 'createdAt' | 'expiresAt'>): Promise<PendingApproval> {
    const createdAt = Date.now()
    const approval = { ...draft, id: crypto.randomUUID(), createdAt, expiresAt: createdAt + WAITS_MS }
    await storage.setItem(key(approval.id), approval)
    await browser.alarms.create(ALARM + approval.id, { when: approval.expiresAt })
    return approval
  }

  /** Oldest first. */
  async list(): Promise<PendingApproval[]> {
    const entries = Object.entries(await storage.snapshot('session'))
    return entries
      .filter(([name]) => name.startsWith('approval:'))
      .map(([, value]) => value as PendingApproval)
      .filter(({ id }) => !this.#taken.has(id))
      .sort((a, b) => a.createdAt - b.createdAt)
  }

  /** Takes an approval out for good, at most once however often it is tried. Null when it is gone, or its time is up. */
  async take(id: string): Promise<PendingApproval | null> {
    const approval = await storage.getItem<PendingApproval>(key(id))
    return approval && approval.expiresAt > Date.now() ? this.#claim(approval) : null
  }

  /** Whether it waits for an answer. */
  async has(id: string): Promise<boolean> {
    return !this.#taken.has(id) && (await storage.getItem(key(id))) !== null
  }

  /** Puts one back that could not be acted on yet (the wallet is locked). */
  async putBack(approval: PendingApproval): Promise<void> {
    await storage.setItem(key(approval.id), approval)
    await browser.alarms.create(ALARM + approval.id, { when: approval.expiresAt })
    this.#taken.delete(approval.id)
  }

  /** Takes out all that a condition names, and gives them. */
  async takeWhere(condition: (approval: PendingApproval) => boolean): Promise<PendingApproval[]> {
    const matching = (await this.list()).filter(condition)
    const claimed = await Promise.all(matching.map((approval) => this.#claim(approval)))
    return claimed.filter((approval) => approval !== null)
  }

  /** Null for all but the first who tries. */
  async #claim(approval: PendingApproval): Promise<PendingApproval | null> {
    if (this.#taken.has(approval.id)) return null
    this.#taken.add(approval.id)
    await storage.removeItem(key(approval.id))
    await browser.alarms.clear(ALARM + approval.id)
    return approval
  }

  /** Calls back when somebody's time may be up. Register synchronously at start. */
  onAlarm(listener: () => void): void {
    browser.alarms.onAlarm.addListener(({ name }) => {
      if (name.startsWith(ALARM)) listener()
    })
  }
}
