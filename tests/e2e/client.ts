/*
 * The end-to-end client: `npm run -s e2e:client` buys what it is told to with the built extension in a headless Chromium,
 * driven through its own screens, and prints one JSON line per case. docs/testing.md lists what it reads from the environment.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { findNetwork } from '../../lib/money/networks.ts'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { EXTENSION_DIR, ensureBuild } from '../../scripts/build.ts'
import { type CaseResult, caseSchema, failure, runCase } from './case.ts'

const PASSWORD = 'end-to-end client'

const dollars = (byDefault: string) =>
  z
    .string()
    .regex(/^\d+(\.\d{1,6})?$/, 'must be dollars, like 0.10')
    .default(byDefault)

const environmentSchema = z
  .object({
    /** The path of a JSON array of cases. */
    CASES: z.string().optional(),
    /** The x402 project's own client variables, in place of CASES: one GET. */
    RESOURCE_SERVER_URL: z.string().optional(),
    ENDPOINT_PATH: z.string().default(''),
    /** What pays. */
    EVM_PRIVATE_KEY: z
      .string('must be set')
      .regex(/^(0x)?[0-9a-fA-F]{64}$/, 'must be a private key of 64 hexadecimal digits'),
    EVM_NETWORK: z.string().default('eip155:84532'),
    /** Who is asked about EVM_NETWORK; nobody when it is left out. */
    EVM_RPC_URL: z.url().optional(),
    AUTO_PAY_MAX_USD: dollars('0.10'),
    SITE_DAILY_MAX_USD: dollars('1.00'),
    DAILY_MAX_USD: dollars('5.00'),
  })
  .refine(({ CASES, RESOURCE_SERVER_URL }) => Boolean(CASES) !== Boolean(RESOURCE_SERVER_URL), {
    error: 'either CASES or RESOURCE_SERVER_URL must say what to buy',
    path: ['CASES'],
  })
type Environment = z.output<typeof environmentSchema>

async function main(): Promise<void> {
  const environment = readEnvironment()
  const cases = readCases(environment)
  ensureBuild()
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, hosts: hostsOf(environment, cases) })
  try {
    await setUp(tuppence, environment)
    const provable = environment.EVM_RPC_URL !== undefined
    for (const spec of cases) print(environment, await run(tuppence, spec, provable))
  } finally {
    await tuppence.close()
  }
}

function readEnvironment(): Environment {
  // A variable that is set to nothing is not set.
  const set = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''))
  const { data, error } = environmentSchema.safeParse(set)
  if (data) return data
  throw new Error(`The environment is not complete.\n${z.prettifyError(error)}`)
}

function readCases({ CASES, RESOURCE_SERVER_URL, ENDPOINT_PATH }: Environment): unknown[] {
  if (!CASES) return [{ id: 'endpoint', url: `${RESOURCE_SERVER_URL}${ENDPOINT_PATH}`, via: 'fetch', onPrompt: 'pay' }]
  const cases: unknown = JSON.parse(readFileSync(CASES, 'utf8'))
  if (Array.isArray(cases)) return cases
  throw new Error(`${CASES} must hold a JSON array of cases.`)
}

/** The servers that the caller names himself are the only ones outside of this computer that the browser may reach. */
function hostsOf({ EVM_RPC_URL }: Environment, cases: readonly unknown[]): string[] {
  const urls = cases.flatMap((spec) => {
    const { data } = caseSchema.safeParse(spec)
    return data ? [data.url, data.pageUrl] : []
  })
  return [...new Set([...urls, EVM_RPC_URL].flatMap((url) => (url ? [new URL(url).hostname] : [])))]
}

async function setUp(tuppence: Tuppence, environment: Environment): Promise<void> {
  const { EVM_PRIVATE_KEY, EVM_NETWORK, EVM_RPC_URL, AUTO_PAY_MAX_USD, SITE_DAILY_MAX_USD, DAILY_MAX_USD } = environment
  await tuppence.importWallet({ secret: EVM_PRIVATE_KEY, password: PASSWORD })
  const network = findNetwork(EVM_NETWORK)
  if (!network) throw new Error(`EVM_NETWORK is ${EVM_NETWORK}, which Tuppence does not know.`)
  if (EVM_RPC_URL) await tuppence.setRpc(network.name, EVM_RPC_URL)
  await tuppence.allowToken(`USDC on ${network.name}`)
  const alwaysAsk = Number(AUTO_PAY_MAX_USD) === 0
  await tuppence.setRules({
    autoPay: !alwaysAsk,
    ...(!alwaysAsk && { mostPerPayment: AUTO_PAY_MAX_USD }),
    mostPerSiteAndDay: SITE_DAILY_MAX_USD,
    mostPerDay: DAILY_MAX_USD,
    mostPerMonth: '',
  })
}

async function run(tuppence: Tuppence, spec: unknown, provable: boolean): Promise<CaseResult> {
  const { data, error } = caseSchema.safeParse(spec)
  if (data) return runCase(tuppence, data, provable)
  const { id } = z
    .object({ id: caseSchema.shape.id.catch('?') })
    .catch({ id: '?' })
    .parse(spec)
  return failure(id, 'invalid_case', z.prettifyError(error))
}

function print({ CASES }: Environment, result: CaseResult): void {
  console.log(JSON.stringify(CASES ? result : toSdkResult(result)))
}

/** What the x402 project's own clients print. */
function toSdkResult({ success, data, status_code, payment_response }: CaseResult) {
  return { success, data: parsed(data), status_code, payment_response }
}

function parsed(data: string | null): unknown {
  try {
    return data === null ? null : JSON.parse(data)
  } catch {
    return data
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
