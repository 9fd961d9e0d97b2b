import { type Hex, keccak256, type Signature, serializeTransaction, slice } from 'viem'
import { sign } from 'viem/accounts'
import { TuppenceError } from '@/lib/errors'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import type { EvmNetwork } from '@/lib/money/networks'
import { openKey } from './vault'

/*
 * The two transactions that the spending wallet sends itself, once a person has asked for them: the contract of prepaid tabs gives
 * what is left in one to nobody but the account that opened it. No site ever has a part in them.
 */

/** `initiateWithdraw` and `finalizeWithdraw` of the contract, by their selectors. */
export const WITHDRAW_SELECTORS = { initiate: '0xcf5cf3dc', finalize: '0xe88377b1' } as const satisfies Record<
  string,
  Hex
>

/** Far more than either takes: what costs more is something else. */
const MOST_GAS = 400_000n

export interface ContractCall {
  readonly from: Hex
  readonly data: Hex
  /** The account's own count of its transactions. */
  readonly nonce: number
  readonly gas: bigint
  /** In the smallest units of the network's coin. */
  readonly gasPrice: bigint
}

/** A signed transaction, and its name on the chain. */
export interface SignedCall {
  readonly raw: Hex
  readonly hash: Hex
}

/**
 * Signs a call of the contract of prepaid tabs, with no coins in it, about a tab of the very account that signs, for no more
 * than `mostFee`. Throws `signing_refused`, `wallet_missing`, `wallet_locked`.
 */
export async function signContractCall(
  network: EvmNetwork,
  { from, data, nonce, gas, gasPrice }: ContractCall,
  mostFee: bigint,
  signal: AbortSignal,
): Promise<SignedCall> {
  const selectors: readonly Hex[] = Object.values(WITHDRAW_SELECTORS)
  const checks: Record<string, boolean> = {
    data: selectors.includes(slice(data, 0, 4)),
    // The tab's payer comes first in what names it.
    payer: `0x${data.slice(34, 74)}`.toLowerCase() === from.toLowerCase(),
    gas: gas <= MOST_GAS,
    fee: gas * gasPrice <= mostFee,
  }
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw new TuppenceError('signing_refused', { field: off })
  const to = BATCH_SETTLEMENT.contract
  // Of the oldest kind: every network takes it, and its price is exact.
  const call = { type: 'legacy', chainId: network.chainId, to, data, value: 0n, nonce, gas, gasPrice } as const
  const key = await openKey(from)
  signal.throwIfAborted()
  const signature: Signature = await sign({ hash: keccak256(serializeTransaction(call)), privateKey: key })
  const raw = serializeTransaction(call, signature)
  return { raw, hash: keccak256(raw) }
}
