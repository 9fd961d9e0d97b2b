import { type Hex, hashTypedData, isAddressEqual, zeroAddress } from 'viem'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import type { EvmAsset } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'

/** What is ever signed: a payment to a site that was decided on, or a withdrawal of the user's own that a person confirmed. */
export type Purpose = 'payment' | 'withdrawal'

/** How long a signature may be good for at the very most, in seconds. A withdrawal waits for a person in MetaMask. */
export const LONGEST_VALID = { payment: 600, withdrawal: 900 } as const satisfies Record<Purpose, number>

/** What a signature may say at the very most. */
export interface Expected {
  readonly purpose: Purpose
  readonly asset: EvmAsset
  readonly units: bigint
  readonly from: Hex
  readonly to: string
  /** Unix seconds. */
  readonly latestValidBefore: number
}

/** What passed the gate: the hash to sign, and the two fields that later prove whether it was used. */
export interface Cleared {
  readonly method: 'eip3009'
  readonly digest: Hex
  readonly nonce: Hex
  readonly validBefore: number
}

/** EIP-3009, the one thing that is ever signed. Field order is part of the type's hash. */
export const TRANSFER_TYPES = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

const address = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{40}$/)])

/** Strict throughout: a field that is not on the list is a refusal, not something to ignore. */
const typedDataSchema = z.strictObject({
  domain: z.strictObject({
    name: z.string(),
    version: z.string(),
    chainId: z.number(),
    verifyingContract: address,
  }),
  types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
  primaryType: z.literal('TransferWithAuthorization'),
  message: z.strictObject({
    from: address,
    to: address,
    value: z.bigint(),
    validAfter: z.bigint(),
    validBefore: z.bigint(),
    nonce: z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{64}$/)]),
  }),
})

/**
 * Compares typed data with what was decided, field by field, and gives the hash to sign. Throws `signing_refused` with the
 * name of the first field that is off. Nothing is signed around this function, whatever asked for it.
 */
export function clear(typedData: unknown, expected: Expected): Cleared {
  const parsed = typedDataSchema.safeParse(typedData)
  if (!parsed.success) throw refused(parsed.error.issues[0]?.path.join('.') || 'typed data')
  const { domain, types, primaryType, message } = parsed.data
  const { asset } = expected
  const checks: Record<string, boolean> = {
    types: JSON.stringify(types) === JSON.stringify(TRANSFER_TYPES),
    'domain.name': domain.name === asset.domain.name,
    'domain.version': domain.version === asset.domain.version,
    'domain.chainId': domain.chainId === chainIdOf(asset),
    'domain.verifyingContract': domain.verifyingContract.toLowerCase() === asset.address,
    'message.from': isAddressEqual(message.from, expected.from),
    // Whatever was decided: money sent to one of these is gone, or has not moved.
    'message.to':
      message.to.toLowerCase() === expected.to.toLowerCase() &&
      ![zeroAddress, asset.address, expected.from].some((nobody) => isAddressEqual(message.to, nobody)),
    'message.value': message.value === expected.units,
    // What could be held back and used later is not a payment of now.
    'message.validAfter': message.validAfter === 0n,
    'message.validBefore':
      message.validBefore <= BigInt(expected.latestValidBefore) &&
      message.validBefore <= BigInt(Math.floor(Date.now() / 1000) + LONGEST_VALID[expected.purpose] + 1),
  }
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw refused(off)
  return {
    method: 'eip3009',
    digest: hashTypedData({ domain, types: TRANSFER_TYPES, primaryType, message }),
    nonce: message.nonce.toLowerCase() as Hex,
    validBefore: Number(message.validBefore),
  }
}

function chainIdOf({ network }: EvmAsset): number | null {
  const known = findNetwork(network)
  return known?.family === 'evm' ? known.chainId : null
}

const refused = (field: string) => new TuppenceError('signing_refused', { field })
