import { Dexie, type EntityTable, type Transaction } from 'dexie'
import type { Scope } from '@/lib/policy/limits'
import type { SiteRecord } from '@/lib/policy/site-record'
import { type Day, dayOf, type Tally } from '@/lib/policy/tally'
import type { Channel } from './channel'
import { type PaymentV1, type PaymentV3, paymentToV2, paymentToV4 } from './migrations'
import type { Opening } from './opening'
import type { Payment } from './payment'
import { Recount } from './recount'
import type { Transfer } from './transfer'

/** Units of a token that reserved or signed payments and withdrawals may still take from an account. */
interface Hold {
  readonly key: string
  readonly units: bigint
}

/** The latest moment that the ledger has seen: it never goes back. */
export interface Clock {
  readonly key: 'highest'
  /** Unix milliseconds. */
  readonly at: number
  readonly day: Day
}

export type Database = Dexie & {
  payments: EntityTable<Payment, 'id'>
  transfers: EntityTable<Transfer, 'id'>
  channels: EntityTable<Channel, 'id'>
  tallies: EntityTable<Tally & { readonly scope: Scope }, 'scope'>
  holds: EntityTable<Hold, 'key'>
  sites: EntityTable<SiteRecord & { readonly scope: Scope }, 'scope'>
  clock: EntityTable<Clock, 'key'>
  openings: EntityTable<Opening, 'id'>
}

const VERSION = 4
/** Dexie's versions in IndexedDB's count. */
const DEXIE_FACTOR = 10

/** Names the ledger's database and its history of versions. Nothing is opened yet. */
export function defineDatabase(name: string): Database {
  // Strict: a reservation is on the disk before anything is signed for it. A database that the browser closed is not opened by
  // the way: it has to be looked at first.
  const database = new Dexie(name, { chromeTransactionDurability: 'strict', autoOpen: false }) as Database
  database.version(1).stores({
    payments: 'id, state, open, &nonce, [createdAt+id], [request+createdAt]',
    counters: 'key',
    clock: 'key',
  })
  database.version(2).stores({ counters: null, tallies: 'scope', holds: 'key', sites: 'scope' }).upgrade(toVersion2)
  // What there is stays as it is.
  database.version(3).stores({ transfers: 'id, state, &nonce, createdAt' })
  database
    .version(4)
    .stores({
      payments: 'id, state, open, &nonce, [createdAt+id], [request+createdAt], tab.channel',
      channels: 'id, site, state, createdAt',
      openings: 'id, createdAt',
    })
    .upgrade(toVersion4)
  return database
}

async function toVersion2(transaction: Transaction): Promise<void> {
  const [payments, tallies, holds, sites, clock] = (['payments', 'tallies', 'holds', 'sites', 'clock'] as const).map(
    (name) => transaction.table(name),
  )
  const highest: Pick<Clock, 'at'> | undefined = await clock?.get('highest')
  const now = highest?.at ?? Date.now()
  const recount = new Recount({ now, day: dayOf(now) })
  await payments?.orderBy('[createdAt+id]').modify((row: PaymentV1, change: { value: PaymentV1 | PaymentV3 }) => {
    const payment = paymentToV2(row)
    recount.add(paymentToV4(payment))
    change.value = payment
  })
  await Promise.all([
    tallies?.bulkPut([...recount.tallies].map(([scope, tally]) => ({ scope, ...tally }))),
    holds?.bulkPut([...recount.holds].map(([key, units]) => ({ key, units }))),
    sites?.bulkPut([...recount.sites].map(([scope, site]) => ({ scope, ...site }))),
    clock?.toCollection().modify((row: Clock, change: { value: Clock }) => {
      change.value = { ...row, day: dayOf(row.at) }
    }),
  ])
}

async function toVersion4(transaction: Transaction): Promise<void> {
  await transaction
    .table('payments')
    .toCollection()
    .modify((row: PaymentV3, change: { value: PaymentV3 | Payment }) => {
      change.value = paymentToV4(row)
    })
}

/** Opens a database of a later version as it is, for reading. What this version does not know of it is left alone. */
export async function openAsItIs(name: string): Promise<Database> {
  const database = (await new Dexie(name, { autoOpen: false }).open()) as Database
  Object.assign(database, Object.fromEntries(database.tables.map((table) => [table.name, table])))
  return database
}

/** Whether a later version than this one has written the database: it may mean something else by it. */
export async function isNewerOnDisk(name: string): Promise<boolean> {
  const found = (await indexedDB.databases()).find((database) => database.name === name)
  // Dexie's parts of a version are its own repairs.
  return Math.floor((found?.version ?? 0) / DEXIE_FACTOR) > VERSION
}
