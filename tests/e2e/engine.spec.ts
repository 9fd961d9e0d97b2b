import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { effort } from '../effort.ts'
import { expect, expectNoPrompt, expectStates, FARTHING_BRIDGE, PASSWORD, TIDE_CLOCK, test } from './fixtures.ts'

const TEST_USDC = 'USDC on Base Sepolia'

test('test money is not spent until it is allowed, however much the site asks', async ({
  playground,
  account,
  spentOnChain,
}) => {
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR })
  await tuppence.importWallet({ secret: account.secret, password: PASSWORD })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
  await expect
    .poll(async () => (await tuppence.tabState(page)).reasons)
    .toMatchObject([{ code: 'test_money_off', values: { token: 'USDC', network: 'Base Sepolia' } }])
  await expectNoPrompt(tuppence)

  await tuppence.allowToken(TEST_USDC)
  await tuppence.reload(page)
  await expect(page.getByText('a second notebook')).toBeVisible()
  await expectStates(tuppence, ['sent'])
  expect(await spentOnChain()).toBe(20_000n)
  await tuppence.close()
})

test.describe('a thousand requests at once', () => {
  test.use({ funds: '5' })

  test('from five tabs to five sites spend the day’s limit to the last unit, and nothing above it', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    test.setTimeout(240_000)
    const total = effort(1_000, 4_000)
    const affordable = 300
    await tuppence.setRules({ autoPay: true, mostPerDay: `0.${affordable}`, mostPerSiteAndDay: '1' })
    const pages = await Promise.all(
      ['north', 'east', 'south', 'west', 'middle'].map(async (name) => {
        const stall = await openStall({
          host: `${name}.localhost`,
          routes: { 'GET /answer': { price: '$0.001', answer: (_, response) => void response.send('42') } },
          free: (app) => void app.get('/', (_, response) => void response.send(name)),
        })
        return tuppence.openWindow(stall.url)
      }),
    )
    const statuses = await Promise.all(
      pages.map((page) =>
        page.evaluate(
          (count) =>
            Promise.all(
              Array.from(
                { length: count },
                async (_, index) => (await window.x402Provider.fetch(`/answer?${index}`)).status,
              ),
            ),
          total / pages.length,
        ),
      ),
    )
    const paid = statuses.flat().filter((status) => status === 200)
    const refused = statuses.flat().filter((status) => status === 402)
    const rows = await tuppence.payments()
    const failed = rows.filter(({ state, answerStatus }) => state === 'released' || (answerStatus ?? 200) !== 200)
    expect(failed.map(({ state, answerStatus, errorReason }) => ({ state, answerStatus, errorReason }))).toEqual([])
    expect([paid.length, refused.length]).toEqual([affordable, total - affordable])
    expect(await spentOnChain()).toBe(BigInt(affordable) * 1_000n)
    expect(new Set(rows.map(({ nonce }) => nonce)).size).toBe(rows.length)
    await expectNoPrompt(tuppence)
  })
})

test.describe('a browser that ends with a question open', () => {
  /** Runs a step in a browser of a profile, and ends that browser. */
  async function inBrowser<T>(userDataDir: string, step: (tuppence: Tuppence) => Promise<T>): Promise<T> {
    const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, userDataDir })
    try {
      return await step(tuppence)
    } finally {
      await tuppence.close()
    }
  }

  test('asks it again when it starts, and pays the page it opens once it is approved', async ({
    playground,
    account,
    openStall,
    spentOnChain,
  }) => {
    const reader = await openStall({
      host: 'reader.localhost',
      routes: {},
      free: (app) => void app.get('/', (_, response) => void response.send('A page')),
    })
    // Two browsers, one after the other.
    test.setTimeout(120_000)
    const profile = await mkdtemp(join(tmpdir(), 'tuppence-'))
    const url = playground.shopUrl + TIDE_CLOCK
    try {
      await inBrowser(profile, async (tuppence) => {
        await tuppence.importWallet({ secret: account.secret, password: PASSWORD })
        await tuppence.setRpc('Base Sepolia', playground.rpcUrl)
        await tuppence.allowToken(TEST_USDC)
        await tuppence.open(url)
        await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ url }])
        const page = await tuppence.openWindow(reader.url)
        await page.evaluate((api) => void window.x402Provider.fetch(`${api}/weather?city=Oslo`), playground.apiUrl)
        await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(2)
      })
      await inBrowser(profile, async (tuppence) => {
        // The page that asked for the weather is gone, and nobody is there to get it.
        expect(await tuppence.pendingApprovals()).toMatchObject([{ url, via: 'navigation' }])
        await tuppence.approval()
        await tuppence.unlock(PASSWORD)
        await tuppence.approve()
        const opened = () => tuppence.context.pages().find((page) => page.url() === url)
        await expect.poll(() => opened()?.getByText('a second notebook').isVisible()).toBe(true)
        expect(await tuppence.payments()).toMatchObject([{ url, decidedBy: 'user', answerStatus: 200 }])
        await expectNoPrompt(tuppence)
      })
      expect(await spentOnChain()).toBe(20_000n)
    } finally {
      await rm(profile, { recursive: true, force: true })
    }
  })
})

test.describe('questions', () => {
  test('of one page are put one after another, each answered for itself', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const page = await tuppence.open(playground.shopUrl)
    const answers = page.evaluate(
      (api) =>
        Promise.all(
          ['Oslo', 'Kyoto', 'Quito'].map(
            async (city) => (await window.x402Provider.fetch(`${api}/weather?city=${city}`)).status,
          ),
        ),
      playground.apiUrl,
    )
    for (const answer of ['approve', 'decline', 'approve'] as const) {
      await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(1)
      await tuppence[answer]()
    }
    expect((await answers).toSorted()).toEqual([200, 200, 402])
    expect(await spentOnChain()).toBe(2_000n)
  })

  test('of a page that was refused three times are held back for a while', async ({ tuppence, playground }) => {
    const page = await tuppence.open(playground.shopUrl)
    const ask = () =>
      page.evaluate(
        (url) =>
          window.x402Provider
            .fetch(url, { payment: { onDecline: 'throw' } })
            .catch(({ code }: { code: string }) => code),
        `${playground.apiUrl}/weather?city=Oslo`,
      )
    for (let refusals = 0; refusals < 3; refusals++) {
      const asked = ask()
      await tuppence.decline()
      expect(await asked).toBe('declined')
    }
    expect(await ask()).toBe('not_allowed')
    await expectNoPrompt(tuppence)
    expect((await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'silenced' }])
    // Another site's page may still ask.
    await tuppence.open(playground.shopUrl.replace(new URL(playground.shopUrl).hostname, 'localhost') + FARTHING_BRIDGE)
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(1)
  })
})

test('a site that took money and brought nothing is not paid again unasked', async ({
  tuppence,
  openStall,
  playground,
  spentOnChain,
}) => {
  const { network, asset, payTo, facilitatorUrl } = playground
  const extra = { name: 'USDC', version: '2' }
  const offer = { scheme: 'exact', network, asset, amount: '10000', payTo, maxTimeoutSeconds: 60, extra }
  const settle = async (header: string) => {
    const paymentPayload: unknown = JSON.parse(Buffer.from(header, 'base64').toString())
    const body = JSON.stringify({ paymentPayload, paymentRequirements: offer })
    await fetch(`${facilitatorUrl}/settle`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }
  const stall = await openStall({
    routes: {},
    free: (app) => {
      app.get('/', (_, response) => void response.send('A page'))
      app.get('/essay', async (request, response) => {
        const paid = request.headers['payment-signature']
        if (typeof paid === 'string') {
          await settle(paid)
          response.status(410).send('Gone')
          return
        }
        const required = { x402Version: 2, resource: { url: request.url }, accepts: [offer] }
        response
          .set('PAYMENT-REQUIRED', Buffer.from(JSON.stringify(required)).toString('base64'))
          .status(402)
          .send()
      })
    },
  })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.open(stall.url)
  const statusOf = (path: string) => page.evaluate(async (path) => (await window.x402Provider.fetch(path)).status, path)
  expect(await statusOf('/essay')).toBe(410)
  await expectStates(tuppence, ['settled'])

  const asked = statusOf('/essay?second')
  await expect
    .poll(() => tuppence.pendingApprovals())
    .toMatchObject([{ reasons: [{ code: 'site_denied', values: { site: new URL(stall.url).host } }] }])
  await tuppence.decline()
  expect(await asked).toBe(402)
  expect(await spentOnChain()).toBe(10_000n)
})
