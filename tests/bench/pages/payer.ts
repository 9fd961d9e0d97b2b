import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'

type Fetch = (url: string) => Promise<Response>

/** What so many paid fetches at once took in all, and how many of them were paid for. */
export interface Shopping {
  readonly ms: number
  readonly paid: number
}

declare global {
  interface Window {
    /**
     * Makes so many paid fetches at once, each of another URL, and gives the milliseconds until all answers were read, and
     * how many were paid for. Through the extension, or with `@x402/fetch` when there is a private key for it.
     */
    payFor(count: number, privateKey: `0x${string}` | null): Promise<Shopping>
  }
}

let x402Fetch: Fetch | undefined

window.payFor = async (count, privateKey) => {
  if (privateKey) x402Fetch ??= builtIn(privateKey)
  const fetchPaid = privateKey && x402Fetch ? x402Fetch : throughExtension
  const urls = Array.from({ length: count }, () => `/answer?${crypto.randomUUID()}`)
  const start = performance.now()
  const statuses = await Promise.all(
    urls.map(async (url) => {
      const response = await fetchPaid(url)
      await response.text()
      return response.status
    }),
  )
  return { ms: performance.now() - start, paid: statuses.filter((status) => status === 200).length }
}

const throughExtension: Fetch = (url) =>
  (window as unknown as { x402Provider: { fetch: Fetch } }).x402Provider.fetch(url)

const builtIn = (privateKey: `0x${string}`): Fetch =>
  wrapFetchWithPayment(
    (input, init) => fetch(input, init),
    new x402Client().register('eip155:*', new ExactEvmScheme(privateKeyToAccount(privateKey))),
  )
