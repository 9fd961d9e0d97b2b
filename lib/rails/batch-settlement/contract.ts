import { concat, encodeAbiParameters, type Hex, hashTypedData, keccak256, zeroAddress } from 'viem'
import type { EvmAsset } from '@/lib/money/assets'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { findNetwork } from '@/lib/money/networks'
import { WITHDRAW_SELECTORS } from '@/lib/wallet/contract-call'

/** What names a channel, as the contract and the wire have it (x402, batch-settlement on EVM, "Channel Lifecycle"). */
export interface ChannelConfig {
  readonly payer: Hex
  /** Whose vouchers count: the payer's own. */
  readonly payerAuthorizer: Hex
  readonly receiver: Hex
  /** Who says for the site what it claims, and what it gives back. */
  readonly receiverAuthorizer: Hex
  readonly token: Hex
  /** Seconds. */
  readonly withdrawDelay: number
  /** Tells one tab from another of the same payer at the same site. */
  readonly salt: Hex
}

/** The chain that a token's signatures are bound to. Null for a token of no EVM network that is known. */
export function chainIdOf({ network }: Pick<EvmAsset, 'network'>): number | null {
  const known = findNetwork(network)
  return known?.family === 'evm' ? known.chainId : null
}

/** The contract's own EIP-712 domain on a chain. */
export const domainOn = (chainId: number) =>
  ({ name: 'x402 Batch Settlement', version: '1', chainId, verifyingContract: BATCH_SETTLEMENT.contract }) as const

const CHANNEL_TYPES = {
  ChannelConfig: [
    { name: 'payer', type: 'address' },
    { name: 'payerAuthorizer', type: 'address' },
    { name: 'receiver', type: 'address' },
    { name: 'receiverAuthorizer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'withdrawDelay', type: 'uint40' },
    { name: 'salt', type: 'bytes32' },
  ],
} as const

/** A channel's id on a chain, in lower case: the EIP-712 hash of all that names it. */
export const channelIdOf = (config: ChannelConfig, chainId: number): Hex =>
  hashTypedData({ domain: domainOn(chainId), types: CHANNEL_TYPES, primaryType: 'ChannelConfig', message: config })

/** The EIP-3009 nonce of a deposit: it binds the money to its channel. */
export const depositNonce = (channel: Hex, salt: Hex): Hex =>
  keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [channel, BigInt(salt)]))

/** Field order is part of the types' hashes. */
export const DEPOSIT_TYPES = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

export const VOUCHER_TYPES = {
  Voucher: [
    { name: 'channelId', type: 'bytes32' },
    { name: 'maxClaimableAmount', type: 'uint128' },
  ],
} as const

/** Nobody, and nobody's key. */
export const isNobody = (address: string): boolean => address.toLowerCase() === zeroAddress

const CONFIG_ABI = { type: 'tuple', components: CHANNEL_TYPES.ChannelConfig } as const

/** What asks the contract for so much of a channel: its delay begins. */
export const initiateData = (config: ChannelConfig, units: bigint): Hex =>
  concat([WITHDRAW_SELECTORS.initiate, encodeAbiParameters([CONFIG_ABI, { type: 'uint128' }], [config, units])])

/** What has the contract hand it over, once the delay is over. */
export const finalizeData = (config: ChannelConfig): Hex =>
  concat([WITHDRAW_SELECTORS.finalize, encodeAbiParameters([CONFIG_ABI], [config])])
