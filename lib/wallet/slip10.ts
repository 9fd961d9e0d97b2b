import { hmac } from '@noble/hashes/hmac'
import { sha512 } from '@noble/hashes/sha2'
import { concatBytes } from '@noble/hashes/utils'

/*
 * SLIP-0010 for Ed25519, whose keys have hardened children alone. Ten lines on the hash that BIP-39 brings anyway, where a
 * package would bring its own copy of every curve into the background.
 */

const HARDENED = 0x80000000
const CURVE = new TextEncoder().encode('ed25519 seed')

/** The private key at a path of hardened steps ([44, 501, 0, 0] is m/44'/501'/0'/0'), 32 bytes. */
export function deriveEd25519(seed: Uint8Array, path: readonly number[]): Uint8Array {
  const root = hmac(sha512, CURVE, seed)
  return path.reduce((node, step) => childOf(node, step), root).slice(0, 32)
}

/** A node is a key and its chain code in a row, 32 bytes each. */
function childOf(node: Uint8Array, step: number): Uint8Array {
  const index = new Uint8Array(4)
  new DataView(index.buffer).setUint32(0, step + HARDENED)
  return hmac(sha512, node.slice(32), concatBytes(Uint8Array.of(0), node.slice(0, 32), index))
}
