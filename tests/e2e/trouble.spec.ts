import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '../../playground/server.ts'
import { expect, expectNoPrompt, expectStates, signaturesAt, TIDE_CLOCK, test } from './fixtures.ts'

const ESSAY = {
  price: '$0.03',
  answer: (_: unknown, response: { send(text: string): void }) => response.send('The essay'),
}

/** Hands requests on to a chain's RPC, and takes its time. */
function slowly(rpcUrl: string, milliseconds: number): RequestListener {
  return async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    await sleep(milliseconds)
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(rpcUrl, { method: 'POST', headers, body: Buffer.concat(parts) })
    response.writeHead(answer.status, headers).end(await answer.text())
  }
}

test.describe('while the chain takes its time to answer', () => {
  test.beforeEach(async ({ tuppence, playground }) => {
    await tuppence.setRules({ autoPay: true })
    const slow = await serve('127.0.0.1', slowly(playground.rpcUrl, 1_500))
    await tuppence.setRpc('Base Sepolia', slow.url)
    // Ended with the browser's connections, after the test.
    tuppence.context.once('close', () => void slow.stop())
  })

  test('a page that is loaded once more is paid once', async ({ tuppence, playground, spentOnChain }) => {
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await page.evaluate(() => location.reload())
    await expect(page.getByText('a second notebook')).toBeVisible()
    await expect.poll(spentOnChain).toBe(20_000n)
    expect(signaturesAt({ requests: playground.requests.shop.slice(-4) })).toHaveLength(1)
  })

  test('a page that was left is not paid, and the next one is left alone', async ({
    tuppence,
    playground,
    openStall,
    spentOnChain,
  }) => {
    const other = await openStall({
      host: 'other.localhost',
      routes: {},
      free: (app) => void app.get('/', (_, response) => void response.type('html').send('<input aria-label="Name">')),
    })
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await page.goto(other.url)
    await page.getByLabel('Name').fill('Ada')
    await sleep(3_000)
    expect(await page.getByLabel('Name').inputValue()).toBe('Ada')
    await expectNoPrompt(tuppence)
    expect((await tuppence.payments()).filter(({ state }) => state !== 'released')).toEqual([])
    expect(await tuppence.tabState(page)).toMatchObject({ state: 'free', reasons: [] })
    expect(await spentOnChain()).toBe(0n)
  })

  test('a request that its page gave up is not signed', async ({ tuppence, playground, spentOnChain }) => {
    const page = await tuppence.open(playground.shopUrl)
    const name = await page.evaluate(
      (url) => window.x402Provider.fetch(url, { signal: AbortSignal.timeout(500) }).catch((error: Error) => error.name),
      `${playground.apiUrl}/weather?city=Oslo`,
    )
    expect(name).toBe('TimeoutError')
    await sleep(3_000)
    expect((await tuppence.payments()).filter(({ state }) => state !== 'released')).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  })
})

test('what was paid and brought nothing is not paid again unasked, however often a page tries', async ({
  tuppence,
  openStall,
  spentOnChain,
}) => {
  const stall = await openStall({
    routes: { 'GET /essay': ESSAY },
    free: (app) => {
      app.get('/', (_, response) => void response.send('A page'))
      app.get('/essay', (request, response, next) => {
        // Settles, then breaks the connection.
        if (request.headers['payment-signature']) response.end = () => response.destroy()
        next()
      })
    },
  })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.open(stall.url)
  const tries = page.evaluate(async () => {
    for (let attempt = 0; attempt < 3; attempt++) await window.x402Provider.fetch('/essay').catch(() => undefined)
  })
  for (let question = 0; question < 2; question++) {
    await expect
      .poll(async () => (await tuppence.pendingApprovals()).flatMap(({ reasons }) => reasons.map(({ code }) => code)))
      .toContain('maybe_paid')
    await tuppence.decline()
  }
  await tries
  await expectStates(tuppence, ['settled'])
  expect(new Set(signaturesAt(stall)).size).toBe(1)
  expect(await spentOnChain()).toBe(30_000n)
})

test('a page does not get what another page’s payment left open', async ({ tuppence, openStall, spentOnChain }) => {
  const stall = await openStall({
    routes: { 'GET /essay': { ...ESSAY, answer: (_, response) => void response.status(500).send('Oops') } },
    free: (app) => {
      app.use((_, response, next) => {
        response.set('Access-Control-Allow-Origin', '*')
        next()
      })
      app.get('/', (_, response) => void response.send('A page'))
    },
  })
  const other = await openStall({
    host: 'other.localhost',
    routes: {},
    free: (app) => void app.get('/', (_, response) => void response.send('Another page')),
  })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.open(stall.url)
  await page.evaluate(() => window.x402Provider.fetch('/essay'))
  await expectStates(tuppence, ['unknown'])

  const stranger = await tuppence.open(other.url)
  const status = stranger.evaluate(
    (url) => window.x402Provider.fetch(url).then(({ status }) => status),
    `${stall.url}/essay`,
  )
  await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ reasons: [{ code: 'maybe_paid' }] }])
  await tuppence.decline()
  expect(await status).toBe(402)
  expect(signaturesAt(stall)).toHaveLength(1)
  expect(await spentOnChain()).toBe(0n)
})

test('a method that cannot be paid for is said to be so before anything is signed', async ({ tuppence, openStall }) => {
  const stall = await openStall({
    routes: { 'GET /essay': ESSAY },
    free: (app) => {
      app.get('/', (_, response) => void response.send('A page'))
      app.propfind('/essay', (request, _, next) => {
        request.method = 'GET'
        next()
      })
    },
  })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.open(stall.url)
  const code = await page.evaluate(() =>
    window.x402Provider
      .fetch('/essay', { method: 'PROPFIND', payment: { onDecline: 'throw' } })
      .catch(({ code }: { code: string }) => code),
  )
  expect(code).toBe('not_payable')
  expect(await tuppence.payments()).toEqual([])
})

test('a 402 out of a service worker is not loaded again and again', async ({ tuppence, openStall }) => {
  const stall = await openStall({
    routes: { 'GET /essay': ESSAY },
    free: (app) => {
      app.get('/', (_, response) => void response.type('html').send('<title>A page</title>'))
      app.get('/worker.js', (_, response) => {
        response.type('js').send('addEventListener("fetch", (event) => event.respondWith(fetch(event.request)))')
      })
    },
  })
  const page = await tuppence.open(stall.url)
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js')
    await navigator.serviceWorker.ready
  })
  await page.close()
  await tuppence.open(`${stall.url}/essay`)
  await sleep(3_000)
  expect(stall.requests.filter(({ url }) => url.endsWith('/essay')).length).toBeLessThanOrEqual(2)
  expect(await tuppence.payments()).toEqual([])
})

test('a page that writes itself anew still has a fetch that answers', async ({ tuppence, playground }) => {
  const page = await tuppence.open(playground.shopUrl)
  const status = await page.evaluate(async (url) => {
    document.open()
    document.write('<p>New</p>')
    document.close()
    return (await window.x402Provider.fetch(url)).status
  }, `${playground.apiUrl}/weather?city=Oslo`)
  expect(status).toBe(402)
})
