import {
  type Client,
  type Hex,
  isAddressEqual,
  type Log,
  parseAbi,
  parseEventLogs,
  type RpcLog,
  type TransactionReceipt,
} from 'viem'
import { getTransactionReceipt } from 'viem/actions'
import type { Snapshot } from './snapshot'

/** A transfer that was authorised, and may have been made. */
export interface TransferClaim {
  readonly network: string
  readonly asset: string
  readonly from: string
  readonly payTo: string
  readonly units: bigint
  /** Which contract keeps the nonce. */
  readonly method: 'eip3009' | 'permit2'
  readonly nonce: Hex
  /** Unix seconds. */
  readonly validBefore: number
  /** The transaction that the site reports, if it does. */
  readonly transaction: string | null
}

/** How a contract shows what became of a nonce. Every question rejects when the server gives no proper answer. */
export interface NonceKeeper {
  /** Whether the nonce can no longer be used: at a block, or as far as is known when none is named. */
  isUsed(claim: TransferClaim, client: Client, blockNumber?: bigint): Promise<boolean>
  /** Whether a transaction used the nonce, moved exactly its amount to its payee, and is deep enough to count. */
  isTransfer(claim: TransferClaim, snapshot: Snapshot, transaction: Hex): Promise<boolean>
  /**
   * What used up a nonce, where the site names no transaction or a wrong one: a transfer as `isTransfer` has it, or its owner,
   * who took it back before anybody used it. Null when neither is found.
   */
  find(claim: TransferClaim, snapshot: Snapshot): Promise<Hex | 'taken_back' | null>
}

/** No authorization lasts longer, in seconds, with some to spare for clocks that differ. */
const LONGEST_VALID = 900

/** When a claim's nonce was still unused, in Unix seconds. */
export const beforeUse = ({ validBefore }: TransferClaim): bigint => BigInt(validBefore - LONGEST_VALID)

export const transferAbi = parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)'])

/** Those of these logs that show just the transfer that a claim is about. */
export const transfersIn = ({ asset, from, payTo, units }: TransferClaim, logs: (Log | RpcLog)[]) =>
  parseEventLogs({ abi: transferAbi, logs, args: { from: from as Hex, to: payTo as Hex, value: units } }).filter(
    ({ address }) => isAddressEqual(address, asset as Hex),
  )

/** What came of a transaction. Null when it failed or is not deep enough, and when the chain has none of that name. */
export async function buriedReceipt({ client, block }: Snapshot, hash: Hex): Promise<TransactionReceipt | null> {
  const receipt = await getTransactionReceipt(client, { hash }).catch(() => null)
  return receipt?.status === 'success' && receipt.blockNumber <= block ? receipt : null
}
