import { type Client, createClient, http } from 'viem'
import { getChainId } from 'viem/actions'
import { getRpcUrl } from '@/lib/settings/networks'

const TIMEOUT_MS = 4_000

/** A reader of a network's chain through the address that the user chose; null when none was chosen. */
export async function chainClient(network: string): Promise<Client | null> {
  const rpcUrl = await getRpcUrl(network)
  return rpcUrl === null ? null : readerAt(rpcUrl)
}

/** The id of the chain behind an address. Throws when nothing answers there. */
export const chainIdAt = (rpcUrl: string): Promise<number> => getChainId(readerAt(rpcUrl))

const readerAt = (rpcUrl: string): Client =>
  createClient({ transport: http(rpcUrl, { timeout: TIMEOUT_MS, retryCount: 0 }) })
