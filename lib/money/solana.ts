import { base58 } from '@scure/base'
import { type Address, getAddressEncoder, getProgramDerivedAddress } from '@solana/kit'
import type { SvmAsset } from './assets'

/** The programs that a payment on Solana has to do with, by their addresses. */
export const PROGRAMS = {
  system: '11111111111111111111111111111111',
  token: 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  token2022: 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
  associatedToken: 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL',
  computeBudget: 'ComputeBudget111111111111111111111111111111',
  memo: 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
} as const

/** What a memo may hold at most, in bytes (x402 v2, exact scheme on SVM). */
export const LONGEST_MEMO = 256

/** 32 bytes in base58. */
export function isSolanaAddress(text: string): boolean {
  try {
    return base58.decode(text).length === 32
  } catch {
    return false
  }
}

/** The account in which an owner has a token by default: its associated token account. Rejects what is no address. */
export async function tokenAccountOf(
  owner: string,
  { address, program }: Pick<SvmAsset, 'address' | 'program'>,
): Promise<string> {
  const encoder = getAddressEncoder()
  const [account] = await getProgramDerivedAddress({
    programAddress: PROGRAMS.associatedToken as Address,
    seeds: [owner, program, address].map((part) => encoder.encode(part as Address)),
  })
  return account
}
