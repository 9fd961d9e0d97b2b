import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 50

/**
 * Reads again and again until `accept` says yes, and gives what was read.
 * @throws Error with `complaint` when that takes longer than `timeoutMs`
 */
export async function until<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  complaint: string,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (accept(value)) return value
    if (Date.now() > deadline) throw new Error(`${complaint} (waited ${timeoutMs / 1000} seconds)`)
    await sleep(EVERY_MS)
  }
}
