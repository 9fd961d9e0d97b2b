/** What the background does that outlives it. A payment's step is a write of its row that brings it there. */
export type Step =
  | 'reserved'
  | 'signed'
  | 'sent'
  | 'resent'
  | 'answered'
  | 'unknown'
  | 'settled'
  | 'released'
  | 'approval stored'
  | 'approval taken'
  | 'rule armed'
  | 'reload asked'

/** A point of the background's work. */
export interface Point {
  readonly step: Step
  /**
   * `before`: the step was asked for and not done. `after`: it was done, and nothing since. `held`: it was asked for, and is
   * not done however long one waits, while everything else goes on.
   */
  readonly moment: 'before' | 'after' | 'held'
  /** Of the payment with this address alone. */
  readonly url?: string
}

export const nameOf = ({ step, moment }: Point): string => `${moment} "${step}"`

interface Row {
  readonly url: string
  readonly state: string
  readonly history: readonly { readonly state: string }[]
  readonly answer?: { readonly status: number }
}

type Call = (...args: unknown[]) => unknown

/** As much of the worker's global scope as is used here. */
interface Scope {
  point?: Point | null
  hooked?: true
  hookedApi?: true
  /** How often the vault was opened. */
  decryptions?: number
  readonly chrome?: {
    readonly storage: { readonly local: Record<string, Call> }
    readonly declarativeNetRequest: Record<string, Call>
    readonly tabs: Record<string, Call>
  }
}

/**
 * Runs in the background's worker, put there by the debugger: from now on the worker stands still at this point, once.
 * Sees none of the module that it is written in.
 */
export function hook(point: Point): void {
  const scope = globalThis as unknown as Scope
  scope.point = point
  scope.decryptions = 0

  const isHere = (step: Step, moment: Point['moment'], url?: string): boolean => {
    const { point } = scope
    return point?.step === step && point.moment === moment && (!url || !point.url || point.url === url)
  }
  const haltAt = (step: Step, moment: Point['moment'], url?: string): void => {
    if (!isHere(step, moment, url)) return
    scope.point = null
    // biome-ignore lint/suspicious/noDebugger: this is how the worker stands still
    debugger
  }

  const stepOf = ({ state, history, answer }: Row): Step => {
    if (state !== 'sent') return state as Step
    if (answer && answer.status >= 200 && answer.status < 300) return 'answered'
    return history.some(({ state }) => state === 'unknown') ? 'resent' : 'sent'
  }

  const hold = (store: IDBObjectStore): void => {
    // A transaction ends when nothing is asked of it any more.
    store.count().onsuccess = () => hold(store)
  }
  const watched = (write: IDBObjectStore['put']): IDBObjectStore['put'] =>
    function (this: IDBObjectStore, value, key) {
      if (this.name !== 'payments') return write.call(this, value, key)
      const row = value as Row
      haltAt(stepOf(row), 'before', row.url)
      // Capturing, to hear of the end before the ledger does.
      const completed = () => haltAt(stepOf(row), 'after', row.url)
      this.transaction.addEventListener('complete', completed, { capture: true })
      const request = write.call(this, value, key)
      if (isHere(stepOf(row), 'held', row.url)) hold(this)
      haltAt(stepOf(row), 'held', row.url)
      return request
    }
  if (!scope.hooked) {
    scope.hooked = true
    IDBObjectStore.prototype.put = watched(IDBObjectStore.prototype.put)
    IDBObjectStore.prototype.add = watched(IDBObjectStore.prototype.add)
    const { decrypt } = crypto.subtle
    crypto.subtle.decrypt = (...args) => {
      scope.decryptions = (scope.decryptions ?? 0) + 1
      return decrypt.apply(crypto.subtle, args)
    }
  }

  const watch = (owner: Record<string, Call>, name: string, stepOf: (argument: unknown) => Step | null): void => {
    const call = owner[name]
    if (!call) throw new Error(`There is no ${name}.`)
    owner[name] = async (...args: unknown[]) => {
      const step = stepOf(args[0])
      if (step) haltAt(step, 'before')
      const result = await call.apply(owner, args)
      if (step) haltAt(step, 'after')
      return result
    }
  }
  const isApproval = (key: string) => key.startsWith('approval:')
  // A worker that is about to start has no extension API yet.
  if (scope.chrome && !scope.hookedApi) {
    scope.hookedApi = true
    const { storage, declarativeNetRequest, tabs } = scope.chrome
    watch(storage.local, 'set', (items) => {
      const [, approval] =
        Object.entries(items as Record<string, { taken?: boolean }>).find(([key]) => isApproval(key)) ?? []
      if (!approval) return null
      return approval.taken ? 'approval taken' : 'approval stored'
    })
    watch(declarativeNetRequest, 'updateSessionRules', (change) =>
      (change as { addRules?: unknown[] }).addRules?.length ? 'rule armed' : null,
    )
    watch(tabs, 'reload', () => 'reload asked')
  }
}
