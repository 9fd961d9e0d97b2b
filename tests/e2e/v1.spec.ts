import type { Playground } from '../../playground/playground.ts'
import type { RunningServer } from '../../playground/server.ts'
import { type RouteV1, v1Server } from '../../playground/v1-server.ts'
import { type Claim, proves } from '../conformance/claims.ts'
import { test as base, expect, expectNoPrompt, expectStates, type Page } from './fixtures.ts'

const test = base.extend<{
  /** A server of version 1 that sells one thing at /thing, readable from every page. */
  readonly openOldShop: (route?: Partial<RouteV1>) => Promise<RunningServer>
}>({
  openOldShop: async ({ playground }, use) => {
    const open: RunningServer[] = []
    await use(async (route = {}) => {
      const shop = await v1Server({
        ...moneyOf(playground),
        host: 'old.localhost',
        routes: { 'GET /thing': { ...THING, ...route } },
        free,
      })
      open.push(shop)
      return shop
    })
    for (const shop of open) await shop.stop()
  },
})

const THING: RouteV1 = {
  units: 20_000n,
  description: 'An old thing',
  answer: (_request, response) => void response.send('<h1>The old thing itself</h1>'),
}

const free: NonNullable<Parameters<typeof v1Server>[0]['free']> = (app) => {
  app.use((_request, response, next) => {
    response.set('Access-Control-Allow-Origin', '*')
    next()
  })
  app.get('/', (_request, response) => void response.send('<h1>An old shop</h1>'))
}

const moneyOf = ({ facilitatorUrl, payTo, solana }: Playground) => ({
  facilitatorUrl,
  payTo,
  solanaPayTo: solana.payTo,
})

/** What a server was asked: how often for a page, for JSON, and with a payment. */
const asked = ({ requests }: RunningServer) =>
  requests
    .filter(({ url }) => url.endsWith('/thing'))
    .map(({ headers }) => (headers['x-payment'] ? 'paid' : headers.accept === 'application/json' ? 'json' : 'page'))

const paidFetch = (page: Page, url: string): Promise<{ status: number; body: string }> =>
  page.evaluate(async (url) => {
    const response = await window.x402Provider.fetch(url)
    return { status: response.status, body: await response.text() }
  }, url)

/** What a test proves of version 1. */
const old = (claim: Pick<Claim, 'transport' | 'request'>) =>
  proves({ dialect: 'x402 v1', scheme: 'exact (EIP-3009)', outcome: 'paid', server: 'the playground', ...claim })

test.describe('a page of an old server', () => {
  test(
    'is asked again for its price in JSON, paid once approved, and then simply loads',
    old({
      transport: 'JSON body',
      request: 'page',
    }),
    async ({ tuppence, playground, openOldShop, spentOnChain }) => {
      const shop = await openOldShop()
      const earned = await playground.balanceOf(playground.payTo)
      const page = await tuppence.open(`${shop.url}/thing`)
      const screen = await tuppence.approval()
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.02 to ${new URL(shop.url).host}?`)
      await expect(screen.getByText('An old thing')).toBeVisible()
      await tuppence.approve()

      await expect(page.getByText('The old thing itself')).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(asked(shop)).toEqual(['page', 'json', 'paid'])
      expect(await spentOnChain()).toBe(20_000n)
      expect(await playground.balanceOf(playground.payTo)).toBe(earned + 20_000n)
      const [payment] = await tuppence.payments()
      expect(payment).toMatchObject({ network: 'eip155:84532', answerStatus: 200, disagreement: null })
      // The site named the transaction that the chain shows.
      expect((await playground.transfers()).at(-1)).toMatchObject({ transaction: payment?.transaction })
    },
  )

  test(
    'that knows nothing but its page is paid by the offers in it',
    old({
      transport: 'HTML page',
      request: 'page',
    }),
    async ({ tuppence, openOldShop, spentOnChain }) => {
      const shop = await openOldShop({ deaf: true })
      await tuppence.setRules({ autoPay: true })
      const page = await tuppence.open(`${shop.url}/thing`)
      await expect(page.getByText('The old thing itself')).toBeVisible()
      await expectNoPrompt(tuppence)
      expect(await spentOnChain()).toBe(20_000n)
      await expectStates(tuppence, ['settled'])
    },
  )

  test('that says nothing at all is asked once for more, and explained', async ({ tuppence, openStall }) => {
    const stall = await openStall({
      routes: {},
      free: (app) => app.get('/bare', (_request, response) => void response.status(402).send('<p>Pay first.</p>')),
    })
    const page = await tuppence.open(`${stall.url}/bare`)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons.map(({ code }) => code))
      .toEqual(['says_nothing'])
    expect(stall.requests.filter(({ url }) => url.endsWith('/bare'))).toHaveLength(2)
  })
})

test.describe('a request to an old server', () => {
  test(
    'is paid by itself where the page is the site’s own',
    old({
      transport: 'JSON body',
      request: 'page API',
    }),
    async ({ tuppence, openOldShop, spentOnChain }) => {
      const shop = await openOldShop()
      await tuppence.setRules({ autoPay: true })
      const page = await tuppence.open(shop.url)
      expect(await paidFetch(page, `${shop.url}/thing`)).toEqual({ status: 200, body: '<h1>The old thing itself</h1>' })
      await expectNoPrompt(tuppence)
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(20_000n)
    },
  )

  test('of another site’s page is always asked about, with the payee that only the page names', async ({
    tuppence,
    playground,
    openOldShop,
    spentOnChain,
  }) => {
    const shop = await openOldShop()
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl)
    const answer = paidFetch(page, `${shop.url}/thing`)
    const screen = await tuppence.approval()
    const [approval] = await tuppence.pendingApprovals()
    expect(approval?.reasons.map(({ code }) => code)).toEqual(['hearsay'])
    await expect(screen.getByText(`the money goes to ${playground.payTo}`)).toBeVisible()
    expect(await spentOnChain()).toBe(0n)
    await tuppence.approve()
    expect(await answer).toMatchObject({ status: 200 })
    expect(await spentOnChain()).toBe(20_000n)
  })
})
