/*
 *   table.ts [--write]
 *
 * The table of docs/protocols.md, made from what the last end-to-end run has proved. Without --write it only compares, and
 * fails when the document says anything else: a row whose test does not pass is no row.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { CLAIM, type Claim } from './claims.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const DOCUMENT = join(root, 'docs/protocols.md')
const REPORT = join(root, '.output/test/e2e.json')
const BEGIN = '<!-- Made from the test results by `npm run protocols`: not to be edited by hand. -->'
const END = '<!-- End of what is made. -->'

interface Suite {
  readonly title: string
  readonly file: string
  readonly specs: readonly {
    readonly title: string
    readonly ok: boolean
    readonly tests: readonly { readonly annotations: readonly { type: string; description?: string | undefined }[] }[]
  }[]
  readonly suites?: readonly Suite[] | undefined
}

const suiteSchema: z.ZodType<Suite> = z.lazy(() =>
  z.object({
    title: z.string(),
    file: z.string(),
    specs: z.array(
      z.object({
        title: z.string(),
        ok: z.boolean(),
        tests: z.array(
          z.object({ annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })) }),
        ),
      }),
    ),
    suites: z.array(suiteSchema).optional(),
  }),
)

interface Row extends Claim {
  /** The test that proves it, by its file and title. */
  readonly test: string
}

/** Every claim of a passed test, in the order of the tests. */
function rowsOf({ title, file, specs, suites = [] }: Suite, within: readonly string[] = []): Row[] {
  const path = title === file ? within : [...within, title]
  const own = specs
    .filter(({ ok }) => ok)
    .flatMap((spec) =>
      spec.tests
        .flatMap(({ annotations }) => annotations)
        .filter(({ type }) => type === CLAIM)
        .map(({ description = '' }) => ({
          ...(JSON.parse(description) as Claim),
          test: `${file}: ${[...path, spec.title].join(' ')}`,
        })),
    )
  return [...own, ...suites.flatMap((suite) => rowsOf(suite, path))]
}

const COLUMNS = [
  ['Dialect', ({ dialect }: Row) => dialect],
  ['Scheme', ({ scheme }: Row) => scheme],
  ['Asked in', ({ transport }: Row) => transport],
  ['Request', ({ request }: Row) => request],
  ['Outcome', ({ outcome }: Row) => outcome],
  ['Server', ({ server }: Row) => server],
  ['Proved by', ({ test }: Row) => test.replaceAll('|', '\\|')],
] as const

/** The table in Markdown, sorted so that it does not depend on the order in which tests run. */
function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => `| ${COLUMNS.map(([, cell]) => cell(row)).join(' | ')} |`).sort()
  const head = [`| ${COLUMNS.map(([name]) => name).join(' | ')} |`, `|${' --- |'.repeat(COLUMNS.length)}`]
  return [...head, ...new Set(lines)].join('\n')
}

function main(): void {
  const { suites } = z.object({ suites: z.array(suiteSchema) }).parse(JSON.parse(readFileSync(REPORT, 'utf8')))
  const table = tableOf(suites.flatMap((suite) => rowsOf(suite)))
  const text = readFileSync(DOCUMENT, 'utf8')
  const [before, rest] = text.split(BEGIN)
  const [, after] = (rest ?? '').split(END)
  if (before === undefined || after === undefined) throw new Error('docs/protocols.md has lost the marks of its table.')
  const wanted = `${before}${BEGIN}\n\n${table}\n\n${END}${after}`
  if (wanted === text) return
  if (process.argv.includes('--write')) {
    writeFileSync(DOCUMENT, wanted)
    return
  }
  console.error(
    'docs/protocols.md does not say what the tests have proved. `npm run protocols -- --write` writes it anew.',
  )
  console.error(differences(text, wanted))
  process.exitCode = 1
}

/** The lines that only one of two texts has. */
function differences(is: string, wanted: string): string {
  const [these, those] = [is.split('\n'), wanted.split('\n')]
  const lost = these.filter((line) => !those.includes(line)).map((line) => `- ${line}`)
  const found = those.filter((line) => !these.includes(line)).map((line) => `+ ${line}`)
  return [...lost, ...found].join('\n')
}

main()
