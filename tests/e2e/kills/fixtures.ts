import type { Tuppence } from '../../../playground/driver/tuppence.ts'
import { test as base, type Page } from '../fixtures.ts'
import { Audit } from './audit.ts'
import { Background } from './background.ts'
import { Stand } from './stand.ts'

interface Fixtures {
  readonly stand: Stand
  /** The stand's origin. */
  readonly site: string
  readonly audit: Audit
  readonly background: Background
}

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  stand: async ({}, use) => use(new Stand()),
  site: async ({ openStall, stand }, use) => {
    const { routes } = stand
    const { url } = await openStall({ host: 'kills.localhost', routes, free: (app) => stand.free(app) })
    await use(url)
  },
  audit: async ({ playground, account, stand }, use) => use(new Audit(playground, account.address, stand)),
  background: async ({ tuppence }, use) => use(await Background.of(tuppence)),
})

/** The page asks through the page API. Gives the status; 0 when there is none, or the page is gone. */
export const payingFetch = (page: Page, url: string): Promise<number> =>
  page.evaluate((url) => window.x402Provider.fetch(url).then(({ status }) => status), url).catch(() => 0)

/** The states of an essay's rows, oldest first. */
export async function statesOf(tuppence: Tuppence, url: string): Promise<string[]> {
  const payments = await tuppence.payments()
  return payments
    .filter((payment) => payment.url === url)
    .map(({ state }) => state)
    .reverse()
}
