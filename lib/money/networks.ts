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
  /**
   * How many blocks must be on top of the one that holds a transaction before it counts. What is less deep may be gone after
   * a chain reorganisation.
   */
  readonly confirmations: number
  /** A public RPC of the network's own operator, offered in Settings. Nothing calls it before the user chose it. */
  readonly suggestedRpc: string
  /** Where people look a transaction up: the hash is appended. */
  readonly explorer: string
}

const evm = (
  chainId: number,
  name: string,
  realm: Realm,
  confirmations: number,
  suggestedRpc: string,
  explorer: string,
): Network => ({
  id: `eip155:${chainId}`,
  chainId,
  name,
  realm,
  confirmations,
  suggestedRpc,
  explorer: `${explorer}/tx/`,
})

/**
 * The networks Tuppence can pay on. Anything else is shown by its id and never paid.
 *
 * Their confirmations: one sequencer orders the blocks of Base (every 2 s) and Arbitrum (every 0.25 s), where a block has
 * hardly ever been taken back; a few seconds' worth on top of it is plenty. Polygon (2 s) is final within seconds on good days only,
 * and has been taken back by more than a few blocks. On Avalanche an accepted block is final, and one more lets the servers
 * of an RPC address catch up with each other. Test money counts as soon as it is seen: local chains make no block without a
 * transaction, so that the last one would wait for ever.
 */
export const NETWORKS: readonly Network[] = [
  evm(8453, 'Base', 'main', 2, 'https://mainnet.base.org', 'https://basescan.org'),
  evm(84532, 'Base Sepolia', 'test', 0, 'https://sepolia.base.org', 'https://sepolia.basescan.org'),
  evm(137, 'Polygon', 'main', 16, 'https://polygon-rpc.com', 'https://polygonscan.com'),
  evm(42161, 'Arbitrum One', 'main', 8, 'https://arb1.arbitrum.io/rpc', 'https://arbiscan.io'),
  evm(43114, 'Avalanche', 'main', 1, 'https://api.avax.network/ext/bc/C/rpc', 'https://snowtrace.io'),
]

const byId = new Map<string, Network>(NETWORKS.map((network) => [network.id, network]))

export const findNetwork = (id: string): Network | null => byId.get(id) ?? null

/** Anything unknown counts as real money. */
export const realmOf = (network: string): Realm => findNetwork(network)?.realm ?? 'main'
