/*
 *   npm run bench [-- NAME…]
 *
 * Measures what the project promises to keep to, prints it as a table and writes it to .output/bench.json. A NAME is a
 * figure's or the beginning of several ("size", "fetch.rtt0"). Being over budget is a result and no failure: the exit code
 * says only whether everything could be measured.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXTENSION_DIR, ensureBuild } from '../../scripts/build.ts'
import { books } from './books.ts'
import type { Figure } from './figure.ts'
import { pageLoad } from './page-load.ts'
import { paidFetch } from './paid-fetch.ts'
import { paint } from './paint.ts'
import type { Part } from './part.ts'
import { sizes } from './sizes.ts'
import { table } from './table.ts'
import { unlock } from './unlock.ts'
import { workerStart } from './worker-start.ts'

const REPORT = fileURLToPath(new URL('../../.output/bench.json', import.meta.url))

const PARTS: readonly Part[] = [sizes, workerStart, unlock, paint, pageLoad, paidFetch, books]

async function main(asked: readonly string[]): Promise<void> {
  const names = PARTS.flatMap((part) => part.names)
  const matches = (name: string, start: string) => name === start || name.startsWith(`${start}.`)
  const unknown = asked.filter((start) => !names.some((name) => matches(name, start)))
  if (unknown.length > 0) {
    console.error(`There is no figure ${unknown.join(', ')}. There are: ${names.join(', ')}`)
    process.exitCode = 1
    return
  }
  const wants = (name: string) => asked.length === 0 || asked.some((start) => matches(name, start))

  ensureBuild()
  const before = busyness()
  const extensionDir = mkdtempSync(join(tmpdir(), 'tuppence-bench-'))
  cpSync(EXTENSION_DIR, extensionDir, { recursive: true })
  // Browsers are stopped on every exit, and so must be on these.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  const figures: Figure[] = []
  try {
    for (const part of PARTS) {
      const wanted = part.names.filter(wants)
      if (wanted.length === 0) continue
      const started = Date.now()
      try {
        figures.push(...(await part.measure({ extensionDir, wants })).filter(({ name }) => wants(name)))
      } catch (error) {
        console.error(`Could not measure ${wanted.join(', ')}:`, error)
        process.exitCode = 1
      }
      console.error(`Measured ${wanted.join(', ')} in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
    }
  } finally {
    rmSync(extensionDir, { recursive: true, force: true })
  }
  mkdirSync(join(REPORT, '..'), { recursive: true })
  writeFileSync(REPORT, `${JSON.stringify(figures, null, 2)}\n`)
  console.log(`${machine()}; load ${before} before, ${busyness()} after`)
  console.log(table(figures))
}

const machine = (): string =>
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`

/** How many programs wanted a processor during the last minute. Above their number, times are not worth much. */
const busyness = (): string => loadavg()[0]?.toFixed(1) ?? '?'

await main(process.argv.slice(2))
