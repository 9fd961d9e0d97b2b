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
      .string()
      .regex(/^(0x)?[0-9a-fA-F]{64}$/, 'must be a private key of 64 hexadecimal digits')
      .optional(),
    EVM_NETWORK: z.string().default('eip155:84532'),
    /** Who is asked about EVM_NETWORK; nobody when it is left out. */
    EVM_RPC_URL: z.url().optional(),
    /** What pays on Solana: 64 bytes in base58. */
    SVM_PRIVATE_KEY: z.string().optional(),
    SVM_NETWORK: z.string().default('solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1'),
    /** Who is asked about SVM_NETWORK. Nothing can be paid there when it is left out. */
    SVM_RPC_URL: z.url().optional(),
    AUTO_PAY_MAX_USD: dollars('0.10'),
    SITE_DAILY_MAX_USD: dollars('1.00'),
    DAILY_MAX_USD: dollars('5.00'),
  })
  .refine(({ CASES, RESOURCE_SERVER_URL }) => Boolean(CASES) !== Boolean(RESOURCE_SERVER_URL), {
    error: 'either CASES or RESOURCE_SERVER_URL must say what to buy',
    path: ['CASES'],
  })
  .refine(({ EVM_PRIVATE_KEY, SVM_PRIVATE_KEY }) => Boolean(EVM_PRIVATE_KEY) || Boolean(SVM_PRIVATE_KEY), {
    error: 'EVM_PRIVATE_KEY, SVM_PRIVATE_KEY or both must say what pays',
    path: ['EVM_PRIVATE_KEY'],
  })
type Environment = z.output<typeof environmentSchema>

async function main(): Promise<void> {
  const environment = readEnvironment()
  const cases = readCases(environment)
  ensureBuild()
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, hosts: hostsOf(environment, cases) })
  try {
    await setUp(tuppence, environment)
    const provable = fundsOf(environment).every(({ rpcUrl }) => rpcUrl !== undefined)
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
function hostsOf(environment: Environment, cases: readonly unknown[]): string[] {
  const urls = cases.flatMap((spec) => {
    const { data } = caseSchema.safeParse(spec)
    return data ? [data.url, data.pageUrl] : []
  })
  return [
    ...new Set(
      [...urls, ...fundsOf(environment).map(({ rpcUrl }) => rpcUrl)].flatMap((url) =>
        url ? [new URL(url).hostname] : [],
      ),
    ),
  ]
}

/** What pays, where, and who is asked about it. */
function fundsOf(environment: Environment): { secret: string; network: string; rpcUrl: string | undefined }[] {
  const { EVM_PRIVATE_KEY, EVM_NETWORK, EVM_RPC_URL, SVM_PRIVATE_KEY, SVM_NETWORK, SVM_RPC_URL } = environment
  return [
    ...(EVM_PRIVATE_KEY ? [{ secret: EVM_PRIVATE_KEY, network: EVM_NETWORK, rpcUrl: EVM_RPC_URL }] : []),
    ...(SVM_PRIVATE_KEY ? [{ secret: SVM_PRIVATE_KEY, network: SVM_NETWORK, rpcUrl: SVM_RPC_URL }] : []),
  ]
}

async function setUp(tuppence: Tuppence, environment: Environment): Promise<void> {
  const { AUTO_PAY_MAX_USD, SITE_DAILY_MAX_USD, DAILY_MAX_USD } = environment
  for (const [index, { secret, network, rpcUrl }] of fundsOf(environment).entries()) {
    const known = findNetwork(network)
    if (!known) throw new Error(`EVM_NETWORK or SVM_NETWORK is ${network}, which Tuppence does not know.`)
    if (index === 0) await tuppence.importWallet({ secret, password: PASSWORD })
    else await tuppence.importKey(secret)
    if (rpcUrl) await tuppence.setRpc(known.name, rpcUrl)
    await tuppence.allowToken(`USDC on ${known.name}`)
  }
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
