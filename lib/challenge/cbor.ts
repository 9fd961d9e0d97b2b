/** Deeper than this nothing is read. */
const DEEPEST = 16

/**
 * Reads one CBOR item (RFC 8949): integers as bigint, maps as Map, byte strings as bytes; tags are skipped. Undefined when it is
 * damaged, nested too deeply, or of a kind that is not needed here (fractions, lengths left open). Never throws, and takes time and space
 * in proportion to its length.
 */
export function readCbor(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return new Decoder(bytes).item(DEEPEST)
  } catch {
    return undefined
  }
}

/** Throws at anything off; reading past the end is a RangeError of the view's. */
class Decoder {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView<ArrayBuffer>
  #at = 0

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  item(levels: number): unknown {
    if (levels === 0) throw new RangeError('too deep')
    const head = this.#view.getUint8(this.#at++)
    const [major, info] = [head >> 5, head & 31]
    if (major === 7) return this.#simple(info)
    const argument = this.#argument(info)
    switch (major) {
      case 0:
        return argument
      case 1:
        return -1n - argument
      case 2:
        return this.#take(argument)
      case 3:
        return new TextDecoder('utf-8', { fatal: true }).decode(this.#take(argument))
      case 4:
        return this.#times(argument, () => this.item(levels - 1))
      case 5:
        return new Map(this.#times(argument, () => [this.item(levels - 1), this.item(levels - 1)] as const))
      default:
        return this.item(levels - 1)
    }
  }

  #argument(info: number): bigint {
    if (info < 24) return BigInt(info)
    const at = this.#at
    if (info > 27) throw new RangeError('no length')
    this.#at += 1 << (info - 24)
    if (info === 24) return BigInt(this.#view.getUint8(at))
    if (info === 25) return BigInt(this.#view.getUint16(at))
    return info === 26 ? BigInt(this.#view.getUint32(at)) : this.#view.getBigUint64(at)
  }

  #take(length: bigint): Uint8Array<ArrayBuffer> {
    const start = this.#at
    this.#at += this.#within(length)
    return this.#bytes.subarray(start, this.#at)
  }

  #times<T>(count: bigint, read: () => T): T[] {
    return Array.from({ length: this.#within(count) }, read)
  }

  /** Each item takes a byte at least: more of them than bytes are left cannot come. */
  #within(count: bigint): number {
    if (count > BigInt(this.#bytes.length - this.#at)) throw new RangeError('too long')
    return Number(count)
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 23:
        return undefined
      default:
        throw new RangeError('not needed')
    }
  }
}
