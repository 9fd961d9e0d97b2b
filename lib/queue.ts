/** Runs steps one after another, each once the one before is done, whether that succeeded or failed. */
export function createQueue(): <T>(step: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (step) => {
    const next = last.then(step)
    last = next.catch(() => undefined)
    return next
  }
}

/** What keeps steps that rely on something apart from changes of it. */
export interface Interlock {
  /**
   * Steps run side by side, never while a change runs. One that a change could not wait for is told by its signal, and has to
   * look at that before it does what must not be done under the old state.
   */
  step<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T>
  /**
   * A change waits for the steps under way, within reason, and steps that come later wait for it. Once it is done, nothing is
   * done any more under the old state.
   */
  change<T>(run: () => Promise<T>): Promise<T>
}

/** A step takes milliseconds. One that takes longer hangs in something that may never answer. */
const LONGEST_STEP_MS = 5_000

export function createInterlock(): Interlock {
  const inOrder = createQueue()
  const underway = new Map<Promise<unknown>, AbortController>()
  let changing: Promise<unknown> | null = null

  async function waitForSteps(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_STEP_MS)
    })
    await Promise.race([Promise.all(underway.keys()), late])
    clearTimeout(timer)
    for (const controller of underway.values()) controller.abort()
  }

  return {
    async step(run) {
      while (changing) await changing
      const controller = new AbortController()
      const step = run(controller.signal)
      const settled: Promise<unknown> = step.catch(() => undefined).finally(() => underway.delete(settled))
      underway.set(settled, controller)
      return step
    },
    change: (run) =>
      inOrder(async () => {
        const change = waitForSteps().then(run)
        changing = change.catch(() => undefined)
        try {
          return await change
        } finally {
          changing = null
        }
      }),
  }
}
