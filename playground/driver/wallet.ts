import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { findNetwork } from '../../lib/money/networks.ts'
import type { Playground } from '../playground.ts'
import type { Tuppence } from './tuppence.ts'

export interface PlayWallet {
  readonly address: `0x${string}`
  readonly password: string
  /** The play money in it, as "$5.00". */
  readonly funds: string
}

/** Gives the extension a new wallet with play money in it, tells it where the playground's chain answers, and allows the play money. */
export async function openWallet(tuppence: Tuppence, playground: Playground): Promise<PlayWallet> {
  const network = findNetwork(playground.network)
  if (!network) throw new Error(`Tuppence does not know the playground's network, ${playground.network}.`)
  const secret = generatePrivateKey()
  const address = privateKeyToAddress(secret)
  const password = 'only play money'
  await playground.fund(address, '5.00')
  await tuppence.importWallet({ secret, password })
  await tuppence.setRpc(network.name, playground.rpcUrl)
  await tuppence.allowToken(`USDC on ${network.name}`)
  return { address, password, funds: '$5.00' }
}
