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
import type { EvmSnapshot } from './snapshot'

interface ClaimBasics {
  readonly network: string
  readonly asset: string
  readonly from: string
  readonly payTo: string
  readonly units: bigint
  readonly nonce: Hex
  /** The transaction that the site reports, if it does. */
  readonly transaction: string | null
}

export interface EvmClaim extends ClaimBasics {
  /** Which contract keeps the nonce. With `upto`, `units` are a ceiling: less may have been taken. */
  readonly method: 'eip3009' | 'permit2' | 'upto'
  /** Unix seconds. */
  readonly validBefore: number
}

export interface SolanaClaim extends ClaimBasics {
  readonly method: 'solana'
  /** The height of the last block that can hold the transaction. */
  readonly lastBlockHeight: number
  /** A slot from before the signature. */
  readonly slot: number
}

/** A transfer that was authorised, and may have been made. */
export type TransferClaim = EvmClaim | SolanaClaim

/** A transfer that was made: by which transaction, and of how much. */
export interface Made {
  readonly transaction: Hex
  readonly units: bigint
}

/** How a contract shows what became of a nonce. Every question rejects when the server gives no proper answer. */
export interface NonceKeeper {
  /** Whether the nonce can no longer be used: at a block, or as far as is known when none is named. */
  isUsed(claim: EvmClaim, client: Client, blockNumber?: bigint): Promise<boolean>
  /**
   * What a transaction moved that used the nonce: exactly its amount to its payee, or up to that where it was a ceiling. Null when
   * it did anything else, or is not deep enough to count.
   */
  madeBy(claim: EvmClaim, snapshot: EvmSnapshot, transaction: Hex): Promise<Made | null>
  /**
   * What used up a nonce, where the site names no transaction or a wrong one: a transfer as `madeBy` has it, or its owner, who
   * took it back before anybody used it. Null when neither is found.
   */
  find(claim: EvmClaim, snapshot: EvmSnapshot): Promise<Made | 'taken_back' | null>
}

/** No authorization lasts longer, in seconds, with some to spare for clocks that differ. */
const LONGEST_VALID = 1_100

/** When a claim's nonce was still unused, in Unix seconds. */
export const beforeUse = ({ validBefore }: EvmClaim): bigint => BigInt(validBefore - LONGEST_VALID)

export const transferAbi = parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)'])

/** Those of these logs that show just the transfer that a claim is about. */
export const transfersIn = (
  { asset, from, payTo, units }: Pick<EvmClaim, 'asset' | 'from' | 'payTo' | 'units'>,
  logs: (Log | RpcLog)[],
) =>
  parseEventLogs({ abi: transferAbi, logs, args: { from: from as Hex, to: payTo as Hex, value: units } }).filter(
    ({ address }) => isAddressEqual(address, asset as Hex),
  )

/** What came of a transaction. Null when it failed or is not deep enough, and when the chain has none of that name. */
export async function buriedReceipt({ client, block }: EvmSnapshot, hash: Hex): Promise<TransactionReceipt | null> {
  const receipt = await getTransactionReceipt(client, { hash }).catch(() => null)
  return receipt?.status === 'success' && receipt.blockNumber <= block ? receipt : null
}
