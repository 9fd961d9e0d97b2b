import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The built extension for Chromium, as `wxt build` leaves it. */
export const EXTENSION_DIR = join(root, '.output', 'chrome-mv3')

const SOURCES = ['entrypoints', 'components', 'lib', 'public', 'wxt.config.ts', 'tsconfig.json', 'package-lock.json']

/**
 * Builds the extension unless a build newer than every source is there already. Speaks on stderr.
 * @throws Error when the build fails
 */
export function ensureBuild(): void {
  const built = join(EXTENSION_DIR, 'manifest.json')
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...SOURCES.map((path) => newest(join(root, path)))))
    return
  console.error('Building the extension (npm run build).')
  const { status } = spawnSync('npm run -s build', { cwd: root, shell: true, stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('The extension could not be built; the reason is above.')
}

/** When anything at or under `path` last changed, in Unix milliseconds. A folder's own time tells of removed files. */
function newest(path: string): number {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
