import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'

/*
 * Looks for secrets in all files of a browser's profile: as bytes, as text in one or two bytes a letter, in hexadecimal, in
 * base64 at any offset, and inside of what LevelDB and gzip have compressed or cut into pieces.
 */

/** What must not be found, by a name to report it under. */
export type Secrets = Readonly<Record<string, Secret>>
type Secret =
  | { readonly bytes: Uint8Array }
  /** Any letter case. */
  | { readonly text: string }
  /** Any three in a row, whatever stands between them. */
  | { readonly words: string }

/** The secrets that are in a folder's files, as "name in path". */
export function findOnDisk(folder: string, secrets: Secrets): string[] {
  const needles = Object.entries(secrets).map(([name, secret]) => ({ name, isIn: finderOf(secret) }))
  const found = new Set<string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    for (const content of contentsOf(read(path))) {
      // Without the zeros, text of two bytes a letter is text of one.
      for (const bytes of [content, content.filter((byte) => byte !== 0)]) {
        const exact = Buffer.from(bytes).toString('latin1')
        const text = { exact, lower: exact.toLowerCase() }
        for (const { name, isIn } of needles) if (isIn(text)) found.add(`${name} in ${relative(folder, path)}`)
      }
    }
  }
  return [...found]
}

/** The browser tidies up meanwhile: what is gone holds nothing. */
function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.of()
    throw error
  }
}

interface Text {
  readonly exact: string
  readonly lower: string
}

function finderOf(secret: Secret): (text: Text) => boolean {
  if ('words' in secret) return findWords(secret.words.split(' '))
  const bytes = 'text' in secret ? Buffer.from(secret.text) : Buffer.from(secret.bytes)
  const exact = [...base64Forms(bytes), ...base64Forms(bytes).map(toBase64Url)]
  if ('bytes' in secret) exact.push(bytes.toString('latin1'))
  const lower = [bytes.toString('hex'), ...('text' in secret ? [secret.text.toLowerCase()] : [])]
  return (text) => exact.some((form) => text.exact.includes(form)) || lower.some((form) => text.lower.includes(form))
}

function findWords(words: readonly string[]): (text: Text) => boolean {
  const threes = words.slice(2).map((third, index) => [words[index] ?? '', words[index + 1] ?? '', third] as const)
  const patterns = threes.map((three) => new RegExp(three.join('[^a-z]{1,12}')))
  const encoded = threes.flatMap((three) => base64Forms(Buffer.from(three.join(' '))))
  return (text) =>
    patterns.some((pattern) => pattern.test(text.lower)) || encoded.some((form) => text.exact.includes(form))
}

/** What stands for these bytes in base64, whatever is before and after them: without the letters that they share with that. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const from = Math.ceil((offset * 8) / 6)
    const to = Math.floor(((offset + bytes.length) * 8) / 6)
    return text.slice(from, to)
  })
}

const toBase64Url = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')

/** A file as it is, and what is in it that reads differently from outside. */
function contentsOf(file: Buffer): Uint8Array[] {
  return [file, ...tableBlocks(file), logRecords(file), ...gzipped(file)]
}

/** LevelDB's tables end with where their index is; blocks are followed by how they are compressed. */
function tableBlocks(file: Buffer): Uint8Array[] {
  const MAGIC = '57fb808b247547db'
  if (file.length < 48 || file.subarray(-8).toString('hex') !== MAGIC) return []
  const footer = new Reader(file.subarray(-48))
  // The index of what describes the table.
  footer.varint()
  footer.varint()
  const index = blockAt(file, footer.varint(), footer.varint())
  return handlesIn(index).map(([offset, size]) => blockAt(file, offset, size))
}

function blockAt(file: Buffer, offset: number, size: number): Uint8Array {
  const block = file.subarray(offset, offset + size)
  return file[offset + size] === 1 ? unsnappy(block) : block
}

/** An index has one entry a block: shared and own length of its key, length of its value, key, and where the block is. */
function handlesIn(index: Uint8Array): [offset: number, size: number][] {
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength)
  const restarts = view.getUint32(index.length - 4, true)
  const reader = new Reader(index.subarray(0, index.length - 4 - restarts * 4))
  const handles: [number, number][] = []
  while (!reader.isAtEnd) {
    reader.varint()
    const key = reader.varint()
    reader.varint()
    reader.skip(key)
    handles.push([reader.varint(), reader.varint()])
  }
  return handles
}

/** LevelDB's logs lie in blocks of 32 KB, and what does not fit into one is cut in two, with a header of 7 bytes between. */
function logRecords(file: Buffer): Uint8Array {
  const BLOCK = 32_768
  const pieces: Uint8Array[] = []
  for (let start = 0; start < file.length; start += BLOCK) {
    const block = file.subarray(start, start + BLOCK)
    for (let at = 0; at + 7 <= block.length; ) {
      const length = block.readUInt16LE(at + 4)
      pieces.push(block.subarray(at + 7, at + 7 + length))
      at += 7 + length
    }
  }
  return Buffer.concat(pieces)
}

/** The longest text that is unpacked, in bytes. */
const LONGEST = 64 * 1024 * 1024

function gzipped(file: Buffer): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = file.indexOf('1f8b08', 0, 'hex'); at >= 0; at = file.indexOf('1f8b08', at + 1, 'hex')) {
    try {
      found.push(gunzipSync(file.subarray(at), { maxOutputLength: LONGEST, finishFlush: 2 }))
    } catch {
      // These three bytes were not the beginning of anything.
    }
  }
  return found
}

/** Snappy's raw format: the length, then literals and copies of what came before. */
function unsnappy(packed: Uint8Array): Uint8Array {
  const reader = new Reader(packed)
  const out = new Uint8Array(reader.varint())
  let end = 0
  while (!reader.isAtEnd) {
    const tag = reader.byte()
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const length = (short < 60 ? short : reader.littleEndian(short - 59)) + 1
      out.set(reader.take(length), end)
      end += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const offset = kind === 1 ? ((tag >> 5) << 8) | reader.byte() : reader.littleEndian(kind === 2 ? 2 : 4)
    for (const stop = end + length; end < stop; end += 1) out[end] = out[end - offset] ?? 0
  }
  return out
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new Error('There is nothing left to read.')
    this.#at += 1
    return byte
  }

  take(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  skip(length: number): void {
    this.#at += length
  }

  littleEndian(length: number): number {
    return this.take(length).reduceRight((value, byte) => value * 256 + byte, 0)
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
}
