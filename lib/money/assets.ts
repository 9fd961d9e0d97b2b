import type { NetworkId } from './networks'
import { type Usd, usd } from './usd'

/**
 * A token that Tuppence knows. Name, version and decimals are pinned here and never taken from a server: they decide
 * what a signature means and what the user is shown.
 */
export interface Asset {
  readonly network: NetworkId
  /** The contract, in lower case. */
  readonly address: `0x${string}`
  readonly symbol: string
  readonly decimals: number
  /** The token's own EIP-712 domain, as its contract has it. */
  readonly domain: { readonly name: string; readonly version: string }
}

/** So many atomic units of a pinned token. */
export interface Amount {
  readonly units: bigint
  readonly asset: Asset
}

const usdc = (network: NetworkId, address: `0x${string}`, name: 'USD Coin' | 'USDC'): Asset => ({
  network,
  address: address.toLowerCase() as `0x${string}`,
  symbol: 'USDC',
  decimals: 6,
  domain: { name, version: '2' },
})

/** Circle's own USDC on each network (developers.circle.com, "USDC contract addresses"). All are dollars, one for one. */
export const ASSETS: readonly Asset[] = [
  usdc('eip155:8453', '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', 'USD Coin'),
  usdc('eip155:84532', '0x036CbD53842c5426634e7929541eC2318f3dCF7e', 'USDC'),
  usdc('eip155:137', '0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359', 'USD Coin'),
  usdc('eip155:42161', '0xaf88d065e77c8cC2239327C5EDb3A432268e5831', 'USD Coin'),
  usdc('eip155:43114', '0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E', 'USD Coin'),
]

/** What rules call a token: `eip155:8453/0x8335…2913`. */
export const tokenId = ({ network, address }: Pick<Asset, 'network' | 'address'>): string => `${network}/${address}`

const byAddress = new Map(ASSETS.map((asset) => [tokenId(asset), asset]))

export const findAsset = (network: string, address: string): Asset | null =>
  byAddress.get(`${network}/${address.toLowerCase()}`) ?? null

/** What an amount is worth in dollars, rounded up to the millionth: a price never looks smaller than it is. */
export function priceOf({ units, asset }: Amount): Usd {
  const shift = BigInt(asset.decimals - 6)
  if (shift <= 0n) return usd(units * 10n ** -shift)
  const unit = 10n ** shift
  return usd((units + unit - 1n) / unit)
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
