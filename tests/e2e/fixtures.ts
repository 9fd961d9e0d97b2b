import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import type { Address } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import type { X402Provider } from '../../lib/page/api.ts'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { type PaidServer, type PaidServerOptions, paidServer } from '../../playground/paid-server.ts'
import { type Playground, startPlayground } from '../../playground/playground.ts'
import type { RunningServer } from '../../playground/server.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'

export { expect, type Page }

declare global {
  interface Window {
    readonly x402Provider: X402Provider
  }
}

export const PASSWORD = 'correct horse battery'
export const TIDE_CLOCK = '/articles/the-tide-clock'
export const FARTHING_BRIDGE = '/articles/the-farthing-bridge'

interface Account {
  /** What the wallet is imported from: a key of this one account, or words. */
  readonly secret: string
  readonly address: Address
}

export type OpenStall = (
  options: Pick<PaidServerOptions, 'routes' | 'free' | 'extensions'> & { host?: string; port?: number },
) => Promise<PaidServer>

interface Fixtures {
  /** Dollars that the wallet starts with. */
  readonly funds: string
  readonly account: Account
  /** Folders of other extensions that are loaded as well. */
  readonly others: readonly string[]
  /** Where the browser's profile is kept, an empty folder; thrown away with the browser when this is empty. */
  readonly profile: string
  /** A fresh browser with the extension, its wallet funded, unlocked, told whom to ask about the chain, test money allowed. */
  readonly tuppence: Tuppence
  /** Opens a shop of the test's own, closed after it. */
  readonly openStall: OpenStall
  /** What the wallet has spent on the chain, in atomic units. */
  readonly spentOnChain: () => Promise<bigint>
}

interface WorkerFixtures {
  readonly playground: Playground
  /** A profile whose extension knows whom to ask about the chain, and may spend test money. Each test begins with a copy of it. */
  readonly equipped: string
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  playground: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const playground = await startPlayground()
      await use(playground)
      await playground.stop()
    },
    { scope: 'worker' },
  ],
  equipped: [
    async ({ playground }, use) => {
      const userDataDir = await temporaryFolder()
      const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, userDataDir })
      await tuppence.setRpc('Base Sepolia', playground.rpcUrl)
      await tuppence.allowToken('USDC on Base Sepolia')
      await tuppence.close()
      await use(userDataDir)
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 })
    },
    { scope: 'worker' },
  ],
  funds: ['2', { option: true }],
  account: async ({ playground, funds }, use) => {
    const secret = generatePrivateKey()
    const address = privateKeyToAddress(secret)
    await playground.fund(address, funds)
    await use({ secret, address })
  },
  profile: ['', { option: true }],
  others: [[], { option: true }],
  tuppence: async ({ equipped, account, others, profile }, use) => {
    const userDataDir = profile || (await temporaryFolder())
    await cp(equipped, userDataDir, { recursive: true })
    const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, others, userDataDir })
    await tuppence.importWallet({ secret: account.secret, password: PASSWORD })
    await use(tuppence)
    await tuppence.close()
    if (profile === '') await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 })
  },
  openStall: async ({ playground }, use) => {
    const open: RunningServer[] = []
    await use(async ({ host = 'stall.localhost', ...options }) => {
      const { facilitatorUrl, payTo, solana } = playground
      const stall = await paidServer({ host, facilitatorUrl, payTo, solanaPayTo: solana.payTo, ...options })
      open.push(stall)
      return stall
    })
    for (const stall of open) await stall.stop()
  },
  spentOnChain: async ({ playground, account, funds }, use) => {
    const start = BigInt(Number(funds) * 1_000_000)
    await use(async () => start - (await playground.balanceOf(account.address)))
  },
})

const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'tuppence-'))

/** Waits until the ledger's rows are in these states, oldest first. */
export async function expectStates(tuppence: Tuppence, states: readonly string[]): Promise<void> {
  await expect.poll(async () => (await tuppence.payments()).map(({ state }) => state).reverse()).toEqual(states)
}

/** Nothing asks to be approved, and nothing will. */
export async function expectNoPrompt(tuppence: Tuppence): Promise<void> {
  expect(await tuppence.pendingApprovals()).toEqual([])
}

/** Every PAYMENT-SIGNATURE that a server was sent. */
export const signaturesAt = ({ requests }: Pick<RunningServer, 'requests'>): string[] =>
  requests.flatMap(({ headers }) => headers['payment-signature'] ?? []).map(String)
