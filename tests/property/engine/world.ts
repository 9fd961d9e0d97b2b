import { isDeepStrictEqual } from 'node:util'
import type { Hex } from 'viem'
import { vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import { Approvals, type PendingApproval } from '@/lib/payment/approvals'
import { Health } from '@/lib/payment/health'
import { Orchestrator } from '@/lib/payment/orchestrator'
import { OwnTransfers } from '@/lib/payment/own-transfers'
import { Parts } from '@/lib/payment/parts'
import { Reconciler } from '@/lib/payment/reconciler'
import { screenHandlers } from '@/lib/payment/screen-requests'
import type { Sighting } from '@/lib/payment/sighting'
import { SignIns } from '@/lib/payment/sign-ins'
import { Tabs } from '@/lib/payment/tabs'
import { type Rules, withoutSessionRules } from '@/lib/policy/rules'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { beginSession, isNewSession } from '@/lib/settings/session'
import * as metamask from '@/lib/wallet/metamask'
import { KEY, PAYER } from '../../unit/wallet/typed-data'
import { BookReader, type Books } from './books'
import { boundary, Crashed, type Fault } from './boundary'
import { Browser, bytesOf } from './browser'
import { Chain, type SignedTransfer } from './chain'
import { expectSound } from './invariants'
import { type Simulation, simulate } from './mocks'
import { objections } from './spec'

const BEGIN = Date.UTC(2026, 10, 21, 12)
const MONEY = 1_000_000n
const EMPTY: Books = { payments: [], tallies: [], holds: [], noted: undefined }

/** One life of the background: everything that a crash throws away. */
interface Life {
  readonly ledger: Ledger
  readonly ruleBook: RuleBook
  readonly health: Health
  readonly approvals: Approvals
  readonly reconciler: Reconciler
  readonly orchestrator: Orchestrator
  readonly screens: ReturnType<typeof screenHandlers>
}

let worlds = 0

/**
 * The engine, real in all its parts, and around it a browser, servers, a chain, a wallet and a user that are not. It notes
 * what the engine promised (a lock, a rule) and what it then did, and says where the two differ.
 */
export class World implements Simulation {
  readonly address = PAYER
  readonly chain = new Chain(BEGIN, MONEY)
  readonly browser = new Browser(this.chain, (credential, signed) => this.#onReceived(credential, signed))
  readonly books: BookReader
  readonly #name: string
  life: Life
  /** Pages' requests and pages that were met, so that they can be met again. */
  readonly met: Sighting[] = []

  /** What the user was told is in force. */
  rules: Rules
  /** What may be in force before the user is told. */
  readonly #rulesUnderway: Rules[] = []
  /** Rules that changed in the present step. */
  #rulesOfStep: Rules[] = []
  #isLocked = false
  #toldLocked = false
  /** Books or rules that cannot be trusted any more: I11. Such books are compared with nothing. */
  trouble: 'books' | 'rules' | null = null
  readonly #signed = new Set<string>()
  #last: Books = EMPTY
  #problems: string[] = []
  /** The latest time at which something was done in this life. */
  #seen = 0
  /** What happened in any world: a test in which nothing happens shows nothing. */
  static readonly happened = new Set<string>()

  constructor(rules: Rules) {
    worlds += 1
    this.#name = `world ${worlds}`
    this.books = new BookReader(this.#name)
    this.rules = rules
    this.life = this.#newLife()
  }

  static async create(rules: Rules): Promise<World> {
    // Before the engine looks at a clock.
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: BEGIN })
    process.env.TZ = 'UTC'
    boundary.reset()
    fakeBrowser.reset()
    const world = new World(rules)
    simulate(world)
    let ids = 0
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => {
      ids += 1
      return `00000000-0000-4000-8000-${ids.toString().padStart(12, '0')}`
    })
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      ids += 1
      const array = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      array.fill(0)
      new DataView(array.buffer, array.byteOffset).setUint32(0, ids)
      return bytes
    })
    // What the engine could not foresee it logs: defects are among it, and become problems here.
    vi.spyOn(console, 'error').mockImplementation((error: unknown) => world.judge(error))
    await world.#start()
    await world.life.ruleBook.replace(rules)
    await world.books.open()
    return world
  }

  async end(): Promise<void> {
    boundary.crash()
    vi.clearAllTimers()
    await this.#rest()
    this.life.ledger.close()
    await this.books.delete()
    vi.useRealTimers()
    vi.restoreAllMocks()
    process.env.TZ = 'UTC'
  }

  note(what: string): void {
    World.happened.add(what)
  }

  problem(text: string): void {
    this.#problems.push(text)
  }

  /** Does something, lets everything come to rest, and compares the books with all that is known. */
  async step(run: () => Promise<unknown>, fault: Fault | null): Promise<void> {
    this.#rulesOfStep = [this.rules]
    boundary.arm(fault)
    this.#seen = Math.max(this.#seen, Date.now())
    let ended = false
    void run()
      .catch((error: unknown) => this.judge(error))
      .finally(() => {
        ended = true
      })
    await this.#rest()
    if (!ended) this.problem('It never ended.')
    boundary.arm(null)
    if (boundary.crashed) {
      this.note('crash')
      await this.restart(false)
    }
    await this.check()
  }

  async check(): Promise<void> {
    if (this.trouble !== 'books') {
      const books = await this.books.read()
      const rules = [...this.#rulesOfStep, this.rules, ...this.#rulesUnderway]
      for (const problem of expectSound({
        before: this.#last,
        after: books,
        chain: this.chain,
        rules,
        seen: this.#seen,
      }))
        this.problem(problem)
      for (const payment of books.payments)
        if (this.#last.payments.find(({ id }) => id === payment.id)?.state !== payment.state) this.note(payment.state)
      this.#last = books
    }
    if (this.#problems.length > 0) throw new Error([...new Set(this.#problems)].join('\n'))
  }

  /** Lets go of the background, and begins another on what it left behind; in a new session, the browser ended as well. */
  async restart(newSession: boolean, fault: Fault | null = null, meanwhile?: () => Promise<void>): Promise<void> {
    boundary.crash()
    await this.#rest()
    this.life.ledger.close()
    this.browser.forgetAnswers()
    const now = Date.now()
    vi.clearAllTimers()
    vi.setSystemTime(now)
    boundary.reset()
    if (newSession) {
      fakeBrowser.storage.session.resetState()
      this.#isLocked = true
      this.browser.tabs.clear()
    }
    await meanwhile?.()
    this.life = this.#newLife()
    boundary.arm(fault)
    const isUp = await this.#start().then(
      () => true,
      (error: unknown) => this.judge(error),
    )
    await this.#rest()
    boundary.arm(null)
    await this.books.open()
    if (newSession) this.#endSession()
    // What could not start serves nobody; the browser starts another.
    if (!isUp || boundary.crashed) return this.restart(false)
    this.#expectKnownRules()
    await this.#expectRecovered()
  }

  /** As `entrypoints/background.ts` builds it. */
  #newLife(): Life {
    this.#seen = 0
    const signing = createInterlock()
    const ruleBook = new RuleBook(signing)
    const ledger: Ledger = new Ledger({
      name: this.#name,
      onChange: () => void health.noteReserved().catch((error: unknown) => this.judge(error)),
    })
    const health = new Health(ledger, ruleBook)
    const balances = new Balances()
    const approvals = new Approvals()
    const reconciler = new Reconciler(ledger, balances)
    const announceChange = () => undefined
    const interceptor = this.browser.interceptor()
    const orchestrator = new Orchestrator({
      interceptor,
      ledger,
      balances,
      approvals,
      reconciler,
      ruleBook,
      health,
      signIns: new SignIns(ledger, interceptor, signing),
      signing,
      announceChange,
      tellPage: () => boundary.pass(() => undefined),
    })
    const services = {
      ledger,
      balances,
      approvals,
      orchestrator,
      parts: new Parts(interceptor, orchestrator, ruleBook),
      reconciler,
      ownTransfers: new OwnTransfers({ ledger, balances, health, signing, metamask }),
      tabs: new Tabs({ ledger, balances, health, signing }),
      ruleBook,
      health,
      signing,
      announceChange,
    }
    return { ...services, screens: screenHandlers(services) }
  }

  async #start(): Promise<void> {
    const { ruleBook, health, reconciler, orchestrator } = this.life
    const newSession = await isNewSession()
    await Promise.all([ruleBook.open({ newSession }), health.open()])
    if (health.obstacle !== 'books_unusable') await reconciler.recover()
    await orchestrator.restoreApprovals({ newSession })
    await beginSession()
    await health.check()
  }

  /** The rules after a start are those that the user was told, or that a crash kept from being told. */
  #expectKnownRules(): void {
    const { rules, trouble } = this.life.ruleBook
    if (trouble || this.trouble === 'rules') return
    const possible = [this.rules, ...this.#rulesUnderway]
    if (!possible.some((one) => isDeepStrictEqual(one, rules))) this.problem('The rules are not those that were set.')
    this.rules = rules
    this.#rulesUnderway.length = 0
  }

  /** Rules for a session end with it, whatever happens while the next one begins. */
  #endSession(): void {
    this.rules = withoutSessionRules(this.rules)
    this.#rulesUnderway.splice(0, Number.POSITIVE_INFINITY, ...this.#rulesUnderway.map(withoutSessionRules))
  }

  /** I9: recovering once more changes nothing. */
  async #expectRecovered(): Promise<void> {
    if (this.life.health.obstacle === 'books_unusable' || this.trouble === 'books') return
    await this.#recover()
    const once = await this.books.read()
    await this.#recover()
    if (!isDeepStrictEqual(await this.books.read(), once)) this.problem('I9: recovering twice is not recovering once.')
    if (!(await this.life.ledger.isSound())) this.problem('I2: the ledger finds its own totals unsound.')
  }

  /** All of it, however lately it was done. */
  async #recover(): Promise<void> {
    await fakeBrowser.storage.session.remove('looks')
    await this.life.reconciler.recover()
    await this.#rest()
  }

  /** Until nothing moves any more. What waits for a timer or a late answer does not move. */
  async #rest(): Promise<void> {
    let quiet = 0
    for (let rounds = 0; quiet < 4; rounds += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      quiet = boundary.isQuiet ? quiet + 1 : 0
      if (rounds > 50_000) throw new Error('The world does not come to rest.')
    }
  }

  /* What the user does. */

  /** Changes the rules, with all that the promise of the change means. */
  async changeRules(next: Rules, change: () => Promise<unknown> | unknown): Promise<void> {
    this.#rulesUnderway.push(next)
    this.#rulesOfStep.push(next)
    // Whoever is told that it failed knows nothing: what was not acknowledged may hold all the same.
    await change()
    this.rules = next
    this.#rulesUnderway.length = 0
  }

  async lock(): Promise<void> {
    await this.life.screens['wallet.lock'](undefined)
    this.#toldLocked = true
  }

  async unlock(): Promise<void> {
    await this.life.screens['wallet.unlock']({ password: 'any' })
  }

  async answerQuestion(which: number, answer: 'pay' | 'decline', remember: boolean): Promise<void> {
    const stored = await boundary.inspect(() => fakeBrowser.storage.local.get(null))
    const waiting = Object.entries(stored).filter(([name]) => name.startsWith('approval:'))
    const approval = waiting[which % Math.max(waiting.length, 1)]?.[1] as PendingApproval | undefined
    if (!approval) return
    this.note(answer)
    const give = () =>
      this.life.screens['approvals.answer']({ id: approval.id, answer, remember, offer: approval.offerIndex })
    if (!remember) return void (await give())
    // Which rule is remembered is the engine's to say.
    try {
      await give()
    } finally {
      this.rules = this.life.ruleBook.rules
      this.#rulesOfStep.push(this.rules)
    }
  }

  setClock(time: number): void {
    vi.setSystemTime(time)
  }

  /** Time goes by for the background too: what waits for a timer goes on. */
  elapse(milliseconds: number): void {
    const then = Date.now() + milliseconds
    vi.runOnlyPendingTimers()
    vi.setSystemTime(then)
  }

  /** Payments signed for and not delivered, that a server could still put on the chain, and whose answer nobody awaits. */
  async unansweredSignatures(): Promise<Payment[]> {
    if (this.trouble === 'books') return []
    const { payments } = await this.books.read()
    return payments.filter(
      (payment) =>
        payment.authorization !== undefined &&
        (payment.state === 'signed' || payment.state === 'unknown') &&
        !this.chain.transfers.has(payment.authorization.nonce) &&
        !this.chain.isOver(payment.authorization.validBefore),
    )
  }

  async expectNoneAnew(earlier: readonly Payment[]): Promise<void> {
    if (this.trouble === 'books') return
    const { payments } = await this.books.read()
    for (const old of earlier) {
      const anew = payments.find(
        ({ id, request, page, decidedBy, authorization }) =>
          id > old.id && request === old.request && page === old.page && decidedBy === 'rules' && authorization,
      )
      if (anew && !this.#last.payments.some(({ id }) => id === anew.id))
        this.problem('I3: signed for anew while an earlier signature for the same could still be used.')
    }
  }

  /* What the engine does. */

  async #onReceived(credential: Credential, { nonce }: SignedTransfer): Promise<void> {
    this.note('received')
    const { payments } = await this.books.read()
    const row = payments.find((payment) => payment.nonce === nonce)
    if (!row?.credential || bytesOf(row.credential) !== bytesOf(credential))
      this.problem('I4: a server got bytes that are on no row.')
    const before = this.browser.received.get(nonce)
    if (before) this.note('same bytes again')
    if (before && before.bytes !== bytesOf(credential)) this.problem('I7: one nonce, two texts.')
  }

  async onSign(hash: Hex): Promise<void> {
    this.note('signature')
    const { payments } = await this.books.read()
    const row = payments.find(({ authorization }) => authorization?.digest === hash)
    if (!row) return this.problem('I4: a signature without an earlier row.')
    if (row.state !== 'signed') this.problem(`I4: a signature for what is ${row.state}.`)
    if (this.#signed.has(row.id)) this.problem('I3: a second signature for a purchase.')
    this.#signed.add(row.id)
    if (this.#toldLocked) this.problem('I8: a signature after a lock.')
    if (this.trouble === 'books') this.problem('I11: a signature on books that cannot be trusted.')
    if (this.trouble === 'rules' && row.decidedBy === 'rules') this.problem('I11: paid by rules that cannot be read.')
    const before = this.#last.payments
    const against = [this.rules, ...this.#rulesUnderway].map((rules) => objections(rules, row, payments, before))
    if (this.trouble !== 'books' && against.every((reasons) => reasons.length > 0))
      this.problem(`I1, I8: signed, although ${against[0]?.join(', ')}.`)
  }

  prove(...[claim]: Parameters<Simulation['prove']>): ReturnType<Simulation['prove']> {
    return boundary.pass(() => this.chain.prove(claim))
  }

  balance(): Promise<bigint | null> {
    return boundary.pass(() => (this.chain.isUp ? this.chain.balance : null))
  }

  vaultState(): ReturnType<Simulation['vaultState']> {
    return boundary.pass(() => (this.#isLocked ? 'locked' : 'unlocked'))
  }

  lockVault(): Promise<void> {
    return boundary.pass(() => {
      this.#isLocked = true
    })
  }

  unlockVault(): Promise<void> {
    return boundary.pass(() => {
      this.#isLocked = false
      this.#toldLocked = false
    })
  }

  openKey(): ReturnType<Simulation['openKey']> {
    return boundary.pass(() => {
      if (this.#isLocked) throw new TuppenceError('wallet_locked')
      return KEY
    })
  }

  /** An error is a "no" with a code, or comes of what was done to the background; anything else is a defect. */
  judge(error: unknown): void {
    if (boundary.crashed || error instanceof Crashed || error instanceof TuppenceError) return
    if (error instanceof Error && /quota/i.test(error.message)) return
    this.problem(`A defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}
