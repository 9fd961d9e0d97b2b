import { Dexie } from 'dexie'
import type { Credential } from '@/lib/challenge/credential'
import type { RequestKey } from '@/lib/challenge/intent'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import { findAsset, formatAmount, priceOf } from '@/lib/money/assets'
import { isOnCredit } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { type Limit, overrun, rangeOf, type Scope, scopesOf } from '@/lib/policy/limits'
import type { LimitReason, Reason } from '@/lib/policy/reasons'
import { payeeId, type SiteRecord, UNKNOWN_SITE, withAnswer, withDenial, withPayee } from '@/lib/policy/site-record'
import {
  addTo,
  type Day,
  dayOf,
  daysIn,
  EMPTY_TALLY,
  type Moment,
  mergeTallies,
  type Tally,
  takeFrom,
  withoutBegun,
} from '@/lib/policy/tally'
import { judge, type OpenVoucher, type TabDraft } from './channel'
import { Channels, TabUsedUp } from './channels'
import { type Clock, type Database, defineDatabase, isNewerOnDisk, openAsItIs } from './database'
import type { Opening } from './opening'
import {
  type Allowance,
  type Authorization,
  costOf,
  type Draft,
  isDelivered,
  isDrawn,
  type Payment,
  type TabPart,
} from './payment'
import { holdKey, isAnswered, isCounted, isDenied, Recount, siteKey } from './recount'
import { canAdvance, type PaymentState } from './states'
import { Transfers } from './transfers'
import { WriteQueue } from './write-queue'

/** A reservation would go above a limit. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly reason: Reason<LimitReason>

  constructor(reason: Reason<LimitReason>) {
    super(reason.code)
    this.reason = reason
  }
}

/** Between the decision and the reservation, the site was paid through somebody else: it has to be decided anew. */
export class PayeeChanged extends Error {
  override readonly name = 'PayeeChanged'
}

/** A step that a payment's states do not allow. Always a defect of ours, never of the world. */
export class WrongStep extends Error {
  override readonly name = 'WrongStep'
}

/** Why the books cannot be used: written by a later version, unreadable, or no room on the disk. */
export type LedgerTrouble = 'newer' | 'unreadable' | 'full'

const UNFINISHED: readonly PaymentState[] = ['reserved', 'signed', 'sent', 'unknown']
/** Thirty days of any length, begun as far east as one can be and ended as far west. */
const MONTH_MS = 32 * 86_400_000

/**
 * The payments database. Every step is part of one IndexedDB transaction over the row and all totals it touches, so that no
 * number of parallel requests gets through a limit, and a crash leaves either the whole step or nothing of it.
 */
export class Ledger {
  /** The user's own transfers. */
  readonly transfers: Transfers
  /** The prepaid tabs. */
  readonly channels: Channels
  readonly #onOpening: () => void
  #db: Database
  readonly #onChange: (payment: Payment) => void
  readonly #now: () => number
  readonly #queue: WriteQueue
  #trouble: LedgerTrouble | null = null
  /** The latest moment that was seen: the disk's, or later. */
  #highest: Pick<Clock, 'at' | 'day'> = { at: 0, day: '' }

  constructor(
    options: {
      name?: string
      onChange?: (payment: Payment) => void
      onTransfer?: () => void
      onOpening?: () => void
      now?: () => number
    } = {},
  ) {
    this.#db = defineDatabase(options.name ?? 'ledger')
    this.#onChange = options.onChange ?? (() => undefined)
    this.#now = options.now ?? Date.now
    this.#queue = new WriteQueue(
      (run) => {
        const { payments, tallies, holds, sites, clock, transfers, channels, openings } = this.#db
        const tables = [payments, tallies, holds, sites, clock, transfers, channels, openings]
        // Written as an async function: Dexie keeps only what it can tell to be one within its transaction to the end.
        return this.#db.transaction('rw', tables, async () => await run())
      },
      (error) =>
        [LimitReached, PayeeChanged, TabUsedUp, WrongStep, TuppenceError].some((refusal) => error instanceof refusal),
    )
    this.#onOpening = options.onOpening ?? (() => undefined)
    const books = {
      tables: () => this.#db,
      write: <T>(step: () => Promise<T>) => this.#write(step),
      now: () => this.moment().now,
      onChange: options.onTransfer ?? (() => undefined),
    }
    this.transfers = new Transfers(books)
    this.channels = new Channels(books)
  }

  /** Opens the database. Never throws: when it cannot be used, `trouble` says why, and what can be read still can be. */
  async open(): Promise<void> {
    try {
      if (await isNewerOnDisk(this.#db.name)) {
        // To define it the old way would change it.
        this.#db = await openAsItIs(this.#db.name)
        this.#trouble = 'newer'
        return
      }
      await this.#db.open()
      this.#highest = (await this.#db.clock.get('highest')) ?? this.#highest
      this.#trouble = null
    } catch (error) {
      // biome-ignore lint/suspicious/noConsole: the user is told that it is unreadable, the extension's own log why
      console.error(error)
      this.#trouble = 'unreadable'
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Deletes the database and all that was ever written into it. It can be opened again, and is empty then. */
  async erase(): Promise<void> {
    await this.#db.delete()
    this.#db = defineDatabase(this.#db.name)
    this.#highest = { at: 0, day: '' }
    this.#trouble = null
  }

  /** Why nothing can be paid now; null when all is well. */
  get trouble(): LedgerTrouble | null {
    return this.#trouble
  }

  /** Tries once more whether there is room to write. */
  async retry(): Promise<void> {
    await this.#write(() => this.#db.clock.put({ key: 'highest', ...this.#highest })).catch(() => undefined)
  }

  /** How far the ledger's clock is ahead of the computer's, in milliseconds. Until then no limit is refilled. */
  get ahead(): number {
    return Math.max(0, this.#highest.at - this.#now())
  }

  /** Believes the computer's clock once more, which was set wrong when the ledger last looked. For a person to decide. */
  async resetClock(): Promise<void> {
    const now = this.#now()
    const day = dayOf(now)
    await this.#write(async () => {
      // At once: a payment in the same transaction must not put the wrong time back.
      this.#highest = { at: now, day }
      await this.#db.clock.put({ key: 'highest', at: now, day })
      // What was spent until the clock was wrong is long past from there: it must not be free again.
      await this.#recountAt({ now, day })
    })
  }

  /**
   * Holds a payment's price in every scope that counts it, or throws and changes nothing: `LimitReached`, or `PayeeChanged`
   * for one that nobody approved, or `insufficient_balance` where what is in the account does not cover it beside all that is
   * held (null: unknown, and left to the chain). `limitsOf` names the limits; the moment is the ledger's, which never goes back.
   * What is paid from a prepaid tab holds nothing, and throws `TabUsedUp` when the tab does not cover it; `tab` is the one
   * that it opens or is paid from.
   */
  async reserve(
    draft: Draft,
    limitsOf: (moment: Moment) => readonly Limit[],
    balanceNow: () => bigint | null = () => null,
    tab: TabDraft | null = null,
  ): Promise<Payment> {
    const drawn = tab?.does === 'spend'
    const payment = await this.#write(async () => {
      const { payments, tallies, holds, clock } = this.#db
      const moment = this.moment()
      this.#highest = { at: moment.now, day: moment.day }
      const limits = drawn ? [] : limitsOf(moment)
      const scopes = drawn ? [] : scopesOf({ ...draft, agent: draft.decidedBy === 'rules' ? draft.agent : null })
      // All at once: what counts against the time is how often the database is asked.
      const [tallyOf, site, held] = await Promise.all([
        this.tallies([...scopes, ...limits.map(({ scope }) => scope)]),
        this.siteRecord(draft),
        this.held(draft.from, draft.network, draft.asset),
      ])
      for (const limit of limits) {
        const reason = overrun(limit, tallyOf(limit.scope), moment, draft.price)
        if (reason) throw new LimitReached(reason)
      }
      assertPayee(site, draft)
      if (!drawn) assertCovered(draft, held, balanceNow())
      const id = crypto.randomUUID()
      const part = tab && (await this.#reserveFromTab(id, draft, tab))
      const reserved: Payment = {
        ...draft,
        ...(part && { tab: part }),
        id,
        createdAt: moment.now,
        state: 'reserved',
        history: [{ state: 'reserved', at: moment.now }],
        scopes,
        day: moment.day,
      }
      await Promise.all([
        payments.add(reserved),
        tallies.bulkPut(scopes.map((scope) => ({ scope, ...addTo(tallyOf(scope), moment, draft.price) }))),
        drawn || holds.put({ key: holdKey(draft), units: held + draft.units }),
        clock.put({ key: 'highest', at: moment.now, day: moment.day }),
      ])
      return reserved
    })
    this.#onChange(payment)
    return payment
  }

  /** Within a transaction. */
  async #reserveFromTab(id: string, { url, method }: Draft, { does, channel, units }: TabDraft): Promise<TabPart> {
    // The rest can only be asked for back where asking costs nobody anything.
    const asked = method === 'GET' ? url : null
    const ceiling =
      does === 'open'
        ? await this.channels.begin(channel, asked, id, units)
        : await this.channels.draw(channel.id, units, asked, id)
    return { channel: channel.id, does, units, ceiling }
  }

  /**
   * Notes what is about to be signed. From here on a signature may exist, and the site's payee is known. Throws `PayeeChanged`
   * as `reserve` does, and `nonce_used`: some sites choose the nonce, and may choose the same one twice.
   */
  async sign(id: string, authorization: Authorization): Promise<Payment> {
    const { method, nonce } = authorization
    const payment = await this.#write(async () => {
      const { payments, sites } = this.#db
      if (method !== 'voucher' && (await payments.get({ nonce }))) throw new TuppenceError('nonce_used')
      const before = existing(await payments.get(id), id)
      const { tab } = before
      // The voucher of a deposit was noted with it.
      if (method === 'voucher' && tab?.does === 'open' && before.state === 'signed') return before
      // A voucher says the same however often it is signed, and does no more harm than once.
      const known = method === 'voucher' ? { authorization } : { authorization, nonce }
      const after = enter({ ...before, ...known, open: before.request }, 'signed', this.#now())
      if (tab) await this.channels.sign(tab.channel, tab.ceiling)
      const site = await this.siteRecord(after)
      assertPayee(site, after)
      await payments.put(after)
      await sites.put({ scope: siteKey(after), ...withPayee(site, payeeId(after)) })
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /** Notes an allowance that is about to be signed along with a payment, after the payment's own signature. */
  allow(id: string, allowance: Allowance): Promise<Payment> {
    return this.#step(id, (payment) => {
      if (payment.state !== 'signed' || payment.allowance)
        throw new WrongStep(`${id}: no allowance in ${payment.state}`)
      return { ...payment, allowance }
    })
  }

  /**
   * Keeps the signed bytes, before they are sent. Throws `payment_expiring` when the chain has shown them to be over already,
   * as it does where the computer's clock is far behind.
   */
  send(id: string, credential: Credential): Promise<Payment> {
    return this.#step(id, (payment) => {
      if (payment.state === 'expired') throw new TuppenceError('payment_expiring')
      if (payment.credential) throw new WrongStep(`${id}: it has its bytes already`)
      if (payment.state === 'signed' && !payment.open) throw new WrongStep(`${id}: it was given up`)
      return enter({ ...payment, credential }, 'sent', this.#now())
    })
  }

  /** The same bytes of an open purchase go out once more. */
  async resend(id: string): Promise<Payment> {
    const payment = await this.#write(async () => {
      const before = existing(await this.#db.payments.get(id), id)
      const after = before.state === 'unknown' ? enter(before, 'sent', this.#now()) : before
      if (after.tab) await this.channels.resend(after.tab.channel, id)
      await this.#db.payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /**
   * Notes the answer to the paid request, with status 0 for none. Without the content (any status but 2xx), the outcome is
   * unknown, unless the chain has already shown it. Where it is billed later, no chain will say more than the content does.
   * `count` is what the site says that it has charged of a prepaid tab in all.
   */
  async answer(
    id: string,
    status: number,
    receipt: ReportedReceipt | null,
    count: bigint | null = null,
  ): Promise<Payment> {
    const note = { answer: { status, at: this.#now() }, ...(receipt && { receipt }) }
    const delivered = status >= 200 && status < 300
    const payment = await this.#write(async () => {
      const { payments, sites, holds } = this.#db
      const before = existing(await payments.get(id), id)
      if ((before.state !== 'sent' && before.state !== 'settled') || isDelivered(before)) return before
      const charge = before.tab && (await this.#judge(before, before.tab, delivered, count))
      // It was paid for, and it was the answer that was lost: this one says so, and is no refusal.
      const wasLost = charge === 'charged' && !delivered && before.answer?.status === 0
      const next: Payment = wasLost ? before : { ...before, ...note }
      if (delivered) delete (next as { open?: RequestKey }).open
      const drawn = isDrawn(before) && charge && charge !== 'unknown' ? charge : null
      const billed = delivered && isOnCredit(before) && before.state === 'sent'
      const after = drawn
        ? closed(next, drawn, this.#now())
        : billed
          ? enter(next, 'settled', this.#now())
          : delivered || before.state === 'settled'
            ? next
            : enter(next, 'unknown', this.#now())
      if (billed) {
        const held = await this.held(before.from, before.network, before.asset)
        await holds.put({ key: holdKey(before), units: held - before.units })
      }
      if (isAnswered(after) && (!isAnswered(before) || delivered)) {
        const site = withAnswer(await this.siteRecord(after), delivered)
        await sites.put({ scope: siteKey(after), ...(isDenied(after) ? withDenial(site) : site) })
      }
      await payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /** Within a transaction: what an answer means for a prepaid tab, and for what else was paid from it. */
  async #judge(
    { id, answer }: Payment,
    { channel: of, units, ceiling }: TabPart,
    delivered: boolean,
    count: bigint | null,
  ) {
    const { payments } = this.#db
    const channel = await this.channels.get(of)
    if (!channel) throw new WrongStep(`${id}: no tab ${of}`)
    const rows = await payments.where('tab.channel').equals(of).sortBy('createdAt')
    // A deposit that the chain shows may have lost its answer all the same.
    const isLost = (row: Payment) =>
      row.state === 'unknown' || (row.state === 'settled' && row.tab?.does === 'open' && !isDelivered(row))
    const lost = rows.filter((row) => row.id !== id && isLost(row) && isOpenVoucher(row, channel.charged))
    const others: OpenVoucher[] = lost.map((row) => ({ id: row.id, ceiling: row.tab?.ceiling ?? 0n }))
    const resent = answer !== undefined
    const verdict = judge(channel, { voucher: { id, units, ceiling }, delivered, count, resent, others })
    await this.channels.put(verdict.channel)
    await this.channels.release(of, id, delivered ? 'open' : null)
    for (const row of lost) {
      const charge = verdict.others.get(row.id)
      if (charge && isDrawn(row)) await payments.put(closed(row, charge, this.#now()))
    }
    return verdict.charge
  }

  /** The connection failed in the middle of the content: the purchase is open once more. */
  async cutShort(id: string): Promise<Payment> {
    const payment = await this.#write(async () => {
      const { payments, sites } = this.#db
      const before = existing(await payments.get(id), id)
      if (!before.answer || !isDelivered(before)) return before
      const cut: Payment = { ...before, answer: { ...before.answer, cutShort: true } }
      const after = before.state === 'sent' ? { ...enter(cut, 'unknown', this.#now()), open: before.request } : cut
      const site = withAnswer(await this.siteRecord(after), false)
      await sites.put({ scope: siteKey(after), ...(isDenied(after) ? withDenial(site) : site) })
      await payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /** Takes back a reservation for which nothing was signed, and frees its budget. */
  release(id: string): Promise<Payment> {
    return this.#finish(id, 'released', 'reserved')
  }

  /** The holder of the key says that it did not sign what was noted: the budget is free again, the nonce stays used. */
  unsigned(id: string): Promise<Payment> {
    return this.#finish(id, 'released', 'signed')
  }

  /**
   * Whatever was signed never came to be sent, and never will be: an identical request is another purchase. The budget stays
   * held, since a signature may exist.
   */
  unsent(id: string): Promise<Payment> {
    return this.#step(id, (payment) => {
      if (payment.state !== 'signed') return payment
      const { open: _, ...closed } = payment
      return closed
    })
  }

  /**
   * The chain has shown the transfer, in this transaction. Where the price was a ceiling, `units` are what was taken of it: the
   * rest is free again. Never more than was authorised is believed.
   */
  settle(id: string, transaction: string, units?: bigint): Promise<Payment> {
    return this.#finish(id, 'settled', null, (before) => ({
      transaction,
      ...(units !== undefined && chargedOf(before, units)),
    }))
  }

  /** The chain has shown that the signature can never be used any more: the budget is free again. */
  expire(id: string): Promise<Payment> {
    return this.#finish(id, 'expired')
  }

  /** Somebody has read on the bill whether this was charged: nothing else can say so of what is billed and was not brought. */
  async readBill(id: string, charged: boolean): Promise<Payment> {
    if (!isOnCredit(existing(await this.get(id), id))) throw new WrongStep(`${id}: it is on no bill`)
    return this.#finish(id, charged ? 'settled' : 'expired', 'unknown')
  }

  get(id: string): Promise<Payment | undefined> {
    return this.#db.payments.get(id)
  }

  /** The purchases of this request whose outcome is still open. */
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

  /** Something was opened free, since it was bought before. */
  async noteOpening(opening: Omit<Opening, 'id' | 'createdAt'>): Promise<void> {
    const row: Opening = { ...opening, id: crypto.randomUUID(), createdAt: this.moment().now }
    await this.#write(() => this.#db.openings.add(row))
    this.#onOpening()
  }

  /** The latest of those, newest first. */
  openings(limit: number): Promise<Opening[]> {
    return this.#db.openings.orderBy('createdAt').reverse().limit(limit).toArray()
  }

  /** The payment that opened a prepaid tab. */
  depositOf(channel: string): Promise<Payment | undefined> {
    return this.#db.payments
      .where('tab.channel')
      .equals(channel)
      .filter(({ tab }) => tab?.does === 'open')
      .first()
  }

  /** Payments that the chain has not yet spoken on. */
  unfinished(): Promise<Payment[]> {
    return this.#db.payments.where('state').anyOf(UNFINISHED).toArray()
  }

  /**
   * The latest payments, newest first, optionally only those that come after a known one in that order. Rejects with
   * `books_unusable` when there is nothing to read from.
   */
  async list(limit: number, after?: Pick<Payment, 'createdAt' | 'id'>): Promise<Payment[]> {
    if (!this.#db.isOpen()) throw new TuppenceError('books_unusable')
    const end = after ? [after.createdAt, after.id] : [Number.POSITIVE_INFINITY]
    return this.#db.payments.where('[createdAt+id]').below(end).reverse().limit(limit).toArray()
  }

  /** What each of these scopes has spent and holds. */
  async tallies(scopes: readonly Scope[]): Promise<(scope: Scope) => Tally> {
    const { tallies } = this.#db
    const ranges = new Map(
      scopes.flatMap((scope) => {
        const range = rangeOf(scope)
        return range ? ([[scope, range]] as const) : []
      }),
    )
    const names = [...new Set(scopes)].filter((scope) => !ranges.has(scope))
    const [rows, ...sums] = await Promise.all([
      tallies.bulkGet(names),
      ...[...ranges].map(async ([scope, range]) => {
        const parts = await tallies
          .where('scope')
          .between(...range)
          .toArray()
        return [scope, mergeTallies(parts)] as const
      }),
    ])
    const known = new Map([...names.map((scope, index) => [scope, rows[index] ?? EMPTY_TALLY] as const), ...sums])
    return (scope) => known.get(scope) ?? EMPTY_TALLY
  }

  /** What earlier payments have taught about a site. */
  async siteRecord(site: { readonly network: string; readonly site: string }): Promise<SiteRecord> {
    const row = await this.#db.sites.get(siteKey(site))
    if (!row) return UNKNOWN_SITE
    const { scope: _, ...record } = row
    return record
  }

  /** Units of a token that signed or reserved payments and withdrawals may still take from an account. */
  async held(from: string, network: string, asset: string): Promise<bigint> {
    return (await this.#db.holds.get(holdKey({ from, network, asset })))?.units ?? 0n
  }

  /** Now on the ledger's clock, which never goes back: setting the computer's clock back refills no budget. */
  moment(): Moment {
    const now = Math.max(this.#now(), this.#highest.at)
    // Going west does not begin the same day again.
    const [, day = dayOf(now)] = [this.#highest.day, dayOf(now)].sort()
    return { now, day }
  }

  /** Whether totals and holds are what the rows say. */
  async isSound(): Promise<boolean> {
    const { payments, tallies, holds } = this.#db
    return this.#db.transaction('r', this.#db.tables, async () => {
      const moment = this.moment()
      const month = daysIn('month', moment.day)
      const recount = new Recount(moment)
      // In one piece: a cursor would hold up payments for twenty times as long.
      for (const payment of await payments
        .where('[createdAt+id]')
        .above([moment.now - MONTH_MS])
        .toArray())
        recount.add(payment)
      const kept = new Map((await tallies.toArray()).map((row) => [row.scope, row]))
      const scopes = new Set([...kept.keys(), ...recount.tallies.keys()])
      const agree = [...scopes].every((scope) => sameDays(kept.get(scope), recount.tallies.get(scope), month))
      const unfinished = new Recount(moment)
      for (const payment of await this.unfinished()) unfinished.add(payment)
      for (const transfer of await this.transfers.unfinished()) unfinished.addTransfer(transfer)
      const held = (await holds.toArray()).filter(({ units }) => units !== 0n)
      return (
        agree &&
        held.length === unfinished.holds.size &&
        held.every(({ key, units }) => unfinished.holds.get(key) === units)
      )
    })
  }

  /** Works totals and holds out anew from the rows. */
  recount(): Promise<void> {
    return this.#write(() => this.#recountAt(this.moment()))
  }

  /** Within a transaction. */
  async #recountAt(moment: Moment): Promise<void> {
    const { payments, tallies, holds, sites } = this.#db
    const recount = new Recount(moment)
    for (const payment of await payments.orderBy('[createdAt+id]').toArray()) recount.add(payment)
    for (const transfer of await this.transfers.unfinished()) recount.addTransfer(transfer)
    await Promise.all([tallies.clear(), holds.clear(), sites.clear()])
    await Promise.all([
      tallies.bulkPut([...recount.tallies].map(([scope, tally]) => ({ scope, ...tally }))),
      holds.bulkPut([...recount.holds].map(([key, units]) => ({ key, units }))),
      sites.bulkPut([...recount.sites].map(([scope, site]) => ({ scope, ...site }))),
    ])
  }

  /** Runs a step in a transaction, and takes note when the books can no longer be written. */
  async #write<T>(step: () => Promise<T>): Promise<T> {
    if (this.#trouble === 'newer' || this.#trouble === 'unreadable') throw new TuppenceError('books_unusable')
    try {
      const value = await this.#queue.write(step)
      this.#trouble = null
      return value
    } catch (error) {
      if (!(error instanceof Dexie.DexieError) || error.name === 'ConstraintError') throw error
      this.#trouble = isQuota(error) ? 'full' : 'unreadable'
      throw new TuppenceError('books_unusable', {}, { cause: error })
    }
  }

  /** Changes one row, by what it says at that very moment. */
  async #step(id: string, next: (payment: Payment) => Payment): Promise<Payment> {
    const payment = await this.#write(async () => {
      const after = next(existing(await this.#db.payments.get(id), id))
      await this.#db.payments.put(after)
      return after
    })
    this.#onChange(payment)
    return payment
  }

  /**
   * Ends a payment, from one state only if that is given: nothing is held for it any more, and its price leaves the totals
   * unless it was really spent.
   */
  async #finish(
    id: string,
    state: 'released' | 'settled' | 'expired',
    from: PaymentState | null = null,
    patch: (before: Payment) => Partial<Payment> = () => ({}),
  ): Promise<Payment> {
    const payment = await this.#write(async () => {
      const { payments, tallies, holds, sites } = this.#db
      const before = existing(await payments.get(id), id)
      if (before.state === state) return before
      if (from !== null && before.state !== from) throw new WrongStep(`${id}: ${before.state}, not ${from}`)
      const after = enter({ ...before, ...patch(before) }, state, this.#now())
      delete (after as { open?: RequestKey }).open
      const [tallyOf, site, held] = await Promise.all([
        this.tallies(before.scopes),
        this.siteRecord(before),
        this.held(before.from, before.network, before.asset),
      ])
      await Promise.all([
        payments.put(after),
        isDrawn(before) || holds.put({ key: holdKey(before), units: held - before.units }),
        before.tab && this.channels.release(before.tab.channel, id, tabAfter(before.tab, state)),
        isDenied(after) && sites.put({ scope: siteKey(after), ...withDenial(site) }),
        (!isCounted(after) || costOf(after) < before.price) &&
          tallies.bulkPut(before.scopes.map((scope) => ({ scope, ...without(tallyOf(scope), after) }))),
      ])
      return after
    })
    this.#onChange(payment)
    return payment
  }
}

/** A tally without what an ended payment has not cost. Once it may have been signed, it was begun all the same. */
function without(tally: Tally, payment: Payment): Tally {
  const { createdAt, day, price, state } = payment
  if (state === 'released') return withoutBegun(tally, { now: createdAt, day }, price)
  return takeFrom(tally, day, isCounted(payment) ? usd(price - costOf(payment)) : price)
}

/** What was taken of a ceiling. */
function chargedOf(
  { id, authorization, network, asset: address, units: most, price }: Payment,
  units: bigint,
): Partial<Payment> {
  if (authorization?.method !== 'upto') {
    if (units !== most) throw new WrongStep(`${id}: ${units} of exactly ${most}`)
    return {}
  }
  if (units > most) throw new WrongStep(`${id}: ${units} of at most ${most}`)
  const asset = findAsset(network, address)
  return { charged: { units, price: asset ? priceOf({ units, asset }) : price } }
}

function existing(payment: Payment | undefined, id: string): Payment {
  if (!payment) throw new WrongStep(`no payment ${id}`)
  return payment
}

/** What nobody approved is paid through those only that the site was paid through before. */
function assertPayee(site: SiteRecord, draft: Draft): void {
  if (draft.decidedBy === 'rules' && site.payees.length > 0 && !site.payees.includes(payeeId(draft)))
    throw new PayeeChanged()
}

function assertCovered({ network, asset: address, units }: Draft, held: bigint, balance: bigint | null): void {
  if (balance === null || held + units <= balance) return
  const asset = findAsset(network, address)
  const left = balance > held ? balance - held : 0n
  throw new TuppenceError(
    'insufficient_balance',
    asset ? { needed: formatAmount({ units, asset }), available: formatAmount({ units: left, asset }) } : {},
  )
}

function enter(payment: Payment, state: PaymentState, at: number): Payment {
  if (!canAdvance(payment.state, state)) throw new WrongStep(`${payment.id}: ${payment.state} → ${state}`)
  return { ...payment, state, history: [...payment.history, { state, at }] }
}

/** A payment from a prepaid tab is over: it was charged there, or is known not to have been. */
function closed(payment: Payment, charge: 'charged' | 'not_charged', at: number): Payment {
  const { open: _, ...over } = payment
  return over.state === 'settled' ? over : enter(over, charge === 'charged' ? 'settled' : 'expired', at)
}

/** What the end of a payment says of its tab: a deposit is there, or never was. What is paid from a tab says nothing. */
function tabAfter({ does }: TabPart, state: PaymentState): 'open' | 'void' | null {
  if (does === 'spend') return null
  return state === 'settled' ? 'open' : 'void'
}

/** What may have been charged without anybody having heard of it. */
const isOpenVoucher = ({ tab }: Payment, charged: bigint): boolean =>
  tab !== undefined && (tab.does === 'spend' || tab.ceiling > charged)

const sameDays = (a: Tally = EMPTY_TALLY, b: Tally = EMPTY_TALLY, days: readonly Day[]): boolean =>
  days.every((day) => (a.days[day] ?? 0n) === (b.days[day] ?? 0n))

/** Dexie wraps what the database says, once or in a list. */
function isQuota(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { inner, failures = [] } = error as Error & { inner?: unknown; failures?: readonly unknown[] }
  return error.name === 'QuotaExceededError' || isQuota(inner) || failures.some(isQuota)
}
