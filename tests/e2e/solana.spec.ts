import { NETWORK } from '../../playground/chain.ts'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { newWords, type Words } from '../../playground/driver/words.ts'
import type { Playground } from '../../playground/playground.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { test as base, expect, expectNoPrompt, expectStates, PASSWORD, signaturesAt, TIDE_CLOCK } from './fixtures.ts'

const ON_SOLANA = {
  dialect: 'x402 v2',
  scheme: 'exact (Solana)',
  transport: 'header',
  server: '@x402/express',
  outcome: 'paid',
} as const

const LIGHTHOUSE = '/articles/the-impatient-lighthouse'
const PAID_TEXT = 'the one that thinks and the one that does'
/** Until what was signed is surely over: 150 blocks that could hold it, as many to spare, and what is not final yet. */
const UNTIL_OVER = 150 + 150 + 32 + 1

interface Fixtures {
  readonly words: Words
  /** What the wallet has spent on Solana, in atomic units of USDC. */
  readonly spentOnSolana: () => Promise<bigint>
}

/** A wallet made of words has an account on Solana too: both are funded, with two dollars each. */
const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  words: async ({}, use) => use(newWords()),
  account: async ({ playground, words }, use) => {
    await playground.fund(words.evm, '2')
    await playground.solana.fund(words.solana, '2')
    await use({ secret: words.words, address: words.evm })
  },
  tuppence: async ({ playground, account: _, words, profile }, use) => {
    const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, userDataDir: profile })
    await tuppence.importWallet({ secret: words.words, password: PASSWORD })
    await tuppence.setRpc('Base Sepolia', playground.rpcUrl)
    await tuppence.setRpc('Solana Devnet', playground.solana.rpcUrl)
    await tuppence.allowToken('USDC on Base Sepolia')
    await tuppence.allowToken('USDC on Solana Devnet')
    await use(tuppence)
    await tuppence.close()
  },
  spentOnSolana: async ({ playground, words }, use) => {
    await use(async () => 2_000_000n - (await playground.solana.balanceOf(words.solana)))
  },
})

const earnedOnSolana = ({ solana }: Playground) => solana.balanceOf(solana.payTo)

async function checkNow(tuppence: Tuppence): Promise<void> {
  const screen = await tuppence.dashboard('Payments')
  await screen.getByRole('button', { name: 'Check now' }).click()
  await expect(screen.getByText('Checked: one payment is not clear yet')).toBeVisible()
  await screen.close()
}

test.describe('an article that is paid on Solana', () => {
  test(
    'is paid once approved, and then simply loads',
    proves({ ...ON_SOLANA, request: 'page' }),
    async ({ tuppence, playground, words, spentOnSolana }) => {
      const earned = await earnedOnSolana(playground)
      const page = await tuppence.open(playground.shopUrl)
      await page.getByRole('link', { name: /lighthouse/i }).click()
      const screen = await tuppence.approval()
      const host = new URL(playground.shopUrl).host
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.03 to ${host}?`)
      expect(await spentOnSolana()).toBe(0n)
      await tuppence.approve()

      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(await spentOnSolana()).toBe(30_000n)
      expect(await earnedOnSolana(playground)).toBe(earned + 30_000n)
      const [payment] = await tuppence.payments()
      expect(payment).toMatchObject({
        network: playground.solana.network,
        from: words.solana,
        payTo: playground.solana.payTo,
        units: '30000',
        price: '30000',
        decidedBy: 'user',
        answerStatus: 200,
        disagreement: null,
      })
      expect(payment?.nonce).toMatch(/^0x[0-9a-f]{64}$/)
      expect(await tuppence.tabState(page)).toMatchObject({ state: 'paid' })

      const history = await tuppence.dashboard('Payments')
      await history.getByRole('button', { name: /\$0\.03/ }).click()
      await expect(history.getByRole('dialog').getByRole('link')).toHaveAttribute(
        'href',
        `https://explorer.solana.com/tx/${payment?.transaction}?cluster=devnet`,
      )
    },
  )

  test('is paid by itself under the cap', async ({ tuppence, playground, spentOnSolana, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.03' })
    const page = await tuppence.open(playground.shopUrl + LIGHTHOUSE)
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnSolana()).toBe(30_000n)
    expect(await spentOnChain()).toBe(0n)
  })

  test('counts against the same limits as what is paid elsewhere', async ({
    tuppence,
    playground,
    spentOnSolana,
    spentOnChain,
  }) => {
    await tuppence.setRules({ autoPay: true, mostPerDay: '0.05' })
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expect(page.getByText('a second notebook')).toBeVisible()
    await page.goto(playground.shopUrl + LIGHTHOUSE)
    // Somebody else is paid there, as far as one can see.
    await tuppence.approval()
    expect((await tuppence.pendingApprovals())[0]?.reasons).toMatchObject([{ code: 'new_payee' }])
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await tuppence.spentToday()).toMatchObject({ spent: '50000', cap: '50000', realm: 'test' })

    const other = await tuppence.open(`${playground.shopUrl}${LIGHTHOUSE}?again`)
    await expect.poll(async () => (await tuppence.tabState(other)).reasons).toMatchObject([{ code: 'over_day_limit' }])
    expect([await spentOnSolana(), await spentOnChain()]).toEqual([30_000n, 20_000n])
  })

  test('is not paid, and nothing held, while nobody can be asked about Solana', async ({
    tuppence,
    playground,
    spentOnSolana,
  }) => {
    const settings = await tuppence.dashboard('Settings')
    const field = settings.getByLabel('RPC address for Solana Devnet', { exact: true })
    await field.fill('')
    await field.press('Enter')
    await expect(settings.getByText('Saved')).toBeVisible()
    await settings.close()
    await tuppence.setRules({ autoPay: true })

    const page = await tuppence.open(playground.shopUrl + LIGHTHOUSE)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons)
      .toMatchObject([{ code: 'rpc_needed', values: { network: 'Solana Devnet' } }])
    const popup = await tuppence.popup(page)
    await expect(popup.getByText(/Choose an RPC address for Solana Devnet under Settings/)).toBeVisible()
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnSolana()).toBe(0n)
  })

  test('is not paid, and nothing held, while the chosen address does not answer', async ({ tuppence, playground }) => {
    await tuppence.setRpc('Solana Devnet', 'http://127.0.0.1:1')
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl + LIGHTHOUSE)
    await expect.poll(async () => (await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'rpc_silent' }])
    expect(await tuppence.payments()).toEqual([])
  })
})

test.describe('a page’s fetch of what is paid on Solana', () => {
  test(
    'is paid by itself under the cap, and asks above it',
    proves({ ...ON_SOLANA, request: 'page API' }),
    async ({ tuppence, playground, spentOnSolana }) => {
      await tuppence.setRules({ autoPay: true, mostPerPayment: '0.001' })
      const earned = await earnedOnSolana(playground)
      const page = await tuppence.open(playground.shopUrl)
      const buy = (harbour: string) =>
        page.evaluate(async (url) => {
          const response = await window.x402Provider.fetch(url)
          return { status: response.status, body: (await response.json()) as unknown }
        }, `${playground.apiUrl}/sea?harbour=${harbour}`)
      expect(await buy('Sallow')).toMatchObject({ status: 200, body: { harbour: 'Sallow' } })
      await expectNoPrompt(tuppence)
      await expectStates(tuppence, ['settled'])
      expect(await spentOnSolana()).toBe(1_000n)
      expect(await earnedOnSolana(playground)).toBe(earned + 1_000n)

      await tuppence.setRules({ mostPerPayment: '0.0009' })
      const asked = buy('Harrow')
      await tuppence.approve()
      expect(await asked).toMatchObject({ status: 200, body: { harbour: 'Harrow' } })
      expect(await spentOnSolana()).toBe(2_000n)
    },
  )

  test('five times at once is paid five times, once each', async ({ tuppence, playground, spentOnSolana }) => {
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl)
    const statuses = await page.evaluate(
      (url) => Promise.all(Array.from({ length: 5 }, async () => (await window.x402Provider.fetch(url)).status)),
      `${playground.apiUrl}/sea?harbour=Sallow`,
    )
    expect(statuses).toEqual([200, 200, 200, 200, 200])
    await expectStates(tuppence, ['settled', 'settled', 'settled', 'settled', 'settled'])
    expect(new Set((await tuppence.payments()).map(({ nonce }) => nonce)).size).toBe(5)
    expect(await spentOnSolana()).toBe(5_000n)
  })
})

test('what is sold on two networks is paid on the one that is chosen, once', async ({
  tuppence,
  playground,
  openStall,
  spentOnSolana,
  spentOnChain,
}) => {
  const { payTo, solana } = playground
  const accepts = [
    { scheme: 'exact', price: '$0.02', network: NETWORK, payTo },
    { scheme: 'exact', price: '$0.03', network: solana.network, payTo: solana.payTo },
  ] as const
  const stall = await openStall({
    routes: { 'GET /map': { price: '$0.02', accepts: [...accepts], answer: (_, response) => response.send('A map') } },
  })
  const page = await tuppence.open(`${stall.url}/map`)
  const screen = await tuppence.approval()
  const choice = screen.getByLabel('Pay with')
  await expect(choice.getByRole('option')).toHaveText(['0.02 USDC on Base Sepolia', '0.03 USDC on Solana Devnet'])
  await expect(screen.getByRole('heading', { level: 1 })).toHaveText(/^Pay \$0\.02 to /)
  await choice.selectOption('0.03 USDC on Solana Devnet')
  await expect(screen.getByRole('heading', { level: 1 })).toHaveText(/^Pay \$0\.03 to /)
  await expectAccessible(screen)
  await tuppence.approve()

  await expect(page.getByText('A map')).toBeVisible()
  await expectStates(tuppence, ['settled'])
  expect([await spentOnSolana(), await spentOnChain()]).toEqual([30_000n, 0n])
  expect(signaturesAt(stall)).toHaveLength(1)
})

test('what was signed and never used expires, and its budget is free again', async ({
  tuppence,
  playground,
  openStall,
  spentOnSolana,
}) => {
  await tuppence.setRules({ autoPay: true, mostPerDay: '0.03' })
  let broken = true
  const stall = await openStall({
    free: (app) => {
      app.get('/essay', (request, response, next) => {
        if (broken && request.headers['payment-signature']) response.status(500).send('The till is broken.')
        else next()
      })
    },
    routes: {
      'GET /essay': { price: '$0.03', on: 'solana-devnet', answer: (_, response) => void response.send('The essay.') },
    },
  })
  await tuppence.open(`${stall.url}/essay`)
  await expectStates(tuppence, ['unknown'])
  expect(await tuppence.spentToday()).toMatchObject({ spent: '30000' })
  await checkNow(tuppence)
  await expectStates(tuppence, ['unknown'])
  broken = false

  // The day's limit has room for one of the two.
  playground.solana.passBlocks(UNTIL_OVER)
  const again = await tuppence.open(`${stall.url}/essay`)
  await expect(again.getByText('The essay.')).toBeVisible()
  await expectStates(tuppence, ['expired', 'settled'])
  expect(await tuppence.spentToday()).toMatchObject({ spent: '30000' })
  expect(await spentOnSolana()).toBe(30_000n)
})

test('the same bytes go out again to a site that lost its answer, and pay once', async ({
  tuppence,
  openStall,
  spentOnSolana,
}) => {
  await tuppence.setRules({ autoPay: true })
  let failures = 1
  const stall = await openStall({
    free: (app) => {
      app.get('/essay', (request, response, next) => {
        if (request.headers['payment-signature'] && failures > 0) {
          failures -= 1
          response.status(500).send('The till is broken.')
        } else next()
      })
    },
    routes: {
      'GET /essay': { price: '$0.03', on: 'solana-devnet', answer: (_, response) => void response.send('The essay.') },
    },
  })
  const page = await tuppence.open(`${stall.url}/essay`)
  await expectStates(tuppence, ['unknown'])
  await page.goto(`${stall.url}/essay`)
  await expect(page.getByText('The essay.')).toBeVisible()
  await expectStates(tuppence, ['settled'])
  expect(signaturesAt(stall)).toHaveLength(2)
  expect(new Set(signaturesAt(stall)).size).toBe(1)
  expect(await spentOnSolana()).toBe(30_000n)
})

test('Settings takes no address of another network for Solana', async ({ tuppence, playground }) => {
  const settings = await tuppence.dashboard('Settings')
  const field = settings.getByLabel('RPC address for Solana', { exact: true })
  await field.fill(playground.solana.rpcUrl)
  await field.press('Enter')
  await expect(settings.getByText('This address answers for another network.')).toBeVisible()
})

test('the balance on Solana is shown with the others', async ({ tuppence }) => {
  const wallets = await tuppence.dashboard('Wallets')
  const row = wallets.getByRole('listitem').filter({ hasText: 'Solana Devnet' }).filter({ hasText: 'USDC' })
  await expect(row.getByText('2 USDC', { exact: true })).toBeVisible()
})
