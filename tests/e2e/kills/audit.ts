import { type Address, createPublicClient, type Hex, http, isAddressEqual, parseAbiItem } from 'viem'
import { dayOf } from '../../../lib/policy/tally.ts'
import { USDC } from '../../../playground/chain.ts'
import type { Payment, Tuppence } from '../../../playground/driver/tuppence.ts'
import type { Playground } from '../../../playground/playground.ts'
import { expect } from '../fixtures.ts'
import type { Stand } from './stand.ts'

const AUTHORIZATION_USED = parseAbiItem('event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)')

/** In these states a payment holds nothing and never will. */
const FREED: readonly string[] = ['released', 'expired']
/** In these, its signature may have left the browser. */
const OUT: readonly string[] = ['sent', 'unknown', 'settled']

/** What an audit found in the books. */
export interface Books {
  readonly payments: readonly Payment[]
  /** The essays that are paid for on the chain. */
  readonly paid: ReadonlySet<string>
}

/** Compares the ledger's books with the chain's and the stand's, and remembers every row that it was ever shown. */
export class Audit {
  readonly #playground: Playground
  readonly #account: Address
  readonly #stand: Stand
  readonly #shown = new Map<string, Payment>()

  constructor(playground: Playground, account: Address, stand: Stand) {
    this.#playground = playground
    this.#account = account
    this.#stand = stand
  }

  /** Notes what the ledger shows now: it may never take that back. */
  async note(tuppence: Tuppence): Promise<void> {
    this.#note(await tuppence.payments())
  }

  /** Notes what the ledger shows, again and again, until nobody answers any more. */
  async noteWhileAlive(tuppence: Tuppence): Promise<void> {
    const goOn = () => this.noteWhileAlive(tuppence)
    await this.note(tuppence).then(goOn, () => undefined)
  }

  /**
   * The books agree: no row is lost, every signature that the stand saw and every payment on the chain has its row, and the
   * day's total is the sum of its rows, covers what left the account, and is within the day limit.
   */
  async check(tuppence: Tuppence): Promise<Books> {
    // What is compared with the ledger is read before it: there, the row is always first.
    const signatures = [...this.#stand.signatures]
    const transfers = (await this.#playground.transfers()).filter(({ from }) => isAddressEqual(from, this.#account))
    const usedBefore = await this.#usedNonces()
    const { payments, today } = await steady(tuppence)
    const used = await this.#usedNonces()

    const byId = new Map(payments.map((payment) => [payment.id, payment]))
    const byNonce = new Map(payments.flatMap((payment) => (payment.nonce ? [[payment.nonce, payment]] : [])))
    const bytesOf = new Map(signatures.map(({ nonce, bytes }) => [nonce, bytes]))
    const nonceOf = new Map([...usedBefore].map(([nonce, transaction]) => [transaction, nonce]))
    const rowOf = (transaction: Hex) => byNonce.get(nonceOf.get(transaction) ?? '')
    const isOut = (row: Payment | undefined) => row !== undefined && OUT.includes(row.state)
    const isSettled = ({ nonce, transaction }: Payment) => nonce && used.get(nonce) === transaction

    const counted = payments.filter(({ state }) => !FREED.includes(state))
    const day = dayOf(Date.now())
    const countedToday = sum(counted.filter(({ createdAt }) => dayOf(createdAt) === day).map(({ price }) => price))
    const outflow = sum(transfers.map(({ value }) => value))
    const spent = BigInt(today.spent)

    expect({
      'rows that were shown, and are lost or written anew': [...this.#shown.values()].filter(
        (row) => !isLater(byId.get(row.id), row),
      ),
      'nonces in two rows': payments.filter((row) => row.nonce && byNonce.get(row.nonce) !== row),
      'signatures without their row': signatures.filter(
        ({ nonce, url }) => !isOut(byNonce.get(nonce)) || byNonce.get(nonce)?.url !== url,
      ),
      'signatures that changed': signatures.filter(({ nonce, bytes }) => bytesOf.get(nonce) !== bytes),
      'payments on the chain without their row': transfers.filter(
        ({ transaction, value }) => !isOut(rowOf(transaction)) || rowOf(transaction)?.units !== value.toString(),
      ),
      'rows settled without the chain': payments.filter((row) => row.state === 'settled' && !isSettled(row)),
      'rows signed and given up': payments.filter((row) => row.state === 'released' && row.nonce),
      'difference between the total and its rows': spent - countedToday,
      'over the limit': spent > BigInt(today.cap),
      'left the account uncounted': outflow > sum(counted.map(({ price }) => price)),
    }).toEqual({
      'rows that were shown, and are lost or written anew': [],
      'nonces in two rows': [],
      'signatures without their row': [],
      'signatures that changed': [],
      'payments on the chain without their row': [],
      'rows settled without the chain': [],
      'rows signed and given up': [],
      'difference between the total and its rows': 0n,
      'over the limit': false,
      'left the account uncounted': false,
    })
    this.#note(payments)
    const paid = payments.filter(({ nonce }) => nonce && used.has(nonce)).map(({ url }) => url)
    return { payments, paid: new Set(paid) }
  }

  /** How many payments for an essay are on the chain. */
  async settlements(url: string): Promise<number> {
    const used = await this.#usedNonces()
    return this.#stand.noncesFor(url).filter((nonce) => used.has(nonce)).length
  }

  #note(payments: readonly Payment[]): void {
    for (const payment of payments) this.#shown.set(payment.id, payment)
  }

  /** Every nonce of the account's that the chain has seen used, with the transaction that used it. */
  async #usedNonces(): Promise<Map<string, Hex>> {
    const client = createPublicClient({ transport: http(this.#playground.rpcUrl) })
    const logs = await client.getLogs({
      address: USDC,
      event: AUTHORIZATION_USED,
      args: { authorizer: this.#account },
      fromBlock: 0n,
    })
    return new Map(logs.flatMap(({ args: { nonce }, transactionHash }) => (nonce ? [[nonce, transactionHash]] : [])))
  }
}

const sum = (amounts: readonly (string | bigint)[]): bigint =>
  amounts.reduce<bigint>((total, amount) => total + BigInt(amount), 0n)

/** Whether a row is the one that was shown earlier, and only went on from there. */
function isLater(now: Payment | undefined, shown: Payment): boolean {
  const identity = ({ url, createdAt, units, payTo }: Payment) => JSON.stringify([url, createdAt, units, payTo])
  return (
    now !== undefined &&
    identity(now) === identity(shown) &&
    (shown.nonce === null || now.nonce === shown.nonce) &&
    JSON.stringify(now.history.slice(0, shown.history.length)) === JSON.stringify(shown.history)
  )
}

/** Rows and totals of one and the same moment. */
async function steady(tuppence: Tuppence) {
  for (;;) {
    const before = await tuppence.payments()
    const today = await tuppence.spentToday()
    const payments = await tuppence.payments()
    if (JSON.stringify(payments) === JSON.stringify(before)) return { payments, today }
  }
}
