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
  /** The only nonce that it may have, in lower case; any when there is none. */
  readonly nonce?: Hex
}

/** What passed the gate: the hash to sign, and the two fields that later prove whether it was used. */
export interface Cleared {
  readonly method: 'eip3009' | 'permit2' | 'upto' | 'voucher'
  readonly digest: Hex
  readonly nonce: Hex
  readonly validBefore: number
}

/** An allowance that passed its gate. It pays nothing by itself: that it was used is told by the payment that it goes along with. */
export interface ClearedAllowance {
  readonly digest: Hex
  /** The token's own count of its owner's allowances. */
  readonly nonce: bigint
  /** Unix seconds. */
  readonly deadline: number
}

/**
 * What may be signed: it compares typed data with what was decided, and gives what will later tell whether the signature was
 * used. Throws `signing_refused` with the name of the first field that is off.
 */
export interface Gate<C extends { readonly digest: Hex } = Cleared> {
  /** The account whose key signs. */
  readonly from: Hex
  clear(typedData: unknown): C
}

/** The gate of one transfer by EIP-3009. */
export const transferGate = (expected: Expected): Gate => ({
  from: expected.from,
  clear: (typedData) => clear(typedData, expected),
})

/** EIP-3009. Field order is part of the type's hash. */
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

/** 20 bytes in hex. */
export const addressSchema = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{40}$/)])

/** Strict throughout: a field that is not on the list is a refusal, not something to ignore. */
const typedDataSchema = z.strictObject({
  domain: z.strictObject({
    name: z.string(),
    version: z.string(),
    chainId: z.number(),
    verifyingContract: addressSchema,
  }),
  types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
  primaryType: z.literal('TransferWithAuthorization'),
  message: z.strictObject({
    from: addressSchema,
    to: addressSchema,
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
  const { domain, types, primaryType, message } = readTypedData(typedDataSchema, typedData)
  const { asset } = expected
  checkAll({
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
    'message.validBefore': isInTime(message.validBefore, expected.latestValidBefore, expected.purpose),
    'message.nonce': message.nonce.toLowerCase() === (expected.nonce ?? message.nonce.toLowerCase()),
  })
  return {
    method: 'eip3009',
    digest: hashTypedData({ domain, types: TRANSFER_TYPES, primaryType, message }),
    nonce: message.nonce.toLowerCase() as Hex,
    validBefore: Number(message.validBefore),
  }
}

/** Typed data of a known shape. Throws `signing_refused` for any other. */
export function readTypedData<T>(schema: z.ZodType<T>, typedData: unknown): T {
  const parsed = schema.safeParse(typedData)
  if (!parsed.success) throw refused(parsed.error.issues[0]?.path.join('.') || 'typed data')
  return parsed.data
}

/** Throws `signing_refused` with the name of the first field whose check failed. */
export function checkAll(checks: Readonly<Record<string, boolean>>): void {
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw refused(off)
}

/** Whether a time limit is not later than was decided, and never later than anything may be good for. */
export const isInTime = (limit: bigint, latest: number, purpose: Purpose): boolean =>
  limit <= BigInt(latest) && limit <= BigInt(Math.floor(Date.now() / 1000) + LONGEST_VALID[purpose] + 1)

/** The chain id that a signature for a token is bound to. */
export function chainIdOf({ network }: EvmAsset): number | null {
  const known = findNetwork(network)
  return known?.family === 'evm' ? known.chainId : null
}

const refused = (field: string) => new TuppenceError('signing_refused', { field })
