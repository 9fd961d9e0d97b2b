import type { Client } from 'viem'
import { getBlock, getBlockNumber, getChainId } from 'viem/actions'
import { findChain } from '@/lib/money/networks'
import { chainClient } from './client'
import { type SolanaSnapshot, takeSolanaSnapshot } from './solana'

/**
 * A chain at its latest block that counts, which has the network's confirmations on top of it. The servers behind one RPC
 * address need not agree on what is latest, so everything is read at this block's number: a server that is not that far yet
 * answers with an error, never with something old. The block is young enough for servers that keep no states of old ones.
 *
 * It is for one round of looks: what several of them ask is asked once.
 */
export interface EvmSnapshot {
  readonly family: 'evm'
  readonly client: Client
  /** The block's number. */
  readonly block: bigint
}

export type Snapshot = EvmSnapshot | SolanaSnapshot

/** Never throws. Null when no server was chosen for the network, none answers, or it answers for another chain. */
export async function takeSnapshot(network: string): Promise<Snapshot | null> {
  const known = findChain(network)
  try {
    if (known?.family === 'svm') return await takeSolanaSnapshot(network)
    const client = await chainClient(network, { remembers: true })
    if (!known || !client) return null
    const [chainId, latest] = await Promise.all([getChainId(client), getBlockNumber(client, { cacheTime: 0 })])
    const block = latest - BigInt(known.confirmations)
    return chainId === known.chainId && block >= 0n ? { family: 'evm', client, block } : null
  } catch {
    return null
  }
}

/** A block's time in Unix seconds. Rejects when the server does not say. */
export const timeAt = async (client: Client, blockNumber: bigint): Promise<bigint> =>
  (await getBlock(client, { blockNumber })).timestamp

/** As many blocks as public servers search for events in one go. */
const STRETCH = 5_000n
/** The first of them may be this many from the time that they are to begin with. */
const HEADSTART = 1_000n

/**
 * The blocks that follow a time (in Unix seconds), for a search: hours of them on the networks that are paid on, and twenty
 * minutes where they are quickest. Not more than the snapshot shows. Rejects when the server does not say.
 */
export async function stretchSince(
  { client, block }: EvmSnapshot,
  time: bigint,
): Promise<{ readonly fromBlock: bigint; readonly toBlock: bigint }> {
  const isBefore = async (blockNumber: bigint) => (await timeAt(client, blockNumber)) < time
  const back = (blocks: bigint) => (blocks < block ? block - blocks : 0n)
  // Most searches are for something recent: twice as far back each time, then closer again.
  let [early, late] = [back(HEADSTART), block]
  while (early > 0n && !(await isBefore(early))) [early, late] = [back((block - early) * 2n), early]
  while (late - early > HEADSTART) {
    const middle = (early + late) / 2n
    if (await isBefore(middle)) early = middle
    else late = middle
  }
  return { fromBlock: early, toBlock: early + STRETCH < block ? early + STRETCH : block }
}
