import { storage } from 'wxt/utils/storage'
import { createQueue } from '@/lib/queue'

const REFUSALS = 3
const WITHIN_MS = 30_000
const LASTS_MS = 60_000
/** Pages that were refused long ago make room. */
const MOST_PAGES = 200

/** When each page was last refused, in Unix milliseconds, latest last. */
const refusals = storage.defineItem<Readonly<Record<string, readonly number[]>>>('session:refusals', { fallback: {} })
const inOrder = createQueue()

/**
 * Three refusals within half a minute silence a page for a minute: nobody is asked on its behalf, whatever it wants. That
 * ends floods of questions, and keeps a page from finding out, price by price, where a limit or the wallet's money ends.
 */
export async function isSilenced(page: string, now = Date.now()): Promise<boolean> {
  return silences((await refusals.getValue())[page] ?? [], now)
}

/** Notes that a page was refused: by a person, by a limit, or by taking its own question back. */
export const noteRefusal = (page: string, now = Date.now()): Promise<void> =>
  inOrder(async () => {
    const { [page]: before = [], ...others } = await refusals.getValue()
    // Whoever goes on asking while silenced does not prolong it.
    if (silences(before, now)) return
    const kept = Object.entries(others).slice(-MOST_PAGES + 1)
    await refusals.setValue({ ...Object.fromEntries(kept), [page]: [...before, now].slice(-REFUSALS) })
  })

function silences(times: readonly number[], now: number): boolean {
  const [first = 0] = times
  const last = times.at(-1) ?? 0
  return times.length === REFUSALS && last - first <= WITHIN_MS && now - last < LASTS_MS
}
