import { getAddress } from 'viem'
import { type Asset, findAsset, priceOf } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { isSolanaAddress, LONGEST_MEMO, PROGRAMS } from '@/lib/money/solana'
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
/** Solana's token programs count in 64 bits. */
const UINT64 = 2n ** 64n
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/
// Zero and what else the EVM keeps for itself (EIP-1352): nobody holds their keys.
const RESERVED_ADDRESS = /^0x0{36}/
// Solana's programs and what it publishes of itself: nobody holds their keys either.
const RESERVED_ACCOUNT = /^(?:Sysvar|1{30})|1{10}$/
const PROGRAM_ADDRESSES: readonly string[] = Object.values(PROGRAMS)

/** Reads one entry of `accepts`, and names the first thing that keeps it from being paid. */
export function readOffer(entry: AcceptsEntry, accepted: Readonly<Record<string, unknown>>): Offer {
  const asset = findAsset(entry.network, entry.asset)
  const units = readUnits(entry.amount, asset?.family === 'svm' ? UINT64 : UINT256)
  const feePayer = entry.extra?.feePayer
  return {
    scheme: entry.scheme,
    network: entry.network,
    assetAddress: entry.asset,
    asset,
    units,
    price: asset !== null && units !== null ? priceOf({ units, asset }) : null,
    payTo: entry.payTo,
    feePayer: asset?.family === 'svm' && typeof feePayer === 'string' ? feePayer : null,
    maxTimeoutSeconds: entry.maxTimeoutSeconds,
    problem: findProblem(entry, asset, units),
    accepted,
  }
}

function readUnits(amount: string, bound: bigint): bigint | null {
  if (!AMOUNT.test(amount)) return null
  const units = BigInt(amount)
  return units < bound ? units : null
}

function findProblem(entry: AcceptsEntry, asset: Asset | null, units: bigint | null): OfferProblem | null {
  if (entry.scheme !== 'exact') return 'unknown_scheme'
  if (!findNetwork(entry.network)) return 'unknown_network'
  if (!asset) return 'unknown_asset'
  if (!isPlainTransfer(entry, asset)) return 'unsupported_transfer_method'
  if (units === null) return 'invalid_amount'
  if (!isPayee(entry.payTo, asset)) return 'invalid_pay_to'
  if (asset.family === 'svm' && !isFeePayer(entry.extra?.feePayer)) return 'invalid_fee_payer'
  if (!Number.isSafeInteger(entry.maxTimeoutSeconds) || entry.maxTimeoutSeconds <= 0) return 'invalid_time_limit'
  return null
}

/**
 * EIP-3009 on the token itself. Permit2 names itself in `extra.assetTransferMethod`; Circle Gateway looks like `exact` but
 * signs for another contract, which `extra.verifyingContract` gives away. On Solana it is the token program's own transfer,
 * with a memo that the site may set.
 */
function isPlainTransfer({ extra }: AcceptsEntry, asset: Asset): boolean {
  if (asset.family === 'svm') return (extra?.assetTransferMethod ?? 'default') === 'default' && isMemo(extra?.memo)
  const method = extra?.assetTransferMethod ?? 'eip3009'
  const contract = extra?.verifyingContract ?? asset.address
  // What a server says teaches no token EIP-3009. Nobody could show that such a signature ran out unused.
  const isKnown = asset.method === 'eip3009' && method === 'eip3009'
  return isKnown && typeof contract === 'string' && contract.toLowerCase() === asset.address
}

const isMemo = (memo: unknown): boolean =>
  (memo ?? '') === '' || (typeof memo === 'string' && new TextEncoder().encode(memo).length <= LONGEST_MEMO)

/** Somebody who can have the money: a token paid to its own contract is lost. */
function isPayee(payTo: string, asset: Asset): boolean {
  if (asset.family === 'svm') return isAccount(payTo) && payTo !== asset.address
  return isAddress(payTo) && !RESERVED_ADDRESS.test(payTo) && payTo.toLowerCase() !== asset.address
}

/** Whoever it is, an account that can sign; that it is not the payer's own is for those to say who know it. */
const isFeePayer = (feePayer: unknown): boolean => typeof feePayer === 'string' && isAccount(feePayer)

/** An account on Solana that is not obviously a program's or the system's. */
const isAccount = (text: string): boolean =>
  isSolanaAddress(text) && !RESERVED_ACCOUNT.test(text) && !PROGRAM_ADDRESSES.includes(text)

/** Letters of both cases are a checksum (EIP-55): when it is wrong, the address was mistyped or tampered with. */
function isAddress(text: string): boolean {
  if (!EVM_ADDRESS.test(text)) return false
  const digits = text.slice(2)
  return [digits.toLowerCase(), digits.toUpperCase(), getAddress(text).slice(2)].includes(digits)
}
