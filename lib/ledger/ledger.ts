import { Dexie, type EntityTable } from 'dexie'
import type { Credential } from '@/lib/challenge/credential'
import type { RequestKey } from '@/lib/challenge/intent'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import { formatUsd, type Usd, usd, ZERO_USD } from '@/lib/money/usd'
import { type Counter, dayOf, type Limit } from '@/lib/policy/limits'
import { because, type Reason, type RefuseReason } from '@/lib/policy/reasons'
import { type Authorization, type Draft, isDelivered, type Payment } from './payment'
import { canAdvance, type PaymentState } from './states'

interface CounterRow {
  readonly key: string
  readonly total: bigint
}

interface ClockRow {
  readonly key: 'highest'
  /** The latest time that the ledger has seen, in Unix milliseconds. */
  readonly at: number
}

type Database = Dexie & {
  payments: EntityTable<Payment, 'id'>
  counters: EntityTable<CounterRow, 'key'>
  clock: EntityTable<ClockRow, 'key'>
}

const VERSION = 1
/** Dexie's versions in IndexedDB's count. */
const DEXIE_FACTOR = 10

function openDatabase(name: string): Database {
  // Strict: a reservation is on the disk before anything is signed for it.
  const database = new Dexie(name, { chromeTransactionDurability: 'strict' }) as Database
  database.version(VERSION).stores({
    payments: 'id, state, open, &nonce, [createdAt+id], [request+createdAt]',
    counters: 'key',
    clock: 'key',
  })
  return database
}

/** A reservation would go above a limit. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly reason: Reason<RefuseReason>

  constructor(reason: Reason<RefuseReason>) {
    super(reason.code)
    this.reason = reason
  }
}

/** A step that a payment's states do not allow. Always a defect of ours, never of the world. */
export class WrongStep extends Error {
  override readonly name = 'WrongStep'
}

const UNFINISHED: readonly PaymentState[] = ['reserved', 'signed', 'sent', 'unknown']

/**
 * The payments database. Every step is one IndexedDB transaction over the row and all totals it touches, so that no number
 * of parallel requests gets through a limit, and a crash leaves either the whole step or nothing of it.
 */
export class Ledger {
  readonly #db: Database
  readonly #onChange: (payment: Payment) => void
  readonly #now: () => number

  constructor(options: { name?: string; onChange?: (payment: Payment) => void; now?: () => number } = {}) {
    this.#db = openDatabase(options.name ?? 'ledger')
    this.#onChange = options.onChange ?? (() => undefined)
    this.#now = options.now ?? Date.now
  }

  /** Opens the database. Rejects when it is unreadable or of a newer version: then nothing can be paid. */
  async open(): Promise<void> {
    await this.#db.open()
    // Dexie would open what a newer version has written; it may mean something else by it.
    if (this.#db.backendDB().version <= VERSION * DEXIE_FACTOR) return
    this.#db.close()
    throw new TuppenceError('ledger_newer')
  }

  close(): void {
    this.#db.close()
  }

  /**
   * Holds a payment's price in every total it counts against, or throws `LimitReached` and changes nothing.
   * `limitsOf` names the limits for a calendar day; the day is the ledger's, which never goes back.
   */
  async reserve(draft: Draft, limitsOf: (day: string) => readonly Limit[]): Promise<Payment> {
    const { payments, counters, clock } = this.#db
    const payment = await this.#db.transaction('rw', payments, counters, clock, async () => {
      const now = await this.#time()
      await clock.put({ key: 'highest', at: now })
      const limits = limitsOf(dayOf(now))
      const rows = await counters.bulkGet(limits.map(({ counter }) => counter))
      const totals = limits.map((limit, index) => ({ limit, total: usd((rows[index]?.total ?? 0n) + draft.price) }))
      for (const { limit, total } of totals)
        if (total > limit.cap) throw new LimitReached(limitReason(limit, total, draft))
      await counters.bulkPut(totals.map(({ limit, total }) => ({ key: limit.counter, total })))
      await this.#addTo(heldCounter(draft), draft.units)
      const reserved: Payment = {
        ...draft,
        id: crypto.randomUUID(),
        createdAt: now,
        state: 'reserved',
        history: [{ state: 'reserved', at: now }],
        counters: limits.map(({ counter }) => counter),
      }
      await payments.add(reserved)
      return reserved
    })
    this.#onChange(payment)
    return payment
  }

  /** Notes what is about to be signed. From here on a signature may exist. Throws when the nonce was ever used before. */
  sign(id: string, authorization: Authorization): Promise<Payment> {
    return this.#advance(id, 'signed', (payment) => ({
      authorization,
      nonce: authorization.nonce,
      open: payment.request,
    }))
  }

  /** Keeps the signed bytes, before they are sent. */
  send(id: string, credential: Credential): Promise<Payment> {
    return this.#advance(id, 'sent', (payment) => {
      if (payment.credential) throw new WrongStep(`${id}: it has its bytes already`)
      return { credential }
    })
  }

  /** The same bytes of an open purchase go out once more. */
  async resend(id: string): Promise<Payment> {
    const payment = await this.get(id)
    return payment?.state === 'unknown' ? this.#advance(id, 'sent') : this.#existing(payment, id)
  }

  /** Notes the answer to the paid request. Without the content (any status but 2xx), the outcome is unknown. */
  async answer(id: string, status: number, receipt: ReportedReceipt | null): Promise<Payment> {
    const note = { answer: { status, at: this.#now() }, ...(receipt && { receipt }) }
    const delivered = status >= 200 && status < 300
    const { payments } = this.#db
    const payment = await this.#db.transaction('rw', payments, async () => {
      const before = this.#existing(await payments.get(id), id)
      if (before.state !== 'sent' || isDelivered(before)) return before
      const next = { ...before, ...note }
      if (delivered) delete (next as { open?: RequestKey }).open
      const after = delivered ? next : enter(next, 'unknown', this.#now())
      await payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /** Takes back a reservation for which nothing was signed, and frees its budget. */
  release(id: string): Promise<Payment> {
    return this.#finish(id, 'released')
  }

  /** The chain has shown the transfer, in this transaction. */
  settle(id: string, transaction: string): Promise<Payment> {
    return this.#finish(id, 'settled', { transaction })
  }

  /** The chain has shown that the signature ran out unused: the budget is free again. */
  expire(id: string): Promise<Payment> {
    return this.#finish(id, 'expired')
  }

  get(id: string): Promise<Payment | undefined> {
    return this.#db.payments.get(id)
  }

  /** The purchase of this request whose outcome is still open, if there is one. */
  openPurchases(request: RequestKey): Promise<Payment[]> {
    return this.#db.payments.where('open').equals(request).toArray()
  }

  /** The latest payment for this request since a time (Unix milliseconds) that brought its content or the chain shows. */
  latestPaid(request: RequestKey, since: number): Promise<Payment | undefined> {
    return this.#db.payments
      .where('[request+createdAt]')
      .between([request, since], [request, Dexie.maxKey])
      .reverse()
      .filter((payment) => isDelivered(payment) || payment.state === 'settled')
      .first()
  }

  /** Payments that the chain has not yet spoken on. */
  unfinished(): Promise<Payment[]> {
    return this.#db.payments.where('state').anyOf(UNFINISHED).toArray()
  }

  /** The latest payments, newest first, optionally only those that come after a known one in that order. */
  list(limit: number, after?: Pick<Payment, 'createdAt' | 'id'>): Promise<Payment[]> {
    const end = after ? [after.createdAt, after.id] : [Number.POSITIVE_INFINITY]
    return this.#db.payments.where('[createdAt+id]').below(end).reverse().limit(limit).toArray()
  }

  /** Spent and held in each of these totals. */
  async totals(counters: readonly Counter[]): Promise<(counter: Counter) => Usd> {
    const rows = await this.#db.counters.bulkGet([...counters])
    const totals = new Map(counters.map((counter, index) => [counter, usd(rows[index]?.total ?? 0n)]))
    return (counter) => totals.get(counter) ?? ZERO_USD
  }

  /** Units of a token that signed or reserved payments may still take from an account. */
  async held(from: string, network: string, asset: string): Promise<bigint> {
    return (await this.#db.counters.get(heldCounter({ from, network, asset })))?.total ?? 0n
  }

  /** Today on the ledger's clock, which never goes back: setting the computer's clock back refills no budget. */
  async today(): Promise<string> {
    return dayOf(await this.#time())
  }

  async #time(): Promise<number> {
    return Math.max(this.#now(), (await this.#db.clock.get('highest'))?.at ?? 0)
  }

  async #advance(
    id: string,
    state: PaymentState,
    patch: (payment: Payment) => Partial<Payment> = () => ({}),
  ): Promise<Payment> {
    const { payments } = this.#db
    const payment = await this.#db.transaction('rw', payments, async () => {
      const before = this.#existing(await payments.get(id), id)
      const after = enter({ ...before, ...patch(before) }, state, this.#now())
      await payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /** Ends a payment: nothing is held for it any more, and its price leaves the totals unless it was really spent. */
  async #finish(id: string, state: 'released' | 'settled' | 'expired', patch: Partial<Payment> = {}): Promise<Payment> {
    const { payments, counters } = this.#db
    const payment = await this.#db.transaction('rw', payments, counters, async () => {
      const before = this.#existing(await payments.get(id), id)
      if (before.state === state) return before
      const after = enter({ ...before, ...patch }, state, this.#now())
      delete (after as { open?: RequestKey }).open
      await payments.put(after)
      await this.#addTo(heldCounter(before), -before.units)
      if (state !== 'settled') for (const counter of before.counters) await this.#addTo(counter, -before.price)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  async #addTo(key: string, amount: bigint): Promise<void> {
    const total = (await this.#db.counters.get(key))?.total ?? 0n
    await this.#db.counters.put({ key, total: total + amount })
  }

  #existing(payment: Payment | undefined, id: string): Payment {
    if (!payment) throw new WrongStep(`no payment ${id}`)
    return payment
  }
}

const heldCounter = ({ from, network, asset }: { from: string; network: string; asset: string }): Counter =>
  `held/${from.toLowerCase()}/${network}/${asset}`

function enter(payment: Payment, state: PaymentState, at: number): Payment {
  if (!canAdvance(payment.state, state)) throw new WrongStep(`${payment.id}: ${payment.state} → ${state}`)
  return { ...payment, state, history: [...payment.history, { state, at }] }
}

const limitReason = ({ reason, cap }: Limit, total: Usd, { site }: Draft): Reason<RefuseReason> =>
  because(reason, { site: new URL(site).host, total: formatUsd(total), cap: formatUsd(cap) })
