import { isHash } from 'viem'
import type { EvmClaim, NonceKeeper, TransferClaim } from './claim'
import { chainClient } from './client'
import { eip3009 } from './eip3009'
import { permit2, upto } from './permit2'
import { type EvmSnapshot, type Snapshot, timeAt } from './snapshot'
import { isSeenOnSolana, proveOnSolana } from './solana'

/** What the chain proves of a payment. `open` means nothing yet: it may still be used, or nobody could be asked. */
export type Proof =
  /** `units` are what was moved: fewer than were authorised only where that was a ceiling. */
  | { readonly state: 'settled'; readonly transaction: string; readonly units: bigint }
  | { readonly state: 'expired' }
  | { readonly state: 'open' }

const OPEN: Proof = { state: 'open' }
const EXPIRED: Proof = { state: 'expired' }

/** Chain time runs in blocks: an authorization counts as dead only this long after its end, in seconds. */
const EXPIRY_MARGIN = 30n

const KEEPERS: Readonly<Record<EvmClaim['method'], NonceKeeper>> = { eip3009, permit2, upto }

/**
 * What a chain shows of a payment, at a block that counts. `settled` only when the nonce was used in a transaction that also
 * moved exactly this amount (of a ceiling: never more) to exactly this payee; `expired` only when the nonce is unused though the time limit is past, or
 * was taken back by its owner. On Solana, which has no nonces, the transaction itself takes their place. Never throws: whatever
 * is missing, contradictory or garbled leaves it `open`, as does the lack of a snapshot.
 */
export async function proveTransfer(claim: TransferClaim, snapshot: Snapshot | null): Promise<Proof> {
  if (!snapshot) return OPEN
  try {
    if (claim.method === 'solana') {
      const found = snapshot.family === 'svm' ? await proveOnSolana(claim, snapshot) : null
      if (found === 'expired') return EXPIRED
      return found === null ? OPEN : { state: 'settled', transaction: found, units: claim.units }
    }
    return snapshot.family === 'evm' ? await proveByNonce(claim, snapshot) : OPEN
  } catch {
    // An unreachable or confused server proves nothing, and what is not proved stays held.
    return OPEN
  }
}

async function proveByNonce(claim: EvmClaim, snapshot: EvmSnapshot): Promise<Proof> {
  const { client, block } = snapshot
  const keeper = KEEPERS[claim.method]
  const [used, time] = await Promise.all([keeper.isUsed(claim, client, block), timeAt(client, block)])
  if (!used) return time > BigInt(claim.validBefore) + EXPIRY_MARGIN ? EXPIRED : OPEN
  const { transaction: named } = claim
  const made = named && isHash(named) ? await keeper.madeBy(claim, snapshot, named) : null
  const found = made ?? (await keeper.find(claim, snapshot))
  if (found === 'taken_back') return EXPIRED
  return found ? { state: 'settled', ...found } : OPEN
}

/**
 * Whether a nonce is used already in the latest block there is. Proves nothing, since a block without others on top of it may
 * be taken back; but proof is then a matter of seconds. Never throws.
 */
export async function isSeen(claim: TransferClaim): Promise<boolean> {
  try {
    if (claim.method === 'solana') return await isSeenOnSolana(claim)
    const client = await chainClient(claim.network)
    return client !== null && (await KEEPERS[claim.method].isUsed(claim, client))
  } catch {
    return false
  }
}
