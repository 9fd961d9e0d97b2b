import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { type RunningServer, serve } from '../../playground/server.ts'
import { type Browser, startBrowser } from './browser.ts'
import type { Tab } from './devtools.ts'
import { atMost, type Figure, round } from './figure.ts'
import type { Part } from './part.ts'
import { inTurns, median, type Ratio, ratioOf } from './statistics.ts'

/** One browser is a little faster than the next for as long as it lives, so that each kind is started several times. */
const GENERATIONS = 4
const ROUNDS_EACH = 15
const BUDGET = 1.02
/** One transparent pixel. */
const IMAGE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const permissionsSchema = z.object({ permissions: z.array(z.string()), host_permissions: z.array(z.string()) })

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
 * What a page's load, from navigation start to the end of its load event, costs more with the extension. Four browsers take
 * turns: with the extension, without it, a second one without it, whose difference from the first is noise, and one with an
 * extension that has the same permissions and does nothing. Chromium leads every request through another process as soon
 * as any extension may look at requests (its `WebRequestAPI::MayHaveProxies`): that share of the cost is the permission's.
 */
export const pageLoad: Part = {
  names: Object.keys(PAGES),
  async measure({ extensionDir, wants }) {
    const site = await startSite()
    const idleDir = makeIdleExtension(extensionDir)
    const names = (Object.keys(PAGES) as PageName[]).filter(wants)
    const times = new Map(names.map((name) => [name, noTimes()]))
    try {
      for (let generation = 0; generation < GENERATIONS; generation++)
        await withBrowsers({ with: extensionDir, without: null, noise: null, idle: idleDir }, async (tabs) => {
          for (const [name, all] of times) {
            const more = await loadInTurns(tabs, `${site.url}/${name}`)
            for (const kind of KINDS) all[kind].push(...more[kind])
          }
        })
    } finally {
      rmSync(idleDir, { recursive: true, force: true })
      await site.stop()
    }
    return [...times].map(([name, all]) => figureOf(name, all))
  },
}

const KINDS = ['with', 'without', 'noise', 'idle'] as const
type Kind = (typeof KINDS)[number]
type Times = Record<Kind, number[]>

const noTimes = (): Times => ({ with: [], without: [], noise: [], idle: [] })

/** Starts one browser of each kind for as long as `use` takes, each with the extension of a folder or with none. */
async function withBrowsers(
  extensions: Readonly<Record<Kind, string | null>>,
  use: (tabs: Readonly<Record<Kind, Tab>>) => Promise<void>,
): Promise<void> {
  const started: Browser[] = []
  const openTab = async (kind: Kind) => {
    const browser = await startBrowser(extensions[kind])
    started.push(browser)
    return browser.openTab()
  }
  try {
    await use({
      with: await openTab('with'),
      without: await openTab('without'),
      noise: await openTab('noise'),
      idle: await openTab('idle'),
    })
  } finally {
    await Promise.all(started.map((browser) => browser.stop()))
  }
}

function loadInTurns(tabs: Readonly<Record<Kind, Tab>>, url: string): Promise<Times> {
  return inTurns(
    ROUNDS_EACH,
    {
      with: () => loadTime(tabs.with, url),
      without: () => loadTime(tabs.without, url),
      noise: () => loadTime(tabs.noise, url),
      idle: () => loadTime(tabs.idle, url),
    },
    2,
  )
}

function figureOf(name: PageName, times: Times): Figure {
  const shown = ({ value, interval }: Ratio) => `${round(value)} (${interval})`
  const ratio = ratioOf(times.with, times.without)
  return atMost(BUDGET, name, 'ratio', ratio.value, {
    '95 %': ratio.interval,
    noise: shown(ratioOf(times.noise, times.without)),
    'permissions alone': shown(ratioOf(times.idle, times.without)),
    'beyond permissions': shown(ratioOf(times.with, times.idle)),
    with: `${round(median(times.with))} ms`,
    without: `${round(median(times.without))} ms`,
    rounds: times.with.length,
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

/** An extension with the permissions of the real one, of which it makes no use. Gives its folder. */
function makeIdleExtension(extensionDir: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'tuppence-bench-'))
  const manifest: unknown = JSON.parse(readFileSync(join(extensionDir, 'manifest.json'), 'utf8'))
  const { permissions, host_permissions } = permissionsSchema.parse(manifest)
  const files = {
    'manifest.json': JSON.stringify({
      manifest_version: 3,
      name: 'Idle',
      version: '1',
      permissions,
      host_permissions,
      background: { service_worker: 'background.js' },
    }),
    'background.js': "chrome.runtime.onInstalled.addListener(() => chrome.tabs.create({ url: '/welcome.html' }))",
    'welcome.html': '<!doctype html>',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  return dir
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
