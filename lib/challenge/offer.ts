import { getAddress } from 'viem'
import { type Asset, findAsset, priceOf } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import type { Offer, OfferProblem } from './challenge'

/** An entry of `accepts` whose shape was checked. */
export interface AcceptsEntry {
  readonly scheme: string
  readonly network: string
  readonly amount: string
  readonly asset: string
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly extra?: Readonly<Record<string, unknown>> | null | undefined
}

// x402 v2, PaymentRequirements: atomic units in decimal, no sign, no leading zero, within uint256.
const AMOUNT = /^[1-9]\d{0,77}$/
const UINT256 = 2n ** 256n
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/
// Zero and what else the EVM keeps for itself (EIP-1352): nobody holds their keys.
const RESERVED_ADDRESS = /^0x0{36}/

/** Reads one entry of `accepts`, and names the first thing that keeps it from being paid. */
export function readOffer(entry: AcceptsEntry, accepted: Readonly<Record<string, unknown>>): Offer {
  const asset = findAsset(entry.network, entry.asset)
  const units = readUnits(entry.amount)
  return {
    scheme: entry.scheme,
    network: entry.network,
    assetAddress: entry.asset,
    asset,
    units,
    price: asset !== null && units !== null ? priceOf({ units, asset }) : null,
    payTo: entry.payTo,
    maxTimeoutSeconds: entry.maxTimeoutSeconds,
    problem: findProblem(entry, asset, units),
    accepted,
  }
}

function readUnits(amount: string): bigint | null {
  if (!AMOUNT.test(amount)) return null
  const units = BigInt(amount)
  return units < UINT256 ? units : null
}

function findProblem(entry: AcceptsEntry, asset: Asset | null, units: bigint | null): OfferProblem | null {
  if (entry.scheme !== 'exact') return 'unknown_scheme'
  if (!findNetwork(entry.network)) return 'unknown_network'
  if (!asset) return 'unknown_asset'
  if (!isPlainTransfer(entry, asset)) return 'unsupported_transfer_method'
  if (units === null) return 'invalid_amount'
  if (!isPayee(entry.payTo, asset)) return 'invalid_pay_to'
  if (!Number.isSafeInteger(entry.maxTimeoutSeconds) || entry.maxTimeoutSeconds <= 0) return 'invalid_time_limit'
  return null
}

/**
 * EIP-3009 on the token itself. Permit2 names itself in `extra.assetTransferMethod`; Circle Gateway looks like `exact` but
 * signs for another contract, which `extra.verifyingContract` gives away.
 */
function isPlainTransfer({ extra }: AcceptsEntry, asset: Asset): boolean {
  const method = extra?.assetTransferMethod ?? 'eip3009'
  const contract = extra?.verifyingContract ?? asset.address
  return method === 'eip3009' && typeof contract === 'string' && contract.toLowerCase() === asset.address
}

/** Somebody who can have the money: a token paid to its own contract is lost. */
const isPayee = (payTo: string, asset: Asset): boolean =>
  isAddress(payTo) && !RESERVED_ADDRESS.test(payTo) && payTo.toLowerCase() !== asset.address

/** Letters of both cases are a checksum (EIP-55): when it is wrong, the address was mistyped or tampered with. */
function isAddress(text: string): boolean {
  if (!EVM_ADDRESS.test(text)) return false
  const digits = text.slice(2)
  return [digits.toLowerCase(), digits.toUpperCase(), getAddress(text).slice(2)].includes(digits)
}
