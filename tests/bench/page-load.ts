import { type RunningServer, serve } from '../../playground/server.ts'
import { startBrowser } from './browser.ts'
import type { Tab } from './devtools.ts'
import { atMost, type Figure, round } from './figure.ts'
import type { Part } from './part.ts'
import { inTurns, median, ratioOf } from './statistics.ts'

const ROUNDS = 60
const BUDGET = 1.02
/** One transparent pixel. */
const IMAGE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const PAGES = {
  /** 140 images, 40 scripts and 20 style sheets. */
  'load.subresources': [
    ...times(20, (n) => `<link rel="stylesheet" href="/${n}.css">`),
    ...times(40, (n) => `<script src="/${n}.js"></script>`),
    ...times(140, (n) => `<img src="/${n}.gif" alt="">`),
  ].join('\n'),
  'load.frames': times(20, (n) => `<iframe src="/frame?${n}"></iframe>`).join('\n'),
}
type PageName = keyof typeof PAGES

/**
 * What a page's load, from navigation start to the end of its load event, costs more with the extension. Three browsers
 * take turns: with the extension, without it, and a second one without it, whose difference from the first is noise.
 */
export const pageLoad: Part = {
  names: Object.keys(PAGES),
  async measure({ extensionDir, wants }) {
    const site = await startSite()
    const browsers = await Promise.all([extensionDir, null, null].map((extension) => startBrowser(extension)))
    try {
      const [tuppence, bare, other] = await Promise.all(browsers.map((browser) => browser.openTab()))
      if (!tuppence || !bare || !other) throw new Error('A browser is missing.')
      const figures: Figure[] = []
      for (const name of (Object.keys(PAGES) as PageName[]).filter(wants))
        figures.push(await compare(name, { with: tuppence, without: bare, noise: other }, `${site.url}/${name}`))
      return figures
    } finally {
      await Promise.all(browsers.map((browser) => browser.stop()))
      await site.stop()
    }
  },
}

async function compare(name: PageName, pages: Record<'with' | 'without' | 'noise', Tab>, url: string) {
  const times = await inTurns(ROUNDS, {
    with: () => loadTime(pages.with, url),
    without: () => loadTime(pages.without, url),
    noise: () => loadTime(pages.noise, url),
  })
  const ratio = ratioOf(times.with, times.without)
  const noise = ratioOf(times.noise, times.without)
  return atMost(BUDGET, name, 'ratio', ratio.value, {
    '95 %': ratio.interval,
    noise: `${round(noise.value)} (${noise.interval})`,
    with: `${round(median(times.with))} ms`,
    without: `${round(median(times.without))} ms`,
    rounds: ROUNDS,
  })
}

async function loadTime(page: Tab, url: string): Promise<number> {
  await page.load(url)
  return page.call(() => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (!navigation) throw new Error('The page was not loaded.')
    return navigation.loadEventEnd
  })
}

function startSite(): Promise<RunningServer> {
  return serve('site.localhost', (request, response) => {
    const path = (request.url ?? '').slice(1)
    const [type, body] = contentOf(path)
    // Nothing may come from a cache: every load is a first one.
    response.setHeader('Cache-Control', 'no-store').setHeader('Content-Type', type).end(body)
  })
}

function contentOf(path: string): readonly [type: string, body: string | Buffer] {
  if (path in PAGES) return ['text/html', `<!doctype html><title>A page</title>${PAGES[path as PageName]}`]
  if (path.startsWith('frame')) return ['text/html', '<!doctype html><title>A frame</title><p>In a frame</p>']
  if (path.endsWith('.gif')) return ['image/gif', IMAGE]
  if (path.endsWith('.js')) return ['text/javascript', 'window.loaded = (window.loaded ?? 0) + 1']
  if (path.endsWith('.css')) return ['text/css', `.c${path.replace('.', '-')} { color: teal }`]
  return ['text/plain', '']
}

function times(count: number, of: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => of(n))
}
