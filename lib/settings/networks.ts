import { storage } from 'wxt/utils/storage'
import { TuppenceError } from '@/lib/errors'
import { findNetwork, NETWORKS, type NetworkId } from '@/lib/money/networks'
import { isLoopback } from '@/lib/policy/hosts'
import { createQueue } from '@/lib/queue'

/** RPC addresses by network. Empty until the user chose one: Tuppence contacts nobody by itself. */
const stored = storage.defineItem<Readonly<Record<string, string>>>('local:rpcUrls', { fallback: {}, version: 1 })

export interface NetworkSetting {
  readonly id: NetworkId
  readonly rpcUrl: string | null
}

export async function getNetworks(): Promise<NetworkSetting[]> {
  const urls = await stored.getValue()
  return NETWORKS.map(({ id }) => ({ id, rpcUrl: urls[id] ?? null }))
}

export const getRpcUrl = async (network: string): Promise<string | null> => (await stored.getValue())[network] ?? null

/** Throws `invalid_rpc_url` for anything that is not https, or http on this computer. */
export async function setRpcUrl(network: string, rpcUrl: string | null): Promise<void> {
  if (!findNetwork(network) || (rpcUrl !== null && !isUsableRpc(rpcUrl))) throw new TuppenceError('invalid_rpc_url')
  await inOrder(async () => {
    const { [network]: _, ...others } = await stored.getValue()
    await stored.setValue(rpcUrl === null ? others : { ...others, [network]: rpcUrl })
  })
}

const inOrder = createQueue()

/** Https, or http on this computer. */
export function isUsableRpc(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
}
