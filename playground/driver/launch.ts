import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Worker } from '@playwright/test'
import { ensureChromium } from './chromium.ts'
import { TAB_SIZE, Tuppence } from './tuppence.ts'
import { until } from './until.ts'

/** As much of the browser's extension API as is used in the extension's worker. */
declare const chrome: { runtime: { getManifest(): { name: string } } }

export interface LaunchOptions {
  /** Without a window. */
  readonly headless: boolean
  /** The built extension. */
  readonly extensionDir: string
  /** Other extensions to load beside it. */
  readonly others?: readonly string[]
  /** Where the profile is kept; by default it is a new one, thrown away at the end. */
  readonly userDataDir?: string
  /** Hosts that may be reached besides this computer's own. */
  readonly hosts?: readonly string[]
}

/**
 * Starts Chromium with the extension loaded. Nothing but loopback can be reached, unless `hosts` names it.
 * @throws Error when there is no Chromium, or the extension does not start in it
 */
export async function launch({
  headless,
  extensionDir,
  others = [],
  userDataDir = '',
  hosts = [],
}: LaunchOptions): Promise<Tuppence> {
  const reachable = ['localhost', '*.localhost', '127.0.0.1', '[::1]', ...hosts]
  const extensions = [extensionDir, ...others].join(',')
  const isNew = userDataDir === '' || !existsSync(join(userDataDir, 'Default'))
  const context = await chromium.launchPersistentContext(userDataDir, {
    executablePath: ensureChromium(),
    headless,
    chromiumSandbox: !runsUnsandboxed(),
    args: [
      `--disable-extensions-except=${extensions}`,
      `--load-extension=${extensions}`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      `--host-resolver-rules=${['MAP * ~NOTFOUND', ...reachable.map((host) => `EXCLUDE ${host}`)].join(', ')}`,
    ],
    locale: 'en-US',
    // A visible window is the user's: its size and colours stay as they are.
    ...(headless ? { viewport: TAB_SIZE } : { viewport: null, colorScheme: null }),
  })
  try {
    const origin = await originOf(context, extensionDir)
    if (isNew) await closeWelcome(context, origin)
    return await Tuppence.in(context, origin)
  } catch (error) {
    await context.close()
    throw error
  }
}

/** Chromium's sandbox works neither for root nor in most CI containers. */
function runsUnsandboxed(): boolean {
  return process.platform === 'linux' && (process.getuid?.() === 0 || Boolean(process.env.CI))
}

/** In a new profile the extension opens its welcome page by itself, sooner or later: it must not come over the tab under test. */
async function closeWelcome(context: BrowserContext, origin: string): Promise<void> {
  const welcome = await until(
    async () => context.pages().find((page) => page.url().startsWith(`${origin}/welcome.html`)),
    (page) => page !== undefined,
    'The extension did not open its welcome page after it was installed',
  )
  await welcome?.close()
}

/** The extension's origin, known from the service worker that has its name. */
async function originOf(context: BrowserContext, extensionDir: string): Promise<string> {
  const { name } = JSON.parse(readFileSync(join(extensionDir, 'manifest.json'), 'utf8')) as { name: string }
  const worker = await until(
    async () => {
      for (const one of context.serviceWorkers()) if ((await nameOf(one)) === name) return one
      return null
    },
    (one) => one !== null,
    `The browser did not start the background of ${name}`,
  )
  return `chrome-extension://${new URL(worker?.url() ?? '').host}`
}

/** What the extension of a worker calls itself; null for a worker that is none's, or gone. */
const nameOf = (worker: Worker): Promise<string | null> =>
  worker.evaluate(() => chrome.runtime.getManifest().name).catch(() => null)
