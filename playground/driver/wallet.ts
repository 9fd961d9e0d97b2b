import { findNetwork } from '../../lib/money/networks.ts'
import type { Playground } from '../playground.ts'
import type { Tuppence } from './tuppence.ts'
import { newWords } from './words.ts'

export interface PlayWallet {
  /** The account on each of the playground's chains. */
  readonly address: `0x${string}`
  readonly solana: string
  readonly password: string
  /** The play money on each of them, as "$5.00". */
  readonly funds: string
}

/** Gives the extension a new wallet with play money in it, tells it where the playground's chains answer, and allows the play money. */
export async function openWallet(tuppence: Tuppence, playground: Playground): Promise<PlayWallet> {
  const { words, evm, solana } = newWords()
  const password = 'only play money'
  await playground.fund(evm, '5.00')
  await playground.solana.fund(solana, '5.00')
  await tuppence.importWallet({ secret: words, password })
  for (const { network, rpcUrl } of [playground, playground.solana]) {
    const known = findNetwork(network)
    if (!known) throw new Error(`Tuppence does not know the playground's network, ${network}.`)
    await tuppence.setRpc(known.name, rpcUrl)
    await tuppence.allowToken(`USDC on ${known.name}`)
  }
  return { address: evm, solana, password, funds: '$5.00' }
}
