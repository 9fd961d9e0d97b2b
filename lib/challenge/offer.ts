import { getAddress } from 'viem'
import { type Asset, findAsset, priceOf } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { isSolanaAddress, PROGRAMS } from '@/lib/money/solana'
import { isCurrency, sayAmount } from '@/lib/money/stated'
import type { Offer, OfferProblem } from './challenge'
import type { AcceptsEntry, Scheme, Terms } from './scheme'

// x402 v2, PaymentRequirements: atomic units in decimal, no sign, no leading zero, within uint256.
const AMOUNT = /^[1-9]\d{0,77}$/
const UINT256 = 2n ** 256n
/** Solana's token programs count in 64 bits. */
const UINT64 = 2n ** 64n
/** Who is paid where the network itself sees to it (x402, batch-settlement on cloudflare:402). */
export const MERCHANT = 'merchant'
/** In seconds. */
const DEFAULT_LIMIT = 30
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/
// Zero and what else the EVM keeps for itself (EIP-1352): nobody holds their keys.
const RESERVED_ADDRESS = /^0x0{36}/
// Solana's programs and what it publishes of itself: nobody holds their keys either.
const RESERVED_ACCOUNT = /^(?:Sysvar|1{30})|1{10}$/
const PROGRAM_ADDRESSES: readonly string[] = Object.values(PROGRAMS)

/** Reads one offer, finds the rail that pays it, and names the first thing that keeps it from being paid. */
export function readOffer(
  entry: AcceptsEntry,
  source: Pick<Offer, 'dialect' | 'accepted' | 'envelope'>,
  schemes: readonly Scheme[],
): Offer {
  const asset = findAsset(entry.network, entry.asset)
  const units = readUnits(entry.amount, asset?.family === 'svm' ? UINT64 : UINT256)
  const rails = schemes.filter(({ scheme }) => scheme === entry.scheme)
  const terms = asset && readTerms(entry, asset, rails)
  return {
    ...source,
    scheme: entry.scheme,
    network: entry.network,
    assetAddress: entry.asset,
    asset,
    units,
    price: asset !== null && units !== null ? priceOf({ units, asset }) : null,
    stated: isFiat(entry, asset) ? sayAmount(BigInt(entry.amount), entry.asset) : null,
    payTo: entry.payTo,
    maxTimeoutSeconds: limitOf(entry, asset),
    terms: typeof terms === 'object' ? terms : null,
    problem: isFiat(entry, asset)
      ? 'fiat'
      : rails.length === 0
        ? 'unknown_scheme'
        : findProblem(entry, asset, units, terms),
  }
}

/** A state's currency (x402 v2, PaymentRequirements: "ISO 4217"), which no chain moves. */
const isFiat = (entry: AcceptsEntry, asset: Asset | null): boolean =>
  asset === null && AMOUNT.test(entry.amount) && isCurrency(entry.asset)

/** What there is to say of an offer that nobody here can pay. */
type Named = Pick<Offer, 'dialect' | 'scheme' | 'problem'> &
  Partial<Pick<Offer, 'network' | 'assetAddress' | 'payTo' | 'stated' | 'accepted'>>

/** An offer that is only named: its price is in the server's own words, and no rail knows it. */
export const nameOffer = (named: Named): Offer => ({
  network: '',
  assetAddress: '',
  payTo: '',
  stated: null,
  accepted: {},
  ...named,
  asset: null,
  units: null,
  price: null,
  maxTimeoutSeconds: 0,
  terms: null,
  envelope: {},
})

/** Of the rail that pays it; where none does, what keeps the first that might. */
function readTerms(entry: AcceptsEntry, asset: Asset, rails: readonly Scheme[]): Terms | OfferProblem | null {
  const readings = rails.flatMap((rail) => rail.read(entry, asset) ?? [])
  return readings.find((reading) => typeof reading === 'object') ?? readings[0] ?? null
}

function readUnits(amount: string, bound: bigint): bigint | null {
  if (!AMOUNT.test(amount)) return null
  const units = BigInt(amount)
  return units < bound ? units : null
}

function findProblem(
  entry: AcceptsEntry,
  asset: Asset | null,
  units: bigint | null,
  terms: Terms | OfferProblem | null,
): OfferProblem | null {
  if (!findNetwork(entry.network)) return 'unknown_network'
  if (!asset) return 'unknown_asset'
  if (terms === null) return 'unsupported_transfer_method'
  if (units === null) return 'invalid_amount'
  if (!isPayee(entry.payTo, asset)) return 'invalid_pay_to'
  const limit = limitOf(entry, asset)
  if (!Number.isSafeInteger(limit) || limit <= 0) return 'invalid_time_limit'
  return typeof terms === 'string' ? terms : null
}

/** Where a bill comes later, there may be no limit, or 0: then the server does not say how long its price stands. */
const limitOf = ({ maxTimeoutSeconds }: AcceptsEntry, asset: Asset | null): number =>
  asset?.family === 'credit' ? maxTimeoutSeconds || DEFAULT_LIMIT : maxTimeoutSeconds

/** Somebody who can have the money: a token paid to its own contract is lost. */
function isPayee(payTo: string, asset: Asset): boolean {
  if (asset.family === 'credit') return payTo === MERCHANT
  if (asset.family === 'svm') return isAccount(payTo) && payTo !== asset.address
  return isAddress(payTo) && !RESERVED_ADDRESS.test(payTo) && payTo.toLowerCase() !== asset.address
}

/** An account on Solana that is not obviously a program's or the system's. */
export const isAccount = (text: string): boolean =>
  isSolanaAddress(text) && !RESERVED_ACCOUNT.test(text) && !PROGRAM_ADDRESSES.includes(text)

/** Letters of both cases are a checksum (EIP-55): when it is wrong, the address was mistyped or tampered with. */
function isAddress(text: string): boolean {
  if (!EVM_ADDRESS.test(text)) return false
  const digits = text.slice(2)
  return [digits.toLowerCase(), digits.toUpperCase(), getAddress(text).slice(2)].includes(digits)
}
