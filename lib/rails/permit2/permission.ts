import type { Hex } from 'viem'
import { permissionOf } from '@/lib/chain/allowance'
import type { PayableOffer } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import { type EvmAsset, formatAmount, tokenId } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'
import { because, type Reason, type RefuseReason } from '@/lib/policy/reasons'
import type { Order } from '@/lib/rails/rail'

/** The server has an allowance submitted that is signed along with the payment (x402 v2, extension of that name). */
export const SIGNED_ALLOWANCE = 'eip2612GasSponsoring'
/** It would have a transaction submitted that lets Permit2 move all of a token for ever. Nothing of that kind is signed. */
const UNLIMITED_APPROVAL = 'erc20ApprovalGasSponsoring'

/** The allowance that has to be signed along with a payment, by the token's count of its owner's; null where there is enough. */
export type Needed = { readonly nonce: bigint } | null

/** Which allowance a payment needs. Throws `allowance_missing` and `approval_unlimited` where it cannot be had, and what asking throws. */
export async function neededFor(offer: PayableOffer, asset: EvmAsset, from: string): Promise<Needed> {
  const permission = await permissionOf(from as Hex, asset)
  if (permission.units >= offer.units) return null
  const { nonce } = permission
  if (offers(offer, SIGNED_ALLOWANCE) && nonce !== null) return { nonce }
  throw new TuppenceError(offers(offer, UNLIMITED_APPROVAL) ? 'approval_unlimited' : 'allowance_missing', {
    amount: formatAmount({ units: offer.units, asset }),
    network: findNetwork(asset.network)?.name ?? asset.network,
    contract: PERMIT2_CONTRACTS.permit2,
  })
}

/** The same as a reason not to pay. Never throws. */
export async function permissionObstacle({ offer, from }: Order): Promise<Reason<RefuseReason> | null> {
  if (offer.asset.family !== 'evm') return because('failed')
  try {
    await neededFor(offer, offer.asset, from)
    return null
  } catch (error) {
    const { code, values } = error instanceof TuppenceError ? error : new TuppenceError('internal')
    const isReason =
      code === 'allowance_missing' || code === 'approval_unlimited' || code === 'rpc_needed' || code === 'rpc_silent'
    return isReason ? because(code, values) : because('failed')
  }
}

/**
 * An allowance that is signed along with a payment replaces the one before, by a count that the token keeps: two at once would
 * have the same count, and only one of them would come to anything.
 */
export const sharedAllowance = (offer: PayableOffer): string | null =>
  offers(offer, SIGNED_ALLOWANCE) ? tokenId(offer.asset) : null

const offers = ({ envelope }: PayableOffer, extension: string): boolean =>
  extension in ((envelope.extensions ?? {}) as Readonly<Record<string, unknown>>)
