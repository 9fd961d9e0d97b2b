import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from './browser.ts'
import type { Shopping } from './pages/payer.ts'
import type { Toll } from './toll.ts'

/** Makes so many paid fetches at once. */
export type Shopper = (count: number) => Promise<Shopping>

/** Opens the toll's page, which pays through the extension, or by `@x402/fetch` when it is given a private key. */
export async function openShopper(
  { openTab }: Browser,
  toll: Toll,
  privateKey: `0x${string}` | null,
): Promise<Shopper> {
  const page = await openTab()
  await page.load(toll.url)
  return async (count) => page.call((count, key) => window.payFor(count, key), count, privateKey)
}

/** A shopper's time for so many answers, all of them paid, after what it left behind last time has quietened down. */
export const timeOf = (shop: Shopper, count: number) => async (): Promise<number> => {
  await sleep(100 + 10 * count)
  const { ms, paid } = await shop(count)
  if (paid !== count) throw new Error(`Only ${paid} of ${count} answers were paid for.`)
  return ms
}
