import type { PaymentView } from '@/lib/messaging/schema'
import type { Format } from './format'

export type Position = Pick<PaymentView, 'createdAt' | 'id'>

/** Gives the payments that follow a position in the history, newest first. An empty page is the end. */
export type ReadPage = (after: Position | null) => Promise<readonly PaymentView[]>

/** A file with the whole history, oldest first. It is read page by page; `onProgress` hears how many there are so far. */
export async function exportHistory(
  format: Format,
  readPage: ReadPage,
  onProgress: (payments: number) => void = () => undefined,
): Promise<Blob> {
  // Blobs, since the browser keeps those out of the page's memory.
  const chunks: Blob[] = []
  let count = 0
  let last: Position | null = null
  for (;;) {
    const page = await readPage(last)
    const end = page.at(-1)
    if (!end) return new Blob(format.file(chunks.reverse()), { type: format.type })
    chunks.push(new Blob([format.chunk(page.toReversed())]))
    count += page.length
    onProgress(count)
    last = { createdAt: end.createdAt, id: end.id }
  }
}
