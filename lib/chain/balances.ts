import { erc20Abi, type Hex } from 'viem'
import { readContract } from 'viem/actions'
import { ASSETS, type Asset } from '@/lib/money/assets'
import { chainClient } from './client'

export interface Balance {
  readonly asset: Asset
  /** Atomic units; null when they are unknown. */
  readonly units: bigint | null
  readonly status: 'known' | 'no_rpc' | 'unreachable'
  /** Unix milliseconds; null when nothing was read. */
  readonly readAt: number | null
}

const FRESH_FOR_MS = 15_000

/** What the chain says an account owns. Remembered, so that paying does not wait for it. */
export class Balances {
  readonly #known = new Map<string, { readonly balance: Balance; readonly askedAt: number }>()

  /** Every pinned token. */
  all(owner: Hex, fresh: boolean): Promise<Balance[]> {
    return Promise.all(ASSETS.map((asset) => (fresh ? this.read(owner, asset) : this.get(owner, asset))))
  }

  /** What is remembered, read anew in the background when it is old. Never throws: trouble is a status. */
  async get(owner: Hex, asset: Asset): Promise<Balance> {
    const known = this.#known.get(keyOf(owner, asset))
    if (!known) return this.read(owner, asset)
    if (Date.now() - known.askedAt > FRESH_FOR_MS) void this.read(owner, asset)
    return known.balance
  }

  /** Asks the chain now. */
  async read(owner: Hex, asset: Asset): Promise<Balance> {
    const balance = await readBalance(owner, asset)
    this.#known.set(keyOf(owner, asset), { balance, askedAt: Date.now() })
    return balance
  }

  /** For when another address answers for a network. */
  forget(): void {
    this.#known.clear()
  }
}

const keyOf = (owner: Hex, asset: Asset): string => `${owner}/${asset.network}/${asset.address}`

async function readBalance(owner: Hex, asset: Asset): Promise<Balance> {
  const client = await chainClient(asset.network)
  if (!client) return { asset, units: null, status: 'no_rpc', readAt: null }
  try {
    const units = await readContract(client, {
      address: asset.address,
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [owner],
    })
    return { asset, units, status: 'known', readAt: Date.now() }
  } catch {
    // Whatever the reason (no network, a server's error, not a token there), the honest answer is that it is unknown.
    return { asset, units: null, status: 'unreachable', readAt: null }
  }
}
