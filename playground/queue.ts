/**
 * Makes a queue: tasks given to it run one after another in the order they came. An account of the chain needs one,
 * because two transactions sent at the same moment would get the same nonce.
 */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const run = last.then(task)
    last = run.catch(() => undefined)
    return run
  }
}
