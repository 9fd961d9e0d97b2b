import { until } from '../../playground/driver/until.ts'
import { type Browser, startBrowser } from './browser.ts'
import { bundle } from './bundle.ts'
import { Extension } from './extension.ts'
import { atMost, type Figure, round } from './figure.ts'
import { addRows } from './ledger-rows.ts'
import type { Part } from './part.ts'
import { openShopper, type Shopper } from './shopper.ts'
import { inTurns, median, quantile } from './statistics.ts'
import { startToll } from './toll.ts'

const RUNS = 20
const SIZE = { width: 400, height: 600, deviceScaleFactor: 1, mobile: false }

/** When a page first showed anything, and when it no longer waited for the background. In ms from the navigation. */
interface Times {
  readonly paint: number
  readonly content: number
}

/**
 * First contentful paint of the screens, each opened in a new tab, with a running background, an unlocked wallet and a
 * payment that waits; then again with 10,000 payments in the ledger. A file of the extension that has no script says, in the
 * same turns, what any page of an extension takes.
 */
export const paint: Part = {
  names: ['paint.popup', 'paint.approval', 'paint.popup.10k', 'paint.approval.10k'],
  async measure({ extensionDir, wants }) {
    const toll = await startToll(await bundle('payer'))
    const browser = await startBrowser(extensionDir)
    try {
      const extension = await Extension.in(browser)
      await extension.openWallet(toll.chain.rpcUrl)
      await askForApproval(extension, await openShopper(browser, toll, null))
      const figures: Figure[] = []
      if (wants('paint.popup') || wants('paint.approval')) figures.push(...(await screens(browser, '', 76)))
      if (wants('paint.popup.10k') || wants('paint.approval.10k')) {
        await addRows(extension.own, 10_000)
        figures.push(...(await screens(browser, '.10k', 100)))
      }
      return figures
    } finally {
      await browser.stop()
      await toll.stop()
    }
  },
}
/** Nothing is paid unasked in a new profile: the fetch waits until the end. */
async function askForApproval(extension: Extension, shop: Shopper): Promise<void> {
  shop(1).catch(() => undefined)
  await until(
    () => extension.ask('approvals.list'),
    (approvals) => approvals.length === 1,
    'No payment asked to be approved',
  )
}

async function screens(browser: Browser, suffix: string, budget: number): Promise<Figure[]> {
  const contents: Record<'popup' | 'approval', number[]> = { popup: [], approval: [] }
  const opening = async (name: keyof typeof contents) => {
    const { paint, content } = await open(browser, `${name}.html`)
    contents[name].push(content)
    return paint
  }
  const { plain, ...paints } = await inTurns(RUNS, {
    popup: () => opening('popup'),
    approval: () => opening('approval'),
    plain: async () => (await open(browser, 'manifest.json')).paint,
  })
  return (['popup', 'approval'] as const).map((name) =>
    atMost(budget, `paint.${name}${suffix}`, 'ms', median(paints[name]), {
      p90: `${round(quantile(paints[name], 0.9))} ms`,
      'plain page': `${round(median(plain))} ms`,
      'all content': `${round(median(contents[name]))} ms`,
      runs: RUNS,
    }),
  )
}

async function open({ origin, openTab }: Browser, path: string): Promise<Times> {
  const tab = await openTab()
  await tab.send('Page.enable')
  await tab.send('Emulation.setDeviceMetricsOverride', SIZE)
  await tab.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${noteContent})()` })
  await tab.load(`${origin}/${path}`)
  const times = await tab.call(readTimes, path.endsWith('.html'))
  await tab.close()
  return times
}

/** Runs in the page before anything else: notes when a heading is there and nothing is loading any more. */
function noteContent(): void {
  new MutationObserver((_, observer) => {
    const root = document.getElementById('root')
    if (!root?.querySelector('h1') || root.textContent.includes('Loading…')) return
    performance.mark('content')
    observer.disconnect()
  }).observe(document, { childList: true, subtree: true, characterData: true })
}

/** Runs in the page: waits for both times. */
function readTimes(hasContent: boolean): Promise<Times> {
  return new Promise((resolve) => {
    const look = () => {
      const [paint] = performance.getEntriesByName('first-contentful-paint')
      const [content] = performance.getEntriesByName('content')
      if (paint && (content || !hasContent)) resolve({ paint: paint.startTime, content: content?.startTime ?? 0 })
      else setTimeout(look, 10)
    }
    look()
  })
}
