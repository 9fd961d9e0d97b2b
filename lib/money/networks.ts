/** A network in CAIP-2 form, for example `eip155:8453`. */
export type NetworkId = `${string}:${string}`

/** Real money and play money never share a total. */
export type Realm = 'main' | 'test'

/** Networks of one family share their accounts: an account is the same on all of them. */
export type Family = 'evm' | 'svm'

interface NetworkBasics {
  readonly id: NetworkId
  readonly name: string
  readonly realm: Realm
  /** A public RPC of the network's own operator, offered in Settings. Nothing calls it before the user chose it. */
  readonly suggestedRpc: string
  /** Where people look a transaction up: the hash takes the place of the braces. */
  readonly explorer: string
}

export interface EvmNetwork extends NetworkBasics {
  readonly family: 'evm'
  /** The EIP-155 chain id that a signature is bound to. */
  readonly chainId: number
  /** What transaction fees are paid in. */
  readonly coin: string
  /**
   * How many blocks must be on top of the one that holds a transaction before it counts. What is less deep may be gone after
   * a chain reorganisation.
   */
  readonly confirmations: number
}

/** Solana's own finality tells when a transaction counts. */
export interface SvmNetwork extends NetworkBasics {
  readonly family: 'svm'
}

/** A chain. */
export type Network = EvmNetwork | SvmNetwork

/**
 * No chain, but somebody who keeps accounts: what is bought there is billed later, to the account that a signature agent is
 * registered for. There is no balance to look at, and nothing that could be proved.
 */
export interface CreditNetwork {
  readonly family: 'credit'
  readonly id: NetworkId
  /** Who bills. */
  readonly name: string
  readonly realm: Realm
}

const evm = (
  chainId: number,
  name: string,
  realm: Realm,
  confirmations: number,
  coin: string,
  suggestedRpc: string,
  explorer: string,
): EvmNetwork => ({
  family: 'evm',
  id: `eip155:${chainId}`,
  chainId,
  name,
  realm,
  confirmations,
  coin,
  suggestedRpc,
  explorer: `${explorer}/tx/{}`,
})

const svm = (genesis: string, name: string, realm: Realm, cluster: string): SvmNetwork => ({
  family: 'svm',
  id: `solana:${genesis}`,
  name,
  realm,
  suggestedRpc: `https://api.${cluster}.solana.com`,
  explorer: `https://explorer.solana.com/tx/{}${realm === 'main' ? '' : `?cluster=${cluster}`}`,
})

/**
 * The networks Tuppence can pay on: every one that the x402 SDK has a stablecoin for. Anything else is shown by its id and
 * never paid.
 *
 * Their confirmations: one sequencer orders the blocks of Base (every 2 s) and Arbitrum (every 0.25 s), where a block has
 * hardly ever been taken back; a few seconds' worth on top of it is plenty. Polygon (2 s) is final within seconds on good days only,
 * and has been taken back by more than a few blocks. Ethereum (12 s) rarely loses one block, and hardly ever a second. On
 * Avalanche and others of instant finality an accepted block is final, and one more lets the servers of an RPC address catch up
 * with each other. Of the smaller ones we know too little to count on less than a few. Test money counts as soon as it is
 * seen: local chains make no block without a transaction, so that the last one would wait for ever.
 */
export const NETWORKS: readonly Network[] = [
  evm(8453, 'Base', 'main', 2, 'ETH', 'https://mainnet.base.org', 'https://basescan.org'),
  evm(84532, 'Base Sepolia', 'test', 0, 'ETH', 'https://sepolia.base.org', 'https://sepolia.basescan.org'),
  svm('5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', 'Solana', 'main', 'mainnet-beta'),
  svm('EtWTRABZaYq6iMfeYKouRu166VU2xqa1', 'Solana Devnet', 'test', 'devnet'),
  svm('4uhcVJyU9pJkvQyS88uRDiswHXSCkY3z', 'Solana Testnet', 'test', 'testnet'),
  evm(137, 'Polygon', 'main', 16, 'POL', 'https://polygon-rpc.com', 'https://polygonscan.com'),
  evm(42161, 'Arbitrum One', 'main', 8, 'ETH', 'https://arb1.arbitrum.io/rpc', 'https://arbiscan.io'),
  evm(43114, 'Avalanche', 'main', 1, 'AVAX', 'https://api.avax.network/ext/bc/C/rpc', 'https://snowtrace.io'),
  evm(1, 'Ethereum', 'main', 3, 'ETH', 'https://ethereum.reth.rs/rpc', 'https://etherscan.io'),
  evm(42220, 'Celo', 'main', 4, 'CELO', 'https://forno.celo.org', 'https://celoscan.io'),
  evm(143, 'Monad', 'main', 8, 'MON', 'https://rpc.monad.xyz', 'https://monadscan.com'),
  evm(1329, 'Sei', 'main', 2, 'SEI', 'https://evm-rpc.sei-apis.com', 'https://seiscan.io'),
  evm(14, 'Flare', 'main', 2, 'FLR', 'https://flare-api.flare.network/ext/C/rpc', 'https://flarescan.com'),
  evm(50, 'XDC', 'main', 6, 'XDC', 'https://rpc.xdcrpc.com', 'https://xdcscan.com'),
  evm(988, 'Stable', 'main', 4, 'USDT0', 'https://rpc.stable.xyz', 'https://stablescan.xyz'),
  evm(4326, 'MegaETH', 'main', 8, 'ETH', 'https://mainnet.megaeth.com/rpc', 'https://mega.etherscan.io'),
  evm(31612, 'Mezo', 'main', 4, 'BTC', 'https://rpc.mezo.org', 'https://explorer.mezo.org'),
  evm(723487, 'Radius', 'main', 8, 'RUSD', 'https://rpc.radiustech.xyz', 'https://network.radiustech.xyz'),
  evm(36900, 'ADI', 'main', 8, 'ADI', 'https://rpc.adifoundation.ai', 'https://explorer.adifoundation.ai'),
  evm(190415, 'HPP', 'main', 8, 'ETH', 'https://mainnet.hpp.io', 'https://explorer.hpp.io'),
  evm(38833, 'Igra', 'main', 8, 'iKAS', 'https://rpc.igralabs.com:8545', 'https://explorer.igralabs.com'),
  evm(
    421614,
    'Arbitrum Sepolia',
    'test',
    0,
    'ETH',
    'https://sepolia-rollup.arbitrum.io/rpc',
    'https://sepolia.arbiscan.io',
  ),
  evm(
    11142220,
    'Celo Sepolia',
    'test',
    0,
    'S-CELO',
    'https://forno.celo-sepolia.celo-testnet.org',
    'https://celo-sepolia.blockscout.com',
  ),
  evm(1328, 'Sei Testnet', 'test', 0, 'SEI', 'https://evm-rpc-testnet.sei-apis.com', 'https://testnet.seiscan.io'),
  evm(51, 'XDC Apothem', 'test', 0, 'TXDC', 'https://erpc.apothem.network', 'https://testnet.xdcscan.com'),
  evm(2201, 'Stable Testnet', 'test', 0, 'USDT0', 'https://rpc.testnet.stable.xyz', 'https://testnet.stablescan.xyz'),
  evm(31611, 'Mezo Testnet', 'test', 0, 'BTC', 'https://rpc.test.mezo.org', 'https://explorer.test.mezo.org'),
  evm(
    72344,
    'Radius Testnet',
    'test',
    0,
    'RUSD',
    'https://rpc.testnet.radiustech.xyz',
    'https://testnet.radiustech.xyz',
  ),
  evm(181228, 'HPP Sepolia', 'test', 0, 'ETH', 'https://testnet.hpp.io', 'https://sepolia-explorer.hpp.io'),
]

/** Cloudflare's deferred payments and its pay-per-crawl (x402, batch-settlement on `cloudflare:402`). */
export const CLOUDFLARE = {
  family: 'credit',
  id: 'cloudflare:402',
  name: 'Cloudflare',
  realm: 'main',
} as const satisfies CreditNetwork

const byId = new Map<string, Network>(NETWORKS.map((network) => [network.id, network]))

export const findNetwork = (id: string): Network | CreditNetwork | null =>
  byId.get(id) ?? (id === CLOUDFLARE.id ? CLOUDFLARE : null)

/** The same for chains alone. */
export const findChain = (id: string): Network | null => byId.get(id) ?? null

/** Whether what is bought there is billed later. */
export const isOnCredit = ({ network }: { readonly network: string }): boolean => network === CLOUDFLARE.id

/** Anything unknown counts as real money. */
export const realmOf = (network: string): Realm => findNetwork(network)?.realm ?? 'main'

/** The family that a network's id says it is of; null for all that Tuppence has no accounts for. */
export const familyOf = (network: string): Family | null => findChain(network)?.family ?? null

/** Every coin has so many decimals. */
const COIN_DECIMALS = 18
/** A fee is told to so many of them, rounded up. */
const TOLD_DECIMALS = 8

/** What a network takes for a transaction, for people: "0.00001234 ETH". Never looks smaller than it is. */
export function formatFee(fee: bigint, { coin }: EvmNetwork): string {
  const unit = 10n ** BigInt(COIN_DECIMALS - TOLD_DECIMALS)
  const digits = ((fee + unit - 1n) / unit).toString().padStart(TOLD_DECIMALS + 1, '0')
  const fraction = digits.slice(-TOLD_DECIMALS).replace(/0+$/, '')
  return `${digits.slice(0, -TOLD_DECIMALS)}${fraction && `.${fraction}`} ${coin}`
}

/** The address under which a transaction can be looked up. */
export const transactionUrl = ({ explorer }: Network, transaction: string): string =>
  explorer.replace('{}', transaction)
