import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ensureChromium } from '../../playground/driver/chromium.ts'
import { until } from '../../playground/driver/until.ts'
import { DevTools, type Tab } from './devtools.ts'

const START_TIMEOUT_MS = 20_000

const targetsSchema = z.object({
  targetInfos: z.array(z.object({ targetId: z.string(), type: z.string(), url: z.string() })),
})

/**
 * A browser to measure in. Playwright is left out on purpose: it attaches itself to every worker and listens to every
 * request of every page, which makes a hundred parallel fetches three times as slow, and all that is compared more alike.
 */
export interface Browser {
  /** The extension's origin; empty when there is none. */
  readonly origin: string
  /** Opens an empty tab, which becomes the active one. */
  openTab(): Promise<Tab>
  stop(): Promise<void>
}

/**
 * Starts Chromium in a new profile: with the extension, when its folder is given, and then without its welcome page.
 * @throws Error when either does not start
 */
export async function startBrowser(extensionDir: string | null): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tuppence-bench-'))
  const child = spawn(
    ensureChromium(),
    [
      '--headless',
      // It works neither for root nor in most CI containers, and costs nothing that is measured here.
      '--no-sandbox',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      ...(extensionDir
        ? [`--disable-extensions-except=${extensionDir}`, `--load-extension=${extensionDir}`]
        : ['--disable-extensions']),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]',
      '--window-size=1200,800',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const kill = () => void child.kill()
  process.once('exit', kill)
  const stop = async () => {
    process.off('exit', kill)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.kill()) await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const devTools = await DevTools.at(await devToolsUrl(child))
    const origin = extensionDir ? await closeWelcome(devTools) : ''
    return { origin, openTab: () => devTools.openTab(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The welcome page that the extension opens by itself must not come over a tab under test. Gives its origin. */
async function closeWelcome(devTools: DevTools): Promise<string> {
  const welcome = await until(
    async () => {
      const { targetInfos } = targetsSchema.parse(await devTools.send('Target.getTargets'))
      return targetInfos.find(({ url }) => /^chrome-extension:.*\/welcome\.html$/.test(url))
    },
    (target) => target !== undefined,
    'The extension did not open its welcome page after it was installed',
  )
  await devTools.send('Target.closeTarget', { targetId: welcome?.targetId })
  return `chrome-extension://${new URL(welcome?.url ?? '').host}`
}

/** The browser names the port it chose. */
function devToolsUrl({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`Chromium did not start: ${output}`)), START_TIMEOUT_MS)
    stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4096)
      const url = /DevTools listening on (\S+)/.exec(output)?.[1]
      if (!url) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}
