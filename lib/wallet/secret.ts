import { generateMnemonic, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { bytesToHex, type Hex } from 'viem'
import { mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { TuppenceError } from '@/lib/errors'

/** What the vault keeps: the key that signs, and the words it came from, if it came from words. */
export interface Secret {
  readonly key: Hex
  readonly words: string | null
}

const PRIVATE_KEY = /^(?:0x)?([0-9a-fA-F]{64})$/

/** A new secret of twelve words (BIP-39, 128 bits). */
export const createSecret = (): Secret & { words: string } => fromWords(generateMnemonic(wordlist, 128))

/** Reads a recovery phrase (12 to 24 words) or a private key as people paste them. Throws `invalid_secret`. */
export function readSecret(text: string): Secret {
  const key = PRIVATE_KEY.exec(text.trim())?.[1]
  if (key) return usableKey(`0x${key.toLowerCase()}`)
  const words = text.trim().toLowerCase().split(/\s+/).join(' ')
  if (!validateMnemonic(words, wordlist)) throw new TuppenceError('invalid_secret')
  return fromWords(words)
}

export const addressOf = ({ key }: Secret): Hex => privateKeyToAddress(key)

/** The first account of the phrase, at m/44'/60'/0'/0/0 (BIP-44), as every other wallet derives it. */
function fromWords(words: string): Secret & { words: string } {
  const { privateKey } = mnemonicToAccount(words).getHdKey()
  if (!privateKey) throw new TuppenceError('invalid_secret')
  return { key: bytesToHex(privateKey), words }
}

/** Zero and numbers beyond the curve's order are no keys. */
function usableKey(key: Hex): Secret {
  try {
    privateKeyToAddress(key)
    return { key, words: null }
  } catch (error) {
    throw new TuppenceError('invalid_secret', {}, { cause: error })
  }
}
