import type { Payment } from '@/lib/ledger/payment'
import type { Tally } from '@/lib/policy/tally'
import { boundary } from './boundary'

/** All that the ledger's database holds, read around the ledger. Rows come in the order they were made. */
export interface Books {
  readonly payments: readonly Payment[]
  readonly tallies: readonly (Tally & { readonly scope: string })[]
  readonly holds: readonly { readonly key: string; readonly units: bigint }[]
  /** The latest moment that was noted: of the latest payment, or of a disk that was tried out. */
  readonly noted: { readonly at: number; readonly day: string } | undefined
}

/** A second look into the database. */
export class BookReader {
  readonly #name: string
  #db: IDBDatabase | null = null

  constructor(name: string) {
    this.#name = name
  }

  async open(version?: number): Promise<void> {
    this.#db ??= await done(indexedDB.open(this.#name, version))
  }

  close(): void {
    this.#db?.close()
    this.#db = null
  }

  async read(): Promise<Books> {
    const db = this.#db
    if (!db) throw new Error('The books are closed.')
    const [payments, tallies, holds, clock] = await boundary.inspect(() => {
      const transaction = db.transaction(['payments', 'tallies', 'holds', 'clock'], 'readonly')
      const all = (name: string) => done(transaction.objectStore(name).getAll())
      return Promise.all([all('payments'), all('tallies'), all('holds'), all('clock')])
    })
    return {
      // Ids count upwards here.
      payments: (payments as Payment[]).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      tallies: tallies as Books['tallies'],
      holds: holds as Books['holds'],
      noted: (clock as NonNullable<Books['noted']>[])[0],
    }
  }

  /** Makes a day's total smaller behind the ledger's back. */
  async tamper(day: string): Promise<void> {
    const db = this.#db
    const [tally] = (await this.read()).tallies
    if (!db || !tally) return
    const days = { ...tally.days, [day]: (tally.days[day] ?? 0n) - 1n }
    await boundary.inspect(() =>
      done(
        db
          .transaction('tallies', 'readwrite')
          .objectStore('tallies')
          .put({ ...tally, days }),
      ),
    )
  }

  /** As a later version of Tuppence leaves the database behind. */
  async makeNewer(): Promise<void> {
    this.close()
    await this.open(1000)
    this.close()
    await this.open()
  }

  async delete(): Promise<void> {
    this.close()
    await done(indexedDB.deleteDatabase(this.#name))
  }
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
