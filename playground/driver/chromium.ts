import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { chromium } from '@playwright/test'

/*
 * Google's own Chrome is not looked for: since version 137 it ignores the flag that loads an unpacked extension.
 */
const NAMES = ['chromium', 'chromium-browser']
const MAC_APP = '/Applications/Chromium.app/Contents/MacOS/Chromium'

/**
 * The path of a Chromium that can load the extension: CHROMIUM_PATH, then the system's, then Playwright's. Where there
 * is none it installs one, saying so on stderr.
 * @throws Error saying what to do when that does not work either
 */
export function ensureChromium(): string {
  chosen ??= chooseChromium()
  return chosen
}

/** Asking a browser for its version takes a quarter of a second: once is enough. */
let chosen: string | undefined

function chooseChromium(): string {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) {
    if (isChromium(CHROMIUM_PATH)) return CHROMIUM_PATH
    throw new Error(`CHROMIUM_PATH is ${CHROMIUM_PATH}, which is no Chromium that runs. Correct it or leave it out.`)
  }
  const found = findChromium() ?? (installFromDebian() || installFromPlaywright() ? findChromium() : null)
  if (found) return found
  throw new Error(
    'There is no Chromium here and none could be installed. Install it by hand ("apt-get install chromium" on Debian, ' +
      '"npx playwright install chromium" anywhere), or name an existing one in CHROMIUM_PATH.',
  )
}

function findChromium(): string | null {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...onPath, MAC_APP, chromium.executablePath()].find(isChromium) ?? null
}

/** A snap's Chromium is left aside: it can neither read the extension nor write a profile outside of the home folder. */
function isChromium(path: string): boolean {
  if (!existsSync(path)) return false
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return status === 0 && /Chromium|Chrome for Testing/.test(stdout) && !/snap/.test(stdout)
}

function installFromDebian(): boolean {
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  if (!/^ID=debian$/m.test(system) || process.getuid?.() !== 0) return false
  console.error('There is no Chromium here. Installing it from Debian (apt-get install chromium).')
  return run('apt-get', ['update']) && run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
}

function installFromPlaywright(): boolean {
  console.error('There is no Chromium here. Installing the one of Playwright (npx playwright install chromium).')
  const cli = join(dirname(createRequire(import.meta.url).resolve('@playwright/test/package.json')), 'cli.js')
  const withLibraries = process.platform === 'linux' && process.getuid?.() === 0 ? ['--with-deps'] : []
  return run(process.execPath, [cli, 'install', '--no-shell', ...withLibraries, 'chromium'])
}

function run(command: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], env }).status === 0
}
