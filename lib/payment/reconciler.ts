import type { Hex } from 'viem'
import { browser } from 'wxt/browser'
import { storage } from 'wxt/utils/storage'
import type { Balances } from '@/lib/chain/balances'
import type { TransferClaim } from '@/lib/chain/claim'
import { isSeen, proveTransfer } from '@/lib/chain/proof'
import { type Snapshot, takeSnapshot } from '@/lib/chain/snapshot'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDelivered, isDrawn, type Payment } from '@/lib/ledger/payment'
import { findAsset } from '@/lib/money/assets'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { isOnCredit } from '@/lib/money/networks'
import { createQueue } from '@/lib/queue'
import { getRpcUrl } from '@/lib/settings/networks'

/** A fresh payment is looked for this often, in milliseconds each time. What takes longer is left to the alarm. */
const FOLLOWS_AFTER_MS = [500, 1_000, 1_000, 2_000, 4_000, 8_000]
/** How often, and how long after each other, a transfer that is seen already is looked at until it counts. */
const BURIAL = { looks: 4, everyMs: 1_000 }

const ALARM = 'reconcile'
const ALARM_MINUTES = 1
/** A payment is looked at again once this part of its age has passed, and not sooner than in half a minute. */
const PART_OF_AGE = 8
const SOONEST_MS = 30_000
/** So many payments are looked at when the alarm goes off, those first that have waited longest. */
const MOST_AT_ONCE = 20

/** When each unfinished payment was last looked at, by id, in Unix milliseconds. */
const looks = storage.defineItem<Readonly<Record<string, number>>>('session:looks', { fallback: {} })

/** Lets the chain have the last word on payments. */
export class Reconciler {
  readonly #ledger: Ledger
  readonly #balances: Balances
  readonly #inTurn = createQueue()
  #lookingAtAll: Promise<void> | null = null

  constructor(ledger: Ledger, balances: Balances) {
    this.#ledger = ledger
    this.#balances = balances
  }

  /**
   * Asks the chain, and moves the payment if it proves something. Without proof nothing changes. Where the transfer is there
   * but not deep enough yet, it waits a few seconds for that.
   */
  async look(payment: Payment): Promise<Payment> {
    let latest = await this.#ask(payment, await takeSnapshot(payment.network))
    for (let left = BURIAL.looks; left > 0 && isUndecided(latest) && (await isSeenOf(latest)); left--) {
      await sleep(BURIAL.everyMs)
      latest = await this.#ask(latest, await takeSnapshot(latest.network))
    }
    return latest
  }

  /**
   * Follows a payment that was answered. One that brought its content, or that the site reports as settled, is looked for until
   * the chain shows it, or some seconds have passed. All others are looked for briefly, in case that they were paid all the
   * same; the rest is left to the alarm.
   */
  async follow(payment: Payment): Promise<void> {
    if (isOnCredit(payment)) return
    await this.#setAlarm()
    const isExpected = isDelivered(payment) || payment.receipt?.success === true
    let latest = payment
    for (const pause of isExpected ? FOLLOWS_AFTER_MS : FOLLOWS_AFTER_MS.slice(0, 2)) {
      if (!isUndecided(latest)) return
      await sleep(pause)
      latest = await this.#ask(latest, await takeSnapshot(latest.network))
    }
  }

  /**
   * After a start: what was only reserved is given up, what was under way is of unknown outcome, and what is open is put to the
   * chain. Running it twice changes nothing. The looks go on after it resolves.
   */
  async recover(): Promise<void> {
    for (const payment of await this.#ledger.unfinished()) {
      if (payment.state === 'reserved') await this.#ledger.release(payment.id)
      // Its bytes were not kept, so that they were never sent, and are gone with the life that made them.
      else if (payment.state === 'signed' && isOnCredit(payment)) await this.#ledger.expire(payment.id)
      // Never sent, or its bytes would have been kept. The tab has counted it as signed all the same.
      else if (payment.state === 'signed' && isDrawn(payment)) await this.#ledger.unsigned(payment.id)
      else if (payment.state === 'sent' && !isDelivered(payment)) await this.#ledger.answer(payment.id, 0, null)
    }
    // What could not be noted stays held, and is looked at again.
    // biome-ignore lint/suspicious/noConsole: nobody waits for this
    this.lookAtDue().catch((error: unknown) => console.error(error))
  }

  /** Looks at every payment that the chain has not spoken on. Resolves when done. Called again meanwhile, it is the same run. */
  lookAtAll(): Promise<void> {
    this.#lookingAtAll ??= this.#inTurn(() => this.#lookAt((payments) => payments)).finally(() => {
      this.#lookingAtAll = null
    })
    return this.#lookingAtAll
  }

  /** Looks at those whose turn it is: the older a payment is, the more seldom. Resolves when done. */
  lookAtDue(): Promise<void> {
    return this.#inTurn(() => this.#lookAt((payments, seenAt) => pickDue(payments, seenAt, Date.now())))
  }

  /** Calls back every minute while something is unfinished. Register synchronously at start. */
  onAlarm(listener: () => void): void {
    browser.alarms.onAlarm.addListener(({ name }) => {
      if (name === ALARM) listener()
    })
  }

  async #lookAt(pick: (payments: Payment[], seenAt: Readonly<Record<string, number>>) => Payment[]): Promise<void> {
    const waiting = (await this.#ledger.unfinished()).filter((payment) => isLookedAt(payment) && isProvable(payment))
    const seenAt = { ...(await looks.getValue()) }
    const snapshots = new Map<string, Promise<Snapshot | null>>()
    for (const payment of pick(waiting, seenAt)) {
      const { id, network } = payment
      const taken = snapshots.get(network) ?? takeSnapshot(network)
      snapshots.set(network, taken)
      const snapshot = await taken
      if (!snapshot) continue
      seenAt[id] = Date.now()
      try {
        await this.#ask(payment, snapshot)
      } catch (error) {
        // biome-ignore lint/suspicious/noConsole: a defect; it must not keep the chain from being asked about the others
        console.error(error)
      }
    }
    await looks.setValue(Object.fromEntries(waiting.flatMap(({ id }) => (seenAt[id] ? [[id, seenAt[id]]] : []))))
    await this.#setAlarm()
  }

  /** Asks once. */
  async #ask(payment: Payment, snapshot: Snapshot | null): Promise<Payment> {
    const claim = claimOf(payment)
    const proof = claim && (await proveTransfer(claim, snapshot))
    if (!proof || proof.state === 'open') return payment
    const asset = findAsset(payment.network, payment.asset)
    // Before the hold ends, the balance must already show the money gone.
    if (asset) await this.#balances.read(payment.from as Hex, asset)
    return proof.state === 'settled'
      ? this.#ledger.settle(payment.id, proof.transaction, proof.units)
      : this.#ledger.expire(payment.id)
  }

  /** The alarm is there while a payment is unfinished about which somebody can be asked. */
  async #setAlarm(): Promise<void> {
    const networks = new Set((await this.#ledger.unfinished()).filter(isProvable).map(({ network }) => network))
    const servers = await Promise.all([...networks].map(getRpcUrl))
    if (servers.every((server) => server === null)) await browser.alarms.clear(ALARM)
    // Set anew, it would begin its minute anew.
    else if (!(await browser.alarms.get(ALARM))) await browser.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES })
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const isUndecided = ({ state }: Payment): boolean => state !== 'settled' && state !== 'expired'

/** What is under way is left alone until it is answered: its answer belongs in the ledger before the chain's word. */
const isLookedAt = ({ state, authorization, answer }: Payment): boolean =>
  authorization !== undefined && (state !== 'sent' || answer !== undefined)

/** What is paid from a prepaid tab, or billed later, no chain knows of. */
const isProvable = (payment: Payment): boolean => !isDrawn(payment) && !isOnCredit(payment)

/** The payments whose turn it is, those first that have waited longest. */
function pickDue(payments: Payment[], seenAt: Readonly<Record<string, number>>, now: number): Payment[] {
  const since = ({ id }: Payment) => Math.abs(now - (seenAt[id] ?? 0)) // a clock that was set back delays nothing
  return payments
    .filter((payment) => since(payment) >= Math.max(SOONEST_MS, (now - payment.createdAt) / PART_OF_AGE))
    .sort((a, b) => since(b) - since(a))
    .slice(0, MOST_AT_ONCE)
}

/** Null when nothing was authorised that a chain could show: a voucher is none that it knows of. */
function claimOf({
  authorization,
  receipt,
  network,
  asset,
  from,
  tab,
  units,
  ...payment
}: Payment): TransferClaim | null {
  if (!authorization || authorization.method === 'voucher' || authorization.method === 'http-signature') return null
  // A deposit goes to its contract.
  const payTo = tab ? BATCH_SETTLEMENT.depositCollector : payment.payTo
  return { ...authorization, network, asset, from, payTo, units, transaction: receipt?.transaction ?? null }
}

async function isSeenOf(payment: Payment): Promise<boolean> {
  const claim = claimOf(payment)
  return claim !== null && isSeen(claim)
}
