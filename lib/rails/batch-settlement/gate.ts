import { type Hex, hashTypedData, isAddressEqual } from 'viem'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import type { EvmAsset } from '@/lib/money/assets'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { type Gate, LONGEST_VALID } from '@/lib/wallet/gate'
import { chainIdOf, DEPOSIT_TYPES, domainOn, VOUCHER_TYPES } from './contract'

/* What is signed for a prepaid tab. Both gates know the tab that was decided on, and look at nothing that a server says. */

/** What a deposit may say. */
export interface ExpectedDeposit {
  readonly asset: EvmAsset
  readonly units: bigint
  readonly from: Hex
  /** The nonce that binds it to its channel. */
  readonly nonce: Hex
  /** Unix seconds. */
  readonly latestValidBefore: number
}

/** What a voucher may say. */
export interface ExpectedVoucher {
  readonly asset: EvmAsset
  readonly from: Hex
  readonly channel: Hex
  /** What the site may claim of the tab in all. */
  readonly ceiling: bigint
  /** What is in the tab. */
  readonly deposit: bigint
  /** Unix seconds until which its bytes are sent. A voucher itself does not run out. */
  readonly sentUntil: number
}

const address = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{40}$/)])
const bytes32 = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{64}$/)])

/** Strict throughout: a field that is not on the list is a refusal. */
const typedData = <Name extends string, Message extends z.ZodType>(primaryType: Name, message: Message) =>
  z.strictObject({
    domain: z.strictObject({
      name: z.string(),
      version: z.string(),
      chainId: z.number(),
      verifyingContract: address,
    }),
    types: z.record(z.string(), z.array(z.strictObject({ name: z.string(), type: z.string() }))),
    primaryType: z.literal(primaryType),
    message,
  })

const depositSchema = typedData(
  'ReceiveWithAuthorization',
  z.strictObject({
    from: address,
    to: address,
    value: z.bigint(),
    validAfter: z.bigint(),
    validBefore: z.bigint(),
    nonce: bytes32,
  }),
)

const voucherSchema = typedData('Voucher', z.strictObject({ channelId: bytes32, maxClaimableAmount: z.bigint() }))

/** The gate of one deposit: so much of a pinned token, to the pinned collector, bound to one channel. */
export const depositGate = (expected: ExpectedDeposit): Gate => ({
  from: expected.from,
  clear(data) {
    const { domain, types, primaryType, message } = parsed(depositSchema, data)
    const { asset, units, from, nonce, latestValidBefore } = expected
    check({
      types: isJust(types, DEPOSIT_TYPES),
      'domain.name': domain.name === asset.domain.name,
      'domain.version': domain.version === asset.domain.version,
      'domain.chainId': domain.chainId === chainIdOf(asset),
      'domain.verifyingContract': domain.verifyingContract.toLowerCase() === asset.address,
      'message.from': isAddressEqual(message.from, from),
      'message.to': isAddressEqual(message.to, BATCH_SETTLEMENT.depositCollector),
      'message.value': message.value === units && units > 0n,
      'message.validAfter': message.validAfter === 0n,
      'message.validBefore':
        message.validBefore <= BigInt(latestValidBefore) &&
        message.validBefore <= BigInt(Math.floor(Date.now() / 1000) + LONGEST_VALID.payment + 1),
      'message.nonce': message.nonce.toLowerCase() === nonce.toLowerCase(),
    })
    return {
      method: 'eip3009',
      digest: hashTypedData({ domain, types: DEPOSIT_TYPES, primaryType, message }),
      nonce: message.nonce.toLowerCase() as Hex,
      validBefore: Number(message.validBefore),
    }
  },
})

/** The gate of one voucher: for one channel of the pinned contract, up to what was decided, never above what is in the tab. */
export const voucherGate = (expected: ExpectedVoucher): Gate => ({
  from: expected.from,
  clear(data) {
    const { domain, types, primaryType, message } = parsed(voucherSchema, data)
    const { asset, channel, ceiling, deposit, sentUntil } = expected
    const chainId = chainIdOf(asset)
    const pinned = chainId === null ? null : domainOn(chainId)
    check({
      types: isJust(types, VOUCHER_TYPES),
      'domain.name': domain.name === pinned?.name,
      'domain.version': domain.version === pinned?.version,
      'domain.chainId': domain.chainId === chainId,
      'domain.verifyingContract': isAddressEqual(domain.verifyingContract, BATCH_SETTLEMENT.contract),
      'message.channelId': message.channelId.toLowerCase() === channel.toLowerCase(),
      'message.maxClaimableAmount':
        message.maxClaimableAmount === ceiling && ceiling >= 0n && message.maxClaimableAmount <= deposit,
    })
    const digest = hashTypedData({ domain, types: VOUCHER_TYPES, primaryType, message })
    // It says the same however often it is signed: nothing else tells one from another.
    return { method: 'voucher', digest, nonce: digest, validBefore: sentUntil }
  },
})

function parsed<T>(schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data)
  if (!result.success) throw refused(result.error.issues[0]?.path.join('.') || 'typed data')
  return result.data
}

function check(checks: Readonly<Record<string, boolean>>): void {
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw refused(off)
}

const isJust = (types: unknown, pinned: unknown): boolean => JSON.stringify(types) === JSON.stringify(pinned)

const refused = (field: string) => new TuppenceError('signing_refused', { field })
