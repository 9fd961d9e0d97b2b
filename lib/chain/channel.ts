import type { Hex } from 'viem'
import { readContract } from 'viem/actions'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { takeSnapshot, timeAt } from './snapshot'

const abi = [
  {
    type: 'function',
    name: 'channels',
    stateMutability: 'view',
    inputs: [{ name: 'channelId', type: 'bytes32' }],
    outputs: [
      { name: 'balance', type: 'uint128' },
      { name: 'totalClaimed', type: 'uint128' },
    ],
  },
  {
    type: 'function',
    name: 'pendingWithdrawals',
    stateMutability: 'view',
    inputs: [{ name: 'channelId', type: 'bytes32' }],
    outputs: [
      { name: 'amount', type: 'uint128' },
      { name: 'initiatedAt', type: 'uint40' },
    ],
  },
] as const

/** What the contract of prepaid tabs keeps of a channel, at a block that counts. In units. */
export interface ChannelOnChain {
  /** What was put in, less what came back. */
  readonly balance: bigint
  /** What of it the site has claimed. */
  readonly claimed: bigint
  /** Since when the contract is asked for the rest, in Unix seconds; null while it is not. */
  readonly askedAt: number | null
  /** The block's own time, in Unix seconds. */
  readonly time: number
}

/** Never throws. Null when nobody can be asked, or gives no proper answer. */
export async function readChannel(network: string, channel: Hex): Promise<ChannelOnChain | null> {
  const snapshot = await takeSnapshot(network)
  if (snapshot?.family !== 'evm') return null
  try {
    const { client, block: blockNumber } = snapshot
    const about = { address: BATCH_SETTLEMENT.contract, abi, args: [channel], blockNumber } as const
    const [[balance, claimed], [, initiatedAt], time] = await Promise.all([
      readContract(client, { ...about, functionName: 'channels' }),
      readContract(client, { ...about, functionName: 'pendingWithdrawals' }),
      timeAt(client, blockNumber),
    ])
    return { balance, claimed, askedAt: initiatedAt || null, time: Number(time) }
  } catch {
    return null
  }
}
