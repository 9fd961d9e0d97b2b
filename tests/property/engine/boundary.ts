import { fakeBrowser } from 'wxt/testing/fake-browser'

/** What goes wrong, and at which of the calls that leave the background: the crash of all of it, or one write that fails. */
export interface Fault {
  readonly kind: 'crash' | 'quota' | 'abort'
  /** The first such call is 0. */
  readonly at: number
}

/** The background is no more. Whatever still runs of it gets this at its next call, and can do nothing any more. */
export class Crashed extends Error {
  override readonly name = 'Crashed'
}

/** Storage, database, browser and chain, as far as a background reaches them: every call out passes here, and can fail here. */
class Boundary {
  crashed = false
  #fault: Fault | null = null
  #countdown = 0
  #underway = 0
  /** Acts that have not begun yet. */
  #waiting = 0
  #inspecting = false
  #calls = 0
  readonly #transactions = new Set<IDBTransaction>()

  /** For a new world, or a new life of the background. */
  reset(): void {
    this.crashed = false
    this.arm(null)
  }

  arm(fault: Fault | null): void {
    this.#fault = fault
    this.#countdown = fault?.at ?? 0
  }

  get isQuiet(): boolean {
    return this.#isIdle && this.#waiting === 0
  }

  get #isIdle(): boolean {
    return this.#underway === 0 && this.#transactions.size === 0
  }

  /** What looks at the world from outside passes freely, as far as it goes without a pause. */
  async inspect<T>(look: () => Promise<T>): Promise<T> {
    this.#underway += 1
    try {
      return await this.#freely(look)
    } finally {
      this.#underway -= 1
    }
  }

  #freely<T>(look: () => T): T {
    this.#inspecting = true
    try {
      return look()
    } finally {
      this.#inspecting = false
    }
  }

  /** Until the background has made so many more calls, or none any more. */
  async after(calls: number): Promise<void> {
    this.#waiting += 1
    const end = this.#calls + calls
    for (let idle = 0; this.#calls < end && idle < 4; ) {
      await new Promise((resolve) => setImmediate(resolve))
      idle = this.#isIdle ? idle + 1 : 0
    }
    this.#waiting -= 1
  }

  /** A call out of the background that may take its time. */
  async pass<T>(call: () => T | Promise<T>, isWrite = false): Promise<T> {
    if (this.#inspecting) return call()
    this.#underway += 1
    try {
      this.#enter()
      if (isWrite && this.#strikes('quota', 'abort')) throw new Error('QUOTA_BYTES quota exceeded')
      return await call()
    } finally {
      this.#underway -= 1
    }
  }

  begin(transaction: () => IDBTransaction): IDBTransaction {
    if (this.#inspecting) return transaction()
    this.#enter()
    const begun = transaction()
    this.#transactions.add(begun)
    for (const end of ['complete', 'abort']) begun.addEventListener(end, () => this.#transactions.delete(begun))
    return begun
  }

  write(store: IDBObjectStore): void {
    if (this.#inspecting) return
    if (this.#strikes('quota')) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    if (this.#strikes('abort')) store.transaction.abort()
  }

  /** Ends the background here and now: what is not on the disk yet never will be. */
  crash(): void {
    this.crashed = true
    for (const transaction of this.#transactions) transaction.abort()
  }

  #enter(): void {
    this.#calls += 1
    if (!this.crashed && this.#strikes('crash')) this.crash()
    if (this.crashed) throw new Crashed()
  }

  /** Whether the fault is of these kinds, and its time has come. */
  #strikes(...kinds: Fault['kind'][]): boolean {
    if (!this.#fault || !kinds.includes(this.#fault.kind)) return false
    if (this.#countdown > 0) {
      this.#countdown -= 1
      return false
    }
    this.#fault = null
    return true
  }
}

export const boundary = new Boundary()

const { transaction } = IDBDatabase.prototype
IDBDatabase.prototype.transaction = function (...args) {
  return boundary.begin(() => transaction.apply(this, args))
}
for (const name of ['put', 'add'] as const) {
  const write = IDBObjectStore.prototype[name]
  IDBObjectStore.prototype[name] = function (...args) {
    boundary.write(this)
    return write.apply(this, args)
  }
}

type Call = (...args: unknown[]) => Promise<unknown>
/** Lets the calls of a browser API pass through the boundary. */
function guard(api: object, names: readonly string[]): void {
  const calls = api as Record<string, Call>
  for (const name of names) {
    const call = calls[name]
    if (call) calls[name] = (...args) => boundary.pass(() => call.apply(api, args), name === 'set')
  }
}
guard(fakeBrowser.storage.local, ['get', 'set', 'remove'])
guard(fakeBrowser.storage.session, ['get', 'set', 'remove'])
guard(fakeBrowser.alarms, ['create', 'clear'])
guard(fakeBrowser.tabs, ['create'])
