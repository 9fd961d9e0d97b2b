import { serve } from '../../playground/server.ts'
import { startBrowser } from './browser.ts'
import { bundle } from './bundle.ts'
import type { Tab } from './devtools.ts'
import { Extension } from './extension.ts'
import { atMost, type Figure, round } from './figure.ts'
import { addRows } from './ledger-rows.ts'
import type { Books } from './pages/books.ts'
import type { Bench, Part } from './part.ts'
import { openShopper } from './shopper.ts'
import { median, quantile } from './statistics.ts'
import { PRICE, startToll } from './toll.ts'

declare global {
  interface Window {
    books: Books
  }
}

const ROWS = 100_000
const DECISIONS = 500
const RUSH = 1_000
/** In micro-dollars: room for 400 of the thousand. */
const CAP = 400n * PRICE

/**
 * The ledger's promises about time and money. `ledger.decide` is the extension's own ledger and rules, bundled for a plain
 * page of a real browser: the same IndexedDB without messages in between. `ledger.cap` is a page that makes a thousand paid
 * fetches at once through the extension: what the facilitator settled, of the day's limit.
 */
export const books: Part = {
  names: ['ledger.decide', 'ledger.cap'],
  async measure(bench) {
    const script = await bundle('books')
    const site = await serve('books.localhost', (request, response) => {
      if (request.url === '/books.js') response.setHeader('Content-Type', 'text/javascript').end(script)
      else response.setHeader('Content-Type', 'text/html').end('<!doctype html><script src="/books.js"></script>')
    })
    const bare = await startBrowser(null)
    try {
      const openBooks = async () => {
        const page = await bare.openTab()
        await page.load(site.url)
        await page.call(() => window.books.open())
        return page
      }
      const figures: Figure[] = []
      if (bench.wants('ledger.cap')) figures.push(await cap(bench, await openBooks()))
      if (bench.wants('ledger.decide')) figures.push(await decide(await openBooks()))
      return figures
    } finally {
      await bare.stop()
      await site.stop()
    }
  },
}

async function decide(page: Tab): Promise<Figure> {
  await page.call((times) => window.books.decideAndReserve(times), 20)
  const empty = await page.call((times) => window.books.decideAndReserve(times), DECISIONS)
  await addRows(page, ROWS)
  const full = await page.call((times) => window.books.decideAndReserve(times), DECISIONS)
  return atMost(3, 'ledger.decide', 'ms p99', quantile(full, 0.99), {
    median: `${round(median(full))} ms`,
    'p99 with no rows': `${round(quantile(empty, 0.99))} ms`,
    'median with no rows': `${round(median(empty))} ms`,
    rows: ROWS,
    decisions: DECISIONS,
  })
}

async function cap({ extensionDir }: Bench, page: Tab): Promise<Figure> {
  const inProcess = await page.call((times, cap) => window.books.rush(times, BigInt(cap)), RUSH, CAP.toString())
  const toll = await startToll(await bundle('payer'))
  const browser = await startBrowser(extensionDir)
  try {
    const extension = await Extension.in(browser)
    await extension.openWallet(toll.chain.rpcUrl)
    await extension.autoPay(CAP)
    const shop = await openShopper(browser, toll, null)
    const { ms, paid } = await shop(RUSH)
    const spent = Number(toll.chain.settled()) / Number(CAP)
    return {
      ...atMost(1, 'ledger.cap', 'of cap', spent, {
        'answers paid': paid,
        'ledger alone': inProcess.spent,
        payments: RUSH,
        took: `${round(ms / 1000)} s`,
      }),
      ok: spent === 1 && inProcess.spent === 1,
    }
  } finally {
    await browser.stop()
    await toll.stop()
  }
}
