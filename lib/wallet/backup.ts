import { concatBytes } from '@noble/hashes/utils'
import { base58 } from '@scure/base'
import { type Hex, hexToBytes } from 'viem'
import { TuppenceError } from '@/lib/errors'
import { addressOf } from './secret'
import { changeVault, openVault } from './vault'

/* What a person keeps outside of this browser: the words, and keys that do not come from them. */

/** A word of the phrase that a person was asked for, by its place from 0. */
export interface AskedWord {
  readonly index: number
  readonly word: string
}

/** Notes that the words were written down, when three of them are right. Throws `wrong_words`, `no_words`, `wallet_locked`. */
export const confirmBackup = (asked: readonly AskedWord[]): Promise<void> =>
  changeVault((opened) => {
    if (opened.words === null) throw new TuppenceError('no_words')
    const words = opened.words.split(' ')
    const places = new Set(asked.map(({ index }) => index))
    const right = asked.every(({ index, word }) => words[index] === word.trim().toLowerCase())
    if (places.size < 3 || !right) throw new TuppenceError('wrong_words')
    return { ...opened, label: { ...opened.label, backedUp: true } }
  })

/** The words. Throws `no_words` for a wallet that came without, and as `unlockVault` does. */
export async function exportWords(password: string): Promise<string> {
  const { words } = await openVault(password)
  if (words === null) throw new TuppenceError('no_words')
  return words
}

/** An account's key as other wallets take it: hexadecimal, on Solana seed and public key in base58. Throws as `unlockVault` does. */
export async function exportKey(address: string, password: string): Promise<string> {
  const { keys, label } = await openVault(password)
  const key = keys[address]
  const account = label.accounts.find((account) => account.address === address)
  if (!key || !account) throw new TuppenceError('wallet_missing')
  return account.family === 'evm' ? key : solanaPair(key)
}

const solanaPair = (key: Hex): string =>
  base58.encode(concatBytes(hexToBytes(key), base58.decode(addressOf({ family: 'svm', key }))))
