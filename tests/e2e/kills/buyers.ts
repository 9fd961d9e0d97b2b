import type { Tuppence } from '../../../playground/driver/tuppence.ts'
import { until } from '../../../playground/driver/until.ts'
import type { Page } from '../fixtures.ts'
import { payingFetch } from './fixtures.ts'

/** What becomes of a request that is made. */
type Outcome = 'content' | 'refused' | 'asked'

/** One of the ways to buy an essay. */
export interface Buyer {
  /** Opens a tab to buy in. */
  open(tuppence: Tuppence, site: string): Promise<Page>
  /** Asks for the essay, and waits for nothing. */
  begin(page: Page, url: string): void
  /** Asks once more, as a person or page would; waits for what becomes of it. */
  again(tuppence: Tuppence, page: Page, url: string): Promise<Outcome>
}

/** The page's own request, through the page API. */
export const aPageRequest: Buyer = {
  open: (tuppence, site) => tuppence.open(site),
  begin(page, url) {
    void payingFetch(page, url)
  },
  async again(tuppence, page, url) {
    let status: number | undefined
    void payingFetch(page, url).then((answered) => {
      status = answered
    })
    return outcome(async () => {
      if (status !== undefined) return status === 200 ? 'content' : 'refused'
      return (await isAsked(tuppence, url)) ? 'asked' : null
    })
  },
}

/** The page itself. */
export const aPage: Buyer = {
  open: (tuppence) => tuppence.context.newPage(),
  begin(page, url) {
    // The extension loads it again while it loads.
    void page.goto(url).catch(() => undefined)
  },
  async again(tuppence, page, url) {
    await tuppence.reload(page)
    return outcome(async () => {
      if (await page.getByText('The essay').isVisible()) return 'content'
      if (await isAsked(tuppence, url)) return 'asked'
      const { state, reasons } = await tuppence.tabState(page)
      // Without a reason it is what became of the first request.
      return state === 'not_paid' && reasons.length > 0 ? 'refused' : null
    })
  },
}

const isAsked = async (tuppence: Tuppence, url: string): Promise<boolean> =>
  (await tuppence.pendingApprovals()).some((approval) => approval.url === url)

async function outcome(read: () => Promise<Outcome | null>): Promise<Outcome> {
  const found = await until(read, (outcome) => outcome !== null, 'Nothing became of the second request')
  return found ?? 'refused'
}
