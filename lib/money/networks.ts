/** A network in CAIP-2 form, for example `eip155:8453`. */
export type NetworkId = `${string}:${string}`

/** Real money and play money never share a total. */
export type Realm = 'main' | 'test'

export interface Network {
  readonly id: NetworkId
  readonly name: string
  readonly realm: Realm
  /** The EIP-155 chain id that a signature is bound to. */
  readonly chainId: number
  /** A public RPC of the network's own operator, offered in Settings. Nothing calls it before the user chose it. */
  readonly suggestedRpc: string
  /** Where people look a transaction up: the hash is appended. */
  readonly explorer: string
}

const evm = (chainId: number, name: string, realm: Realm, suggestedRpc: string, explorer: string): Network => ({
  id: `eip155:${chainId}`,
  chainId,
  name,
  realm,
  suggestedRpc,
  explorer: `${explorer}/tx/`,
})

/** The networks Tuppence can pay on. Anything else is shown by its id and never paid. */
export const NETWORKS: readonly Network[] = [
  evm(8453, 'Base', 'main', 'https://mainnet.base.org', 'https://basescan.org'),
  evm(84532, 'Base Sepolia', 'test', 'https://sepolia.base.org', 'https://sepolia.basescan.org'),
  evm(137, 'Polygon', 'main', 'https://polygon-rpc.com', 'https://polygonscan.com'),
  evm(42161, 'Arbitrum One', 'main', 'https://arb1.arbitrum.io/rpc', 'https://arbiscan.io'),
  evm(43114, 'Avalanche', 'main', 'https://api.avax.network/ext/bc/C/rpc', 'https://snowtrace.io'),
]

const byId = new Map<string, Network>(NETWORKS.map((network) => [network.id, network]))

export const findNetwork = (id: string): Network | null => byId.get(id) ?? null

/** Anything unknown counts as real money. */
export const realmOf = (network: string): Realm => findNetwork(network)?.realm ?? 'main'
