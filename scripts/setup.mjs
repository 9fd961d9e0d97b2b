/*
 *   node scripts/setup.mjs [script [arguments…]]
 *
 * Installs what package-lock.json names when it is not there yet, then runs the script on the project's own Node.
 * Plain JavaScript without imports from npm and fit for Node 20, since a fresh clone has nothing else to start with.
 * It speaks on stderr: stdout belongs to the script.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (!isInstalled()) install()
const [script, ...args] = process.argv.slice(2)
if (script) run(script, args)

/** Whether node_modules holds every package of the lockfile in its version (other platforms' optional parts aside). */
function isInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'))
  return (
    existsSync(node) &&
    Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
      ([path, { version, optional, devOptional }]) =>
        path === '' || optional || devOptional || installed[path]?.version === version,
    )
  )
}

/** @returns {Record<string, {version?: string, optional?: boolean, devOptional?: boolean}>} empty when there is no file */
function packagesOf(lockfile) {
  return existsSync(lockfile) ? JSON.parse(readFileSync(lockfile, 'utf8')).packages : {}
}

function install() {
  console.error('Installing the packages of package-lock.json (npm ci); the first time this takes a minute or two.')
  // npm must not run on the very Node that it replaces.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  const env = { ...process.env, PATH: path.join(delimiter) }
  // One string and a shell, because npm is a batch file on Windows.
  const { status } = spawnSync('npm ci --no-audit --no-fund --loglevel=error', {
    cwd: root,
    env,
    shell: true,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0)
    fail('The packages could not be installed. See npm’s message above; then run the same command again.')
  if (!existsSync(node)) {
    fail(
      'npm did not run the install script of the package "node", which brings the Node of this project. Allow it: npm rebuild node',
    )
  }
}

function run(script, args) {
  const child = spawn(node, [script, ...args], { stdio: 'inherit' })
  // Ctrl-C reaches the script as well, which may have things to stop: wait for it.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => fail(`${node} did not start: ${error.message}`))
  child.once('exit', (code) => process.exit(code ?? 1))
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
