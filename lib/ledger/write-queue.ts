/** A step of the books. It looks before it writes: an error of its own comes before its first write. */
type Step<T> = () => Promise<T>

interface Waiting {
  readonly step: Step<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What became of one step within a transaction. */
type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

const MOST_AT_ONCE = 100

/**
 * Writes steps one after another, each whole or not at all. Steps that come while a transaction is on its way to the disk
 * share the next one: the disk's time is paid once for all of them.
 */
export class WriteQueue {
  readonly #transaction: <T>(run: () => Promise<T>) => Promise<T>
  /** Whether an error is a step's own "no", as against the database's. */
  readonly #isRefusal: (error: unknown) => boolean
  #waiting: Waiting[] = []
  #writing = false

  constructor(transaction: <T>(run: () => Promise<T>) => Promise<T>, isRefusal: (error: unknown) => boolean) {
    this.#transaction = transaction
    this.#isRefusal = isRefusal
  }

  /** Resolves once the step is on the disk. */
  write<T>(step: Step<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ step, resolve: resolve as (value: unknown) => void, reject })
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    if (this.#writing) return
    this.#writing = true
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MOST_AT_ONCE))
    this.#writing = false
  }

  /** Never throws. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#transaction(() => this.#runAll(batch))
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index]
        if (outcome?.ok) resolve(outcome.value)
        else reject(outcome?.error)
      }
    } catch (error) {
      // One step's trouble with the database undoes the whole transaction: each again, by itself.
      if (batch.length > 1) for (const one of batch) await this.#commit([one])
      else batch[0]?.reject(error)
    }
  }

  async #runAll(batch: readonly Waiting[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const { step } of batch) {
      try {
        outcomes.push({ ok: true, value: await step() })
      } catch (error) {
        if (!this.#isRefusal(error)) throw error
        outcomes.push({ ok: false, error })
      }
    }
    return outcomes
  }
}
