import { ed25519 } from '@noble/curves/ed25519'
import { base58 } from '@scure/base'
import { generateMnemonic, mnemonicToSeed, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { HDKey, privateKeyToAddress } from 'viem/accounts'
import { TuppenceError } from '@/lib/errors'
import type { Family } from '@/lib/money/networks'
import { deriveEd25519 } from './slip10'

/** A key that signs: 32 bytes. On Solana the seed of an Ed25519 key pair, elsewhere a secp256k1 private key. */
export interface Key {
  readonly family: Family
  readonly key: Hex
}

/** What a person brings or is given: words, from which many keys come, or a single key. */
export type Secret = { readonly words: string } | Key

const EVM_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/
const BYTES = /^\[[\d,\s]+\]$/

/** Twelve new words (BIP-39, 128 bits). */
export const newWords = (): string => generateMnemonic(wordlist, 128)

/**
 * Reads what people paste: a recovery phrase (12 to 24 words), an EVM private key in hex, or a Solana key as wallets export it
 * (64 bytes in base58, or as a list of numbers). Throws `invalid_secret`.
 */
export function readSecret(text: string): Secret {
  const pasted = text.trim()
  const hex = EVM_KEY.exec(pasted)?.[1]
  if (hex) return usableKey({ family: 'evm', key: `0x${hex.toLowerCase()}` })
  const pair = readPair(pasted)
  if (pair) return solanaKey(pair)
  const words = readWords(pasted)
  if (!words) throw new TuppenceError('invalid_secret')
  return { words }
}

/** A recovery phrase as it is written, in small letters with single spaces. Null when it is none. */
function readWords(text: string): string | null {
  const words = text.trim().toLowerCase().split(/\s+/).join(' ')
  return validateMnemonic(words, wordlist) ? words : null
}

/** The seed of a phrase: half a second of work on a slow machine, so once for all of its keys. */
export const seedOf = (words: string): Promise<Uint8Array> => mnemonicToSeed(words)

/**
 * The keys of a phrase as every other wallet derives them: m/44'/60'/0'/0/i (BIP-44) and, on Solana, m/44'/501'/i'/0' (SLIP-10).
 * A site's own account has a branch of its own (`account` 1), so that it never meets one that is shown to people.
 */
export function deriveKey(seed: Uint8Array, family: Family, index: number, branch: 'people' | 'sites' = 'people'): Key {
  const account = branch === 'people' ? 0 : 1
  const key =
    family === 'evm'
      ? HDKey.fromMasterSeed(seed).derive(`m/44'/60'/${account}'/0/${index}`).privateKey
      : deriveEd25519(seed, [44, 501, index, account])
  if (!key) throw new TuppenceError('internal')
  return { family, key: bytesToHex(key) }
}

/** The account that a key signs for. */
export const addressOf = ({ family, key }: Key): string =>
  family === 'evm' ? privateKeyToAddress(key) : base58.encode(ed25519.getPublicKey(hexToBytes(key)))

function readPair(text: string): Uint8Array | null {
  try {
    const bytes = BYTES.test(text) ? Uint8Array.from(JSON.parse(text) as number[]) : base58.decode(text)
    return bytes.length === 64 ? bytes : null
  } catch {
    return null
  }
}

/** Seed and public key in a row. They must belong together: a typing error would otherwise lead to somebody else's account. */
function solanaKey(pair: Uint8Array): Key {
  const key: Key = { family: 'svm', key: bytesToHex(pair.slice(0, 32)) }
  if (addressOf(key) !== base58.encode(pair.slice(32))) throw new TuppenceError('invalid_secret')
  return key
}

/** Zero and numbers beyond the curve's order are no keys. */
function usableKey(key: Key): Key {
  try {
    addressOf(key)
    return key
  } catch (error) {
    throw new TuppenceError('invalid_secret', {}, { cause: error })
  }
}
