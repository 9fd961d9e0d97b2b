import { getRequestListener } from '@hono/node-server'
import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { paymentMiddlewareFromHTTPServer, x402HTTPResourceServer, x402ResourceServer } from '@x402/hono'
import { Hono } from 'hono'
import { NETWORK } from '../../playground/chain.ts'
import { type RunningServer, serve } from '../../playground/server.ts'
import { proves } from '../conformance/claims.ts'
import { test as base, expect, expectStates, signaturesAt } from './fixtures.ts'

const test = base.extend<{ readonly bakery: RunningServer }>({
  /** A shop on the other server package of the x402 project. */
  bakery: async ({ playground: { facilitatorUrl, payTo } }, use) => {
    const resources = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
    resources.register(NETWORK, new ExactEvmScheme())
    const accepts = { scheme: 'exact', price: '$0.02', network: NETWORK, payTo } as const
    const sales = new x402HTTPResourceServer(resources, { 'GET /recipe': { accepts, description: 'A recipe' } })
    await sales.initialize()
    const app = new Hono()
    app.get('/', (context) => context.html('<h1>The bakery</h1>'))
    app.use(paymentMiddlewareFromHTTPServer(sales, undefined, undefined, false))
    app.get('/recipe', (context) => context.html('<p>Flour, water, salt</p>'))
    const server = await serve('bakery.localhost', getRequestListener(app.fetch))
    await use(server)
    await server.stop()
  },
})

const HERE = { dialect: 'x402 v2', scheme: 'exact (EIP-3009)', transport: 'header', server: '@x402/hono' } as const

test(
  'a shop on Hono is paid, for a page and for a page’s fetch',
  proves({ ...HERE, request: 'page', outcome: 'paid' }, { ...HERE, request: 'page API', outcome: 'paid' }),
  async ({ tuppence, bakery, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(`${bakery.url}/recipe`)
    await expect(page.getByText('Flour, water, salt')).toBeVisible()
    await page.goto(bakery.url)
    const text = await page.evaluate(async () => (await window.x402Provider.fetch('/recipe?again')).text())
    expect(text).toContain('Flour')
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(40_000n)
    expect(signaturesAt(bakery)).toHaveLength(2)
  },
)
