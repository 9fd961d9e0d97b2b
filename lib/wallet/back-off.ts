import { storage } from 'wxt/utils/storage'
import { TuppenceError } from '@/lib/errors'
import { createQueue } from '@/lib/queue'

/** Wrong passwords that cost nothing: people mistype. */
const FREE = 5
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 15 * 60_000

interface Attempts {
  /** How many in a row were wrong, one under way included. */
  readonly wrong: number
  /** When the last of them was made, Unix milliseconds. */
  readonly at: number
}

const stored = storage.defineItem<Attempts | null>('local:passwordAttempts', { fallback: null, version: 1 })

/**
 * Runs an attempt with a password, one after another, and makes guessing slow: after five wrong ones every further one costs
 * a wait, 30 seconds and then twice as long each time, up to 15 minutes. An attempt is written down as a wrong one before it
 * is made, so that ending the background or the browser gives no free one. Throws `too_many_attempts`, and what the attempt
 * throws.
 */
export const attemptPassword = <T>(attempt: () => Promise<T>): Promise<T> =>
  inOrder(async () => {
    const until = await endOfWait()
    if (until !== null) throw new TuppenceError('too_many_attempts', { time: minutes(until - Date.now()) })
    const { wrong } = (await stored.getValue()) ?? { wrong: 0 }
    await stored.setValue({ wrong: wrong + 1, at: Date.now() })
    const result = await attempt()
    await stored.removeValue()
    return result
  })

const inOrder = createQueue()

/** When the next attempt can be made, after those under way (Unix milliseconds); null: at once. */
export const waitUntil = (): Promise<number | null> => inOrder(endOfWait)

/** A clock that was set back does not shorten the wait. */
async function endOfWait(): Promise<number | null> {
  const attempts = await stored.getValue()
  if (attempts === null) return null
  const { wrong, at } = attempts
  const now = Date.now()
  const wait = waitAfter(wrong)
  // The wait begins once more: nobody knows how much of it is over.
  if (now < at) await stored.setValue({ wrong, at: now })
  const until = Math.min(at, now) + wait
  return until > now ? until : null
}

const waitAfter = (wrong: number): number =>
  wrong <= FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE - 1))

/** Milliseconds as "2:05". */
function minutes(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, '0')}`
}
