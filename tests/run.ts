/*
 * What `npm test` runs: every check of the project, one after another, and one line at the end over all of them. With --deep
 * (`npm run test:deep`), tests that can go on for long do so, for an hour and more: see effort.ts.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const root = fileURLToPath(new URL('..', import.meta.url))

/** How many tests passed and failed. A step that is no suite of tests counts as one. */
interface Count {
  readonly passed: number
  readonly failed: number
}

interface Step {
  /** Begins a sentence in the present. */
  readonly title: string
  /** The script of package.json. */
  readonly script: string
  /** The step that must have passed for this one to make sense. */
  readonly needs?: string
  /** Prints while it runs. Other steps print only when they fail. */
  readonly live?: boolean
  /** A suite's report, and how to count what is in it. */
  readonly report?: { readonly file: string; readonly count: (report: unknown) => Count }
}

const STEPS: readonly Step[] = [
  { title: 'Checking style and import boundaries', script: 'lint' },
  { title: 'Checking types', script: 'typecheck' },
  {
    title: 'Running unit and property tests',
    script: 'test:unit',
    report: { file: '.output/test/unit.json', count: countVitest },
  },
  { title: 'Building the extension', script: 'build' },
  {
    title: 'Running end-to-end tests in Chromium',
    script: 'test:e2e',
    needs: 'build',
    live: true,
    report: { file: '.output/test/e2e.json', count: countPlaywright },
  },
  { title: 'Comparing docs/protocols.md with what was proved', script: 'protocols', needs: 'build' },
]

const vitestSchema = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

function countVitest(report: unknown): Count {
  const { numPassedTests, numFailedTests, testResults } = vitestSchema.parse(report)
  // A file that could not even be loaded holds no tests to fail.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  return { passed: numPassedTests, failed: numFailedTests + broken.length }
}

const playwrightSchema = z.object({ stats: z.object({ expected: z.int(), unexpected: z.int(), flaky: z.int() }) })

function countPlaywright(report: unknown): Count {
  const { expected, unexpected, flaky } = playwrightSchema.parse(report).stats
  return { passed: expected, failed: unexpected + flaky }
}

async function main(): Promise<void> {
  if (process.argv.includes('--deep')) process.env.DEEP = '1'
  const started = Date.now()
  const broken = new Set<string>()
  let passed = 0
  let failed = 0
  for (const step of STEPS) {
    const count = step.needs && broken.has(step.needs) ? leaveOut(step) : await run(step)
    if (count.failed > 0) broken.add(step.script)
    passed += count.passed
    failed += count.failed
  }
  say(`Everything took ${seconds(started)}.`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}

function leaveOut({ title }: Step): Count {
  say(`${title}: left out, since the extension could not be built. Counted as one failure.`)
  return { passed: 0, failed: 1 }
}

async function run({ title, script, live = false, report }: Step): Promise<Count> {
  say(`${title} (npm run ${script}).`)
  const started = Date.now()
  if (report) rmSync(join(root, report.file), { force: true })
  const { ok, output } = await npmRun(script, live)
  const count = countOf(ok, report)
  if (count.failed > 0) process.stdout.write(output)
  const figures = report ? `${count.passed} passed, ${count.failed} failed` : ok ? 'passed' : 'failed'
  say(`${title}: ${figures}, in ${seconds(started)}.`)
  return count
}

/** A suite that reports no failure and still ends badly has failed once: an error outside of any test, or no tests. */
function countOf(ok: boolean, report: Step['report']): Count {
  const file = report && join(root, report.file)
  if (!report || !file || !existsSync(file)) return ok && !report ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const { passed, failed } = report.count(JSON.parse(readFileSync(file, 'utf8')))
  return { passed, failed: failed === 0 && !ok ? 1 : failed }
}

function npmRun(script: string, live: boolean): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    // One string and a shell, because npm is a batch file on Windows.
    const child = spawn(`npm run -s ${script}`, {
      cwd: root,
      shell: true,
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    })
    let output = ''
    const keep = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.once('error', reject)
    child.once('close', (code) => resolve({ ok: code === 0, output }))
  })
}

const say = (text: string) => console.log(`[${new Date().toTimeString().slice(0, 8)}] ${text}`)

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`

await main()
