import { AbiDecodingZeroDataError, BaseError, type Client, erc20Abi, type Hex } from 'viem'
import { multicall, readContract } from 'viem/actions'
import { ASSETS, type Asset } from '@/lib/money/assets'
import { type Family, NETWORKS, type NetworkId } from '@/lib/money/networks'
import { chainClient } from './client'
import { readSolanaBalances } from './solana-balances'

export interface Balance {
  readonly asset: Asset
  /** Atomic units; null when they are unknown. */
  readonly units: bigint | null
  readonly status: 'known' | 'no_rpc' | 'unreachable'
  /** Unix milliseconds; null when nothing was read. */
  readonly readAt: number | null
}

/** The account whose money it is, by family; null where there is none. */
export type Owners = (family: Family) => string | null

const FRESH_FOR_MS = 15_000
/** Where Multicall3 is, on nearly every network. */
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11'

/** What the chain says an account owns. Remembered, so that paying does not wait for it. */
export class Balances {
  readonly #known = new Map<
    string,
    { readonly balance: Balance; readonly askedAt: number; readonly question: number }
  >()
  /** How often somebody was asked; and of these questions, the last one before all was forgotten. */
  #questions = 0
  #forgotten = 0

  /** Every pinned token, or those of one network. Networks without an address to ask are not asked. */
  async all(owners: Owners, fresh: boolean, network?: string): Promise<Balance[]> {
    const networks = NETWORKS.filter(({ id }) => network === undefined || id === network)
    const lists = await Promise.all(
      networks.map(({ id, family }) => {
        const owner = owners(family)
        return owner === null ? [] : this.#on(id, owner, fresh)
      }),
    )
    return lists.flat()
  }

  /** What is remembered, read anew in the background when it is old. Never throws: trouble is a status. */
  async get(owner: string, asset: Asset): Promise<Balance> {
    const known = this.#known.get(keyOf(owner, asset))
    if (!known) return this.read(owner, asset)
    if (Date.now() - known.askedAt > FRESH_FOR_MS) void this.#read(owner, [asset])
    return known.balance
  }

  /** What is remembered; null when nothing is. Nobody is asked. */
  remembered(owner: string, asset: Asset): bigint | null {
    return this.#known.get(keyOf(owner, asset))?.balance.units ?? null
  }

  /** Asks the chain now. */
  async read(owner: string, asset: Asset): Promise<Balance> {
    const [balance] = await this.#read(owner, [asset])
    return balance ?? { asset, units: null, status: 'no_rpc', readAt: null }
  }

  /** For when another address answers for a network. */
  forget(): void {
    this.#known.clear()
    this.#forgotten = this.#questions
  }

  /** All tokens of a network, by one question. What is remembered and old is read anew in the background. */
  async #on(network: NetworkId, owner: string, fresh: boolean): Promise<Balance[]> {
    const assets = ASSETS.filter((asset) => asset.network === network)
    const known = assets.flatMap((asset) => this.#known.get(keyOf(owner, asset)) ?? [])
    if (fresh || known.length < assets.length) return this.#read(owner, assets)
    if (known.some(({ askedAt }) => Date.now() - askedAt > FRESH_FOR_MS)) void this.#read(owner, assets)
    return known.map(({ balance }) => balance)
  }

  async #read(owner: string, assets: readonly Asset[]): Promise<Balance[]> {
    this.#questions += 1
    const question = this.#questions
    const balances = await readBalances(owner, assets)
    for (const balance of balances) {
      const key = keyOf(owner, balance.asset)
      // An answer that took its time may show money that a later one has shown to be gone.
      if (question < (this.#known.get(key)?.question ?? 0) || question <= this.#forgotten) continue
      this.#known.set(key, { balance, askedAt: Date.now(), question })
    }
    return balances
  }
}

const keyOf = (owner: string, asset: Asset): string => `${owner}/${asset.network}/${asset.address}`

/** Tokens of one network. Whatever the reason that one cannot be read, the honest answer is that it is unknown. */
async function readBalances(owner: string, assets: readonly Asset[]): Promise<Balance[]> {
  const units = await unitsOf(owner, assets).catch(() => assets.map(() => null))
  if (!units) return assets.map((asset) => ({ asset, units: null, status: 'no_rpc', readAt: null }))
  return assets.map((asset, index) => {
    const known = units[index] ?? null
    return known === null
      ? { asset, units: null, status: 'unreachable', readAt: null }
      : { asset, units: known, status: 'known', readAt: Date.now() }
  })
}

/** Null when no server was chosen for the network. */
async function unitsOf(owner: string, assets: readonly Asset[]): Promise<(bigint | null)[] | null> {
  const onSolana = assets.filter((asset) => asset.family === 'svm')
  if (onSolana.length > 0) return readSolanaBalances(owner, onSolana)
  const client = await chainClient(assets[0]?.network ?? '')
  return client && balancesOf(client, owner as Hex, assets)
}

/** In one call; one by one where the network has no Multicall3. Null for what could not be read, whatever the reason. */
async function balancesOf(client: Client, owner: Hex, assets: readonly Asset[]): Promise<(bigint | null)[]> {
  const calls = assets.map(
    ({ address }) => ({ address: address as Hex, abi: erc20Abi, functionName: 'balanceOf', args: [owner] }) as const,
  )
  const results = await multicall(client, { contracts: calls, multicallAddress: MULTICALL3 })
  if (results.every(({ error }) => error instanceof BaseError && isNoContract(error)))
    return Promise.all(calls.map((call) => readContract(client, call).catch(() => null)))
  return results.map(({ result }) => result ?? null)
}

/** An address without a contract answers with nothing at all. */
const isNoContract = (error: BaseError): boolean =>
  error.walk((cause) => cause instanceof AbiDecodingZeroDataError) instanceof AbiDecodingZeroDataError
