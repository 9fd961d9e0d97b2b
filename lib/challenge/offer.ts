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
const ZERO_ADDRESS = /^0x0{40}$/

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

/** Nobody owns the zero address, and a token paid to its own contract is lost. */
const isPayee = (payTo: string, asset: Asset): boolean =>
  EVM_ADDRESS.test(payTo) && !ZERO_ADDRESS.test(payTo) && payTo.toLowerCase() !== asset.address
