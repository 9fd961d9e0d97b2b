import { ed25519 } from '@noble/curves/ed25519'
import { base58 } from '@scure/base'
import { generateMnemonic, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { mnemonicToAccount } from 'viem/accounts'
import { deriveEd25519 } from '../../lib/wallet/slip10.ts'

/** A recovery phrase, and the first account that it gives on each family of networks. */
export interface Words {
  readonly words: string
  readonly evm: `0x${string}`
  readonly solana: string
}

/** New words, which nobody else has. */
export function newWords(): Words {
  const words = generateMnemonic(wordlist)
  const key = deriveEd25519(mnemonicToSeedSync(words), [44, 501, 0, 0])
  return { words, evm: mnemonicToAccount(words).address, solana: base58.encode(ed25519.getPublicKey(key)) }
}
