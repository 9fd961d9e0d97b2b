import { DEFAULT_ASSETS as EVM_ASSETS } from '@x402/evm'
import { DEFAULT_ASSETS as SVM_ASSETS } from '@x402/svm'
import { CLOUDFLARE, NETWORKS, type NetworkId } from './networks'
import { type Usd, usd } from './usd'

interface AssetBasics {
  readonly network: NetworkId
  readonly symbol: string
  readonly decimals: number
}

export interface EvmAsset extends AssetBasics {
  readonly family: 'evm'
  /** The contract, in lower case. */
  readonly address: `0x${string}`
  /** The token's own EIP-712 domain, as its contract has it. */
  readonly domain: { readonly name: string; readonly version: string }
  /** How it is transferred by signature: by its own contract, or through Permit2 where that knows no EIP-3009. */
  readonly method: 'eip3009' | 'permit2'
  /** Whether it takes allowances by signature (EIP-2612), as all do that know EIP-3009, and some others. */
  readonly permit: boolean
}

export interface SvmAsset extends AssetBasics {
  readonly family: 'svm'
  /** The mint, in base58. */
  readonly address: string
  /** The program that the mint is of: Token or Token-2022. */
  readonly program: string
}

/** Dollars on an account that is billed later: no token, and in no wallet. */
export interface CreditAsset extends AssetBasics {
  readonly family: 'credit'
  readonly address: string
}

/**
 * What Tuppence knows to pay with: a token, or dollars on account. Name, version and decimals are pinned here and never taken from a server: they decide
 * what a signature means and what the user is shown.
 */
export type Asset = Token | CreditAsset

export type Token = EvmAsset | SvmAsset

/** So many atomic units of a pinned token. */
export interface Amount {
  readonly units: bigint
  readonly asset: Asset
}

/**
 * The stablecoins that the x402 SDK pins (`DEFAULT_ASSETS`), each a dollar, one for one. A test freezes the table: what an update
 * of the SDK changes is looked at before it is trusted.
 */
export const ASSETS: readonly Token[] = NETWORKS.flatMap<Token>(({ id, family }) =>
  family === 'evm' ? evmAssets(id) : svmAssets(id),
)

function evmAssets(network: NetworkId): EvmAsset[] {
  return (EVM_ASSETS[network] ?? []).map(({ asset, assetTransferMethod, ...token }) => ({
    family: 'evm',
    network,
    address: asset.toLowerCase() as `0x${string}`,
    symbol: token.symbol,
    decimals: token.decimals,
    domain: { name: token.name, version: token.version },
    method: assetTransferMethod === 'permit2' ? 'permit2' : 'eip3009',
    permit: assetTransferMethod !== 'permit2' || token.supportsEip2612 === true,
  }))
}

function svmAssets(network: NetworkId): SvmAsset[] {
  return (SVM_ASSETS[network] ?? []).map(({ asset, symbol, decimals, tokenProgram }) => ({
    family: 'svm',
    network,
    address: asset,
    symbol,
    decimals,
    program: tokenProgram,
  }))
}

/**
 * Whether it can be paid with by signatures alone. One that neither moves by signature nor takes an allowance by one can be paid with
 * only after a transaction of its owner's, which lets Permit2 move it.
 */
export const isPaidWith = (asset: Token): boolean => asset.family === 'svm' || asset.permit

/** What rules call a token: `eip155:8453/0x8335…2913`. */
export const tokenId = ({ network, address }: Pick<Asset, 'network' | 'address'>): string => `${network}/${address}`

const dollars = (address: string, decimals: number): CreditAsset => ({
  family: 'credit',
  network: CLOUDFLARE.id,
  address,
  symbol: 'USD',
  decimals,
})

/** Dollars on account, counted in cents (x402, ISO 4217), and as pay-per-crawl writes them, which can be finer. */
export const CREDIT = { cents: dollars('USD', 2), micros: dollars('USD/1000000', 6) } as const

const byAddress = new Map<string, Asset>([...ASSETS, ...Object.values(CREDIT)].map((asset) => [tokenId(asset), asset]))

/** EVM addresses are the same in any case, Solana's are not. */
export const findAsset = (network: string, address: string): Asset | null =>
  byAddress.get(`${network}/${address}`) ?? byAddress.get(`${network}/${address.toLowerCase()}`) ?? null

/** What an amount is worth in dollars, rounded up to the millionth: a price never looks smaller than it is. */
export function priceOf({ units, asset }: Amount): Usd {
  const shift = BigInt(asset.decimals - 6)
  if (shift <= 0n) return usd(units * 10n ** -shift)
  const unit = 10n ** shift
  return usd((units + unit - 1n) / unit)
}

/** Reads an amount of a token as people type it ("5", "0.10"). Null for anything else, and for what is finer than its units. */
export function parseAmount(text: string, { decimals }: Asset): bigint | null {
  const [, whole = '', fraction = ''] = /^(\d{1,15})(?:[.](\d{1,18}))?$/.exec(text.trim()) ?? []
  if (whole === '' || fraction.length > decimals) return null
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, '0') || 0)
}

/** The exact token amount: "0.05 USDC". */
export const formatAmount = (amount: Amount): string => `${amountToString(amount)} ${amount.asset.symbol}`

/** The same as plain digits: "0.05". */
export function amountToString({ units, asset }: Amount): string {
  const digits = units.toString().padStart(asset.decimals + 1, '0')
  const whole = digits.slice(0, digits.length - asset.decimals)
  const fraction = digits.slice(digits.length - asset.decimals).replace(/0+$/, '')
  return `${whole}${fraction && `.${fraction}`}`
}
