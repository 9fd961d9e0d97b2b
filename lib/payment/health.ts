import { storage } from 'wxt/utils/storage'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Trouble } from '@/lib/messaging/schema'
import { DEFAULT_RULES } from '@/lib/policy/rules'
import type { RuleBook } from '@/lib/settings/rules'

/**
 * Kept apart from the ledger: a browser that finds a damaged database may quietly put an empty one in its place, and the
 * day's spending would begin at nothing once more.
 */
const everPaid = storage.defineItem<boolean>('local:everPaid', { fallback: false })
/** What the last look at the books found. Known unsound, they stay so until they are counted anew. */
const soundness = storage.defineItem<'sound' | 'unsound' | 'unknown'>('local:soundness', { fallback: 'unknown' })
const MOST_AHEAD_MS = 86_400_000
/** A browser that has just crashed, or a check of the disk, may still be at the database. */
const OPENS_AGAIN_AFTER_MS = [100, 400, 1_500]

/** Knows whether the books and the rules can be trusted, and how to mend them. */
export class Health {
  readonly #ledger: Ledger
  readonly #ruleBook: RuleBook
  #everPaid = false
  #lost = false
  #unsound = false

  constructor(ledger: Ledger, ruleBook: RuleBook) {
    this.#ledger = ledger
    this.#ruleBook = ruleBook
  }

  /** Opens the books when the background starts. What keeps them from being opened for a moment is waited for. */
  async start(): Promise<void> {
    await this.open()
    for (const pause of OPENS_AGAIN_AFTER_MS) {
      if (this.#ledger.trouble !== 'unreadable') return
      await new Promise((resolve) => setTimeout(resolve, pause))
      await this.open()
    }
  }

  /** Opens the books, and looks whether they are still those that were written. */
  async open(): Promise<void> {
    await this.#ledger.open()
    const [latest] = await this.#ledger.list(1).catch(() => [])
    this.#everPaid = await everPaid.getValue()
    this.#lost = this.#everPaid && !latest && this.#ledger.trouble === null
    this.#unsound = (await soundness.getValue()) === 'unsound'
    if (latest) await this.noteReserved()
  }

  /** Compares totals with rows. For once in a session of the browser: it reads a month of payments. */
  async check(): Promise<void> {
    if (this.#ledger.trouble !== null) return
    this.#unsound = !(await this.#ledger.isSound())
    await soundness.setValue(this.#unsound ? 'unsound' : 'sound')
  }

  /** From the first reservation on, empty books are lost books. */
  async noteReserved(): Promise<void> {
    if (this.#everPaid) return
    await everPaid.setValue(true)
    this.#everPaid = true
  }

  /** Everything that is wrong now. */
  get troubles(): Trouble[] {
    const { trouble: ledger } = this.#ledger
    const { trouble: rules } = this.#ruleBook
    const troubles: Trouble[] = []
    if (ledger) troubles.push(`ledger_${ledger}`)
    if (this.#lost) troubles.push('ledger_lost')
    if (this.#unsound) troubles.push('ledger_unsound')
    if (this.#ledger.ahead > MOST_AHEAD_MS) troubles.push('clock_ahead')
    if (rules) troubles.push(`rules_${rules}`)
    return troubles
  }

  /** Why nothing can be paid, asked or not: nobody knows what was spent, or what may be. Null when all is well. */
  get obstacle(): 'books_unusable' | 'rules_unusable' | null {
    if (this.#ledger.trouble !== null || this.#lost || this.#unsound) return 'books_unusable'
    return this.#ruleBook.trouble !== null ? 'rules_unusable' : null
  }

  /**
   * Does what a person chose to do about a trouble: look again, begin new books in place of lost ones, work the totals out
   * anew, believe the clock, or begin with the rules of a new installation. Nothing when the trouble is over already.
   */
  async mend(trouble: Trouble): Promise<void> {
    if (!this.troubles.includes(trouble)) return
    switch (trouble) {
      case 'ledger_unreadable':
        return this.open()
      case 'ledger_full':
        return this.#ledger.retry()
      case 'ledger_lost':
        await everPaid.setValue(false)
        this.#everPaid = false
        this.#lost = false
        return
      case 'ledger_unsound':
        await this.#ledger.recount()
        return this.check()
      case 'clock_ahead':
        return this.#ledger.resetClock()
      case 'rules_newer':
      case 'rules_unreadable':
        return this.#ruleBook.replace(DEFAULT_RULES)
      case 'ledger_newer':
        // Only a newer Tuppence can.
        return
    }
  }
}
