import type { PaymentView } from '@/lib/messaging/schema'
import { COLUMNS, cellsOf } from './columns'

/** A kind of file. It is put together of chunks, each the text of some payments, so that a long history needs no long pause. */
export interface Format {
  readonly extension: string
  readonly type: string
  readonly chunk: (payments: readonly PaymentView[]) => string
  /** The parts of the file, in order. No chunk is empty. */
  readonly file: <Chunk>(chunks: readonly Chunk[]) => (Chunk | string)[]
}

/** RFC 4180, with a line of column names. */
export const csv: Format = {
  extension: 'csv',
  type: 'text/csv',
  chunk: (payments) => payments.map((payment) => line(cellsOf(payment).map(([, cell]) => cell))).join(''),
  file: (chunks) => [line(Object.keys(COLUMNS)), ...chunks],
}

/** An array of objects, one line each. */
export const json: Format = {
  extension: 'json',
  type: 'application/json',
  chunk: (payments) => payments.map((payment) => JSON.stringify(Object.fromEntries(cellsOf(payment)))).join(',\n'),
  file: (chunks) => ['[\n', ...chunks.flatMap((chunk, index) => (index === 0 ? [chunk] : [',\n', chunk])), '\n]\n'],
}

const line = (cells: readonly (string | number | null)[]): string => `${cells.map(quoted).join(',')}\r\n`

function quoted(cell: string | number | null): string {
  const text = defused(cell?.toString() ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Much of this was written by strangers: a spreadsheet must show it and never run it as a formula. */
const defused = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
