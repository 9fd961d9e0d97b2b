import { type Hex, hashTypedData, isAddressEqual, toHex, zeroAddress } from 'viem'
import { z } from 'zod'
import type { EvmAsset } from '@/lib/money/assets'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'
import {
  addressSchema,
  type ClearedAllowance,
  chainIdOf,
  checkAll,
  type Gate,
  isInTime,
  readTypedData,
} from '@/lib/wallet/gate'

/** Field order is part of a type's hash. */
const TOKEN_PERMISSIONS = [
  { name: 'token', type: 'address' },
  { name: 'amount', type: 'uint256' },
] as const
const PERMIT_WITNESS_TRANSFER_FROM = [
  { name: 'permitted', type: 'TokenPermissions' },
  { name: 'spender', type: 'address' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
  { name: 'witness', type: 'Witness' },
] as const

/** x402's exact scheme on EVM, by Permit2. */
const EXACT_TYPES = {
  PermitWitnessTransferFrom: PERMIT_WITNESS_TRANSFER_FROM,
  TokenPermissions: TOKEN_PERMISSIONS,
  Witness: [
    { name: 'to', type: 'address' },
    { name: 'validAfter', type: 'uint256' },
  ],
} as const

/** Its upto scheme, where the witness names who may ask for less. */
const UPTO_TYPES = {
  ...EXACT_TYPES,
  Witness: [
    { name: 'to', type: 'address' },
    { name: 'facilitator', type: 'address' },
    { name: 'validAfter', type: 'uint256' },
  ],
} as const

/** EIP-2612. */
const ALLOWANCE_TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

const typesSchema = z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() })))

/** Strict throughout: a field that is not on the list is a refusal, not something to ignore. */
const witnessSchema = z.strictObject({
  domain: z.strictObject({ name: z.string(), chainId: z.number(), verifyingContract: addressSchema }),
  types: typesSchema,
  primaryType: z.literal('PermitWitnessTransferFrom'),
  message: z.strictObject({
    permitted: z.strictObject({ token: addressSchema, amount: z.bigint() }),
    spender: addressSchema,
    nonce: z.bigint(),
    deadline: z.bigint(),
    witness: z.strictObject({ to: addressSchema, facilitator: addressSchema.optional(), validAfter: z.bigint() }),
  }),
})

const allowanceSchema = z.strictObject({
  domain: z.strictObject({
    name: z.string(),
    version: z.string(),
    chainId: z.number(),
    verifyingContract: addressSchema,
  }),
  types: typesSchema,
  primaryType: z.literal('Permit'),
  message: z.strictObject({
    owner: addressSchema,
    spender: addressSchema,
    value: z.bigint(),
    nonce: z.bigint(),
    deadline: z.bigint(),
  }),
})

/**
 * A nonce has to be found again in a transaction's input, and no other like it: it is drawn at random from 256 bits. One below
 * this was not.
 */
const LEAST_NONCE = 2n ** 192n
const UINT256 = 2n ** 256n

/** What was decided: so much of a token, from whom to whom, until when. */
interface Expected {
  readonly asset: EvmAsset
  readonly units: bigint
  readonly from: Hex
  /** Unix seconds. */
  readonly latestDeadline: number
}

/** The gate of one payment through Permit2: of exactly its units, or where somebody is named who may ask for less, up to them. */
export const paymentGate = (expected: Expected & { readonly to: string; readonly facilitator: Hex | null }): Gate => ({
  from: expected.from,
  clear(typedData) {
    const { asset, units, from, to, facilitator, latestDeadline } = expected
    const { domain, types, primaryType, message } = readTypedData(witnessSchema, typedData)
    const { permitted, witness } = message
    const [pinnedTypes, proxy] =
      facilitator === null ? [EXACT_TYPES, PERMIT2_CONTRACTS.exact] : [UPTO_TYPES, PERMIT2_CONTRACTS.upto]
    const nobodies = [zeroAddress, asset.address, from, ...Object.values(PERMIT2_CONTRACTS)] as const
    checkAll({
      types: JSON.stringify(types) === JSON.stringify(pinnedTypes),
      'domain.name': domain.name === 'Permit2',
      'domain.chainId': domain.chainId === chainIdOf(asset),
      'domain.verifyingContract': isAddressEqual(domain.verifyingContract, PERMIT2_CONTRACTS.permit2),
      'message.permitted.token': isAddressEqual(permitted.token, asset.address),
      'message.permitted.amount': permitted.amount === units,
      'message.spender': isAddressEqual(message.spender, proxy),
      'message.nonce': message.nonce >= LEAST_NONCE && message.nonce < UINT256,
      'message.deadline': isInTime(message.deadline, latestDeadline, 'payment'),
      // Whatever was decided: money sent to one of these is gone, or has not moved.
      'message.witness.to':
        witness.to.toLowerCase() === to.toLowerCase() && !nobodies.some((nobody) => isAddressEqual(witness.to, nobody)),
      'message.witness.facilitator':
        facilitator === null
          ? witness.facilitator === undefined
          : witness.facilitator !== undefined && isAddressEqual(witness.facilitator, facilitator),
      // What could be held back and used later is not a payment of now.
      'message.witness.validAfter': witness.validAfter === 0n,
    })
    const { facilitator: _, ...exactWitness } = witness
    return {
      method: facilitator === null ? 'permit2' : 'upto',
      digest:
        facilitator === null
          ? hashTypedData({ domain, types: EXACT_TYPES, primaryType, message: { ...message, witness: exactWitness } })
          : hashTypedData({
              domain,
              types: UPTO_TYPES,
              primaryType,
              message: { ...message, witness: { ...witness, facilitator } },
            }),
      nonce: toHex(message.nonce, { size: 32 }),
      validBefore: Number(message.deadline),
    }
  },
})

/** The gate of the allowance that goes along with it: for Permit2 and of the same units, never more and never for good. */
export const allowanceGate = (expected: Expected & { readonly nonce: bigint }): Gate<ClearedAllowance> => ({
  from: expected.from,
  clear(typedData) {
    const { asset, units, from, nonce, latestDeadline } = expected
    const { domain, types, primaryType, message } = readTypedData(allowanceSchema, typedData)
    checkAll({
      types: JSON.stringify(types) === JSON.stringify(ALLOWANCE_TYPES),
      'domain.name': domain.name === asset.domain.name,
      'domain.version': domain.version === asset.domain.version,
      'domain.chainId': domain.chainId === chainIdOf(asset),
      'domain.verifyingContract': isAddressEqual(domain.verifyingContract, asset.address),
      'message.owner': isAddressEqual(message.owner, from),
      'message.spender': isAddressEqual(message.spender, PERMIT2_CONTRACTS.permit2),
      'message.value': message.value === units,
      'message.nonce': message.nonce === nonce,
      'message.deadline': isInTime(message.deadline, latestDeadline, 'payment'),
    })
    return {
      digest: hashTypedData({ domain, types: ALLOWANCE_TYPES, primaryType, message }),
      nonce,
      deadline: Number(message.deadline),
    }
  },
})
