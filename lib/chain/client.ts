import { type Client, createClient, http, type Transport } from 'viem'
import { getChainId } from 'viem/actions'
import { getRpcUrl } from '@/lib/settings/networks'

const TIMEOUT_MS = 4_000

/**
 * A reader of a network's chain through the address that the user chose; null when none was chosen. One that remembers asks
 * every question once: it is for a short while, and for what no longer changes.
 */
export async function chainClient(network: string, { remembers = false } = {}): Promise<Client | null> {
  const rpcUrl = await getRpcUrl(network)
  if (rpcUrl === null) return null
  const transport = transportTo(rpcUrl)
  return createClient({ transport: remembers ? remembering(transport) : transport })
}

/** The network behind an address, in CAIP-2. Rejects when nothing answers there. */
export const evmNetworkAt = async (rpcUrl: string): Promise<string> =>
  `eip155:${await getChainId(createClient({ transport: transportTo(rpcUrl) }))}`

/** Nothing is tried again, and nobody waited for longer than a moment. */
export const transportTo = (rpcUrl: string): Transport => http(rpcUrl, { timeout: TIMEOUT_MS, retryCount: 0 })

function remembering(transport: Transport): Transport {
  return (options) => {
    const { request, ...others } = transport(options)
    const answers = new Map<string, Promise<unknown>>()
    const ask = (question: Parameters<typeof request>[0]) => {
      const key = JSON.stringify(question)
      const answer = answers.get(key) ?? request(question)
      answers.set(key, answer)
      return answer
    }
    return { ...others, request: ask as typeof request }
  }
}
