import type { X402Provider } from '../../lib/page/api.ts'
import { proves } from '../conformance/claims.ts'
import { expect, expectNoPrompt, expectStates, type Page, signaturesAt, test } from './fixtures.ts'

const EXACT = {
  dialect: 'x402 v2',
  scheme: 'exact (EIP-3009)',
  transport: 'header',
  server: '@x402/express',
  outcome: 'paid',
} as const

interface Answer {
  readonly status: number
  readonly body: string
}

/** The page calls the page API's fetch, so many times at once. */
const payingFetch = (page: Page, url: string, { times = 1, ...init }: Init = {}): Promise<Answer[]> =>
  page.evaluate(
    ([url, init, times]) =>
      Promise.all(
        Array.from({ length: times }, async () => {
          const response = await window.x402Provider.fetch(url, init)
          return { status: response.status, body: await response.text() }
        }),
      ),
    [url, init, times] as const,
  )

/** A parameter's worth of `RequestInit` that Playwright can send into the page. */
type Init = Parameters<X402Provider['fetch']>[1] & { times?: number; body?: string }

const weatherAt = (apiUrl: string, city = 'Oslo') => `${apiUrl}/weather?city=${city}`

test.describe('a page’s fetch', () => {
  test(
    'pays an API of another origin by itself under the cap, and asks above it',
    proves({ ...EXACT, request: 'page API' }),
    async ({ tuppence, playground, spentOnChain }) => {
      await tuppence.setRules({ autoPay: true, mostPerPayment: '0.001' })
      const page = await tuppence.open(playground.shopUrl)
      const [answer] = await payingFetch(page, weatherAt(playground.apiUrl))
      expect(answer?.status).toBe(200)
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ city: 'Oslo' })
      await expectNoPrompt(tuppence)
      await expectStates(tuppence, ['settled'])
      expect(await tuppence.payments()).toMatchObject([{ site: playground.apiUrl, page: playground.shopUrl }])
      expect(await spentOnChain()).toBe(1_000n)

      await tuppence.setRules({ mostPerPayment: '0.0009' })
      const asked = payingFetch(page, weatherAt(playground.apiUrl, 'Kyoto'))
      const screen = await tuppence.approval()
      const host = new URL(playground.apiUrl).host
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.001 to ${host}?`)
      await expect(screen.getByText(new URL(playground.shopUrl).host).first()).toBeVisible()
      await tuppence.approve()
      expect((await asked)[0]?.status).toBe(200)
      expect(await spentOnChain()).toBe(2_000n)
    },
  )

  test('pays five times for five requests at once, once each', async ({ tuppence, playground, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl)
    const answers = await payingFetch(page, weatherAt(playground.apiUrl), { times: 5 })
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    await expectStates(tuppence, ['settled', 'settled', 'settled', 'settled', 'settled'])
    expect(new Set((await tuppence.payments()).map(({ nonce }) => nonce)).size).toBe(5)
    expect(await spentOnChain()).toBe(5_000n)
  })

  test('gets exactly what the day’s limit allows, however many ask at once', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    await tuppence.setRules({ autoPay: true, mostPerDay: '0.007' })
    const page = await tuppence.open(playground.shopUrl)
    const answers = await payingFetch(page, weatherAt(playground.apiUrl), { times: 20 })
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7)
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(13)
    await expect.poll(spentOnChain).toBe(7_000n)
  })

  test('is declined with the original 402, or with an error where the page wants one', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const page = await tuppence.open(playground.shopUrl)
    const kept = payingFetch(page, weatherAt(playground.apiUrl))
    await tuppence.decline()
    expect(await kept).toMatchObject([{ status: 402 }])

    const thrown = page.evaluate(
      (url) =>
        window.x402Provider.fetch(url, { payment: { onDecline: 'throw' } }).catch(({ name, code }) => ({ name, code })),
      weatherAt(playground.apiUrl),
    )
    await tuppence.decline()
    expect(await thrown).toEqual({ name: 'PaymentError', code: 'declined' })
    expect(await spentOnChain()).toBe(0n)
  })

  test('is decided anew when it is approved: a limit lowered meanwhile holds', async ({ tuppence, playground }) => {
    const page = await tuppence.open(playground.shopUrl)
    const code = page.evaluate(
      (url) =>
        window.x402Provider.fetch(url, { payment: { onDecline: 'throw' } }).catch(({ code }: { code: string }) => code),
      weatherAt(playground.apiUrl),
    )
    const screen = await tuppence.approval()
    await tuppence.setRules({ mostPerDay: '0.0005' })
    await screen.getByRole('button', { name: 'Pay $0.001' }).click()
    await expect(screen.getByText('Nothing was paid.')).toBeVisible()
    expect(await code).toBe('not_allowed')
    expect((await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'over_day_limit' }])
    expect(await tuppence.payments()).toEqual([])
  })

  test('never costs more than the page itself allows', async ({ tuppence, playground }) => {
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl)
    const code = await page.evaluate(
      (url) =>
        window.x402Provider
          .fetch(url, { payment: { maxAmount: '0.0009', onDecline: 'throw' } })
          .catch(({ code }) => code),
      weatherAt(playground.apiUrl),
    )
    expect(code).toBe('over_max_amount')
    expect(await tuppence.payments()).toEqual([])
  })

  test('sends method, headers and body again just as they were', async ({ tuppence, openStall, spentOnChain }) => {
    const stall = await openStall({
      routes: {
        'POST /echo': {
          price: '$0.01',
          answer: (request, response) =>
            void request.pipe(response.type(request.headers['content-type'] ?? 'text/plain')),
        },
      },
      free: (app) => void app.get('/', (_, response) => void response.send('A page')),
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(stall.url)
    const [answer] = await payingFetch(page, '/echo', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-kind': 'letter' },
      body: '{"words":"æøå"}',
    })
    expect(answer).toEqual({ status: 200, body: '{"words":"æøå"}' })
    expect(stall.requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers['x-kind'])).toEqual([
      'letter',
      'letter',
    ])
    expect(await spentOnChain()).toBe(10_000n)
  })

  test('that fails after the payment is sent again with the same bytes', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    let failing = true
    const stall = await openStall({
      routes: {
        'GET /report': {
          price: '$0.01',
          answer: (_, response) => void (failing ? response.status(500).send('Oops') : response.send('The report')),
        },
      },
      free: (app) => void app.get('/', (_, response) => void response.send('A page')),
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(stall.url)
    for (let attempt = 0; attempt < 5; attempt++) expect((await payingFetch(page, '/report'))[0]?.status).toBe(500)
    failing = false
    expect((await payingFetch(page, '/report'))[0]).toEqual({ status: 200, body: 'The report' })
    expect(signaturesAt(stall)).toHaveLength(6)
    expect(new Set(signaturesAt(stall)).size).toBe(1)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(10_000n)
  })

  test('does not pay what a redirect leads to', async ({ tuppence, playground, openStall, spentOnChain }) => {
    const stall = await openStall({
      routes: {},
      free: (app) => {
        app.use((_, response, next) => {
          response.set('Access-Control-Allow-Origin', '*')
          next()
        })
        app.get('/', (_, response) => void response.send('A page'))
        app.get('/away', (_, response) => void response.redirect(weatherAt(playground.apiUrl)))
      },
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(stall.url)
    const code = await page.evaluate(() =>
      window.x402Provider.fetch('/away', { payment: { onDecline: 'throw' } }).catch(({ code }) => code),
    )
    expect(code).toBe('insecure')
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  })

  test('can be given up while a person is asked', async ({ tuppence, playground }) => {
    const page = await tuppence.open(playground.shopUrl)
    const name = page.evaluate(async (url) => {
      const controller = new AbortController()
      const answer = window.x402Provider.fetch(url, { signal: controller.signal }).catch((error: Error) => error.name)
      Object.assign(window, { giveUp: () => controller.abort() })
      return answer
    }, weatherAt(playground.apiUrl))
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(1)
    await page.evaluate(() => (window as unknown as { giveUp(): void }).giveUp())
    expect(await name).toBe('AbortError')
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(0)
  })

  test('gets its answer although the background ended while a person was asked', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const page = await tuppence.open(playground.shopUrl)
    const answers = payingFetch(page, weatherAt(playground.apiUrl))
    await tuppence.approval()
    await tuppence.killWorker()
    await tuppence.approve()
    expect((await answers)[0]?.status).toBe(200)
    expect(await spentOnChain()).toBe(1_000n)
  })
})

test.describe('a page', () => {
  test('learns a price without paying or asking', async ({ tuppence, playground }) => {
    const page = await tuppence.open(playground.shopUrl)
    const quote = await page.evaluate((url) => window.x402Provider.quote(url), weatherAt(playground.apiUrl))
    expect(quote).toMatchObject({
      url: weatherAt(playground.apiUrl),
      offers: [{ scheme: 'exact', network: 'eip155:84532', amount: '1000', usd: '0.001', payable: true }],
    })
    expect(await page.evaluate(() => window.x402Provider.quote('/'))).toBeNull()
    expect(await page.evaluate(() => window.x402Provider.status())).toEqual({ version: 1, mode: 'ask' })
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])
  })

  test('finds the provider by its announcement, before its own scripts run', async ({ tuppence, openStall }) => {
    const stall = await openStall({
      routes: {},
      free: (app) =>
        void app.get('/', (_, response) => {
          response
            .set('Content-Security-Policy', "script-src 'nonce-1'")
            .type('html')
            .send(`<script nonce="1">
            found = []
            addEventListener('x402:announceProvider', ({ detail }) => found.push(detail))
            dispatchEvent(new Event('x402:requestProvider'))
            early = { name: found[0]?.info.name, frozen: Object.isFrozen(found[0]?.provider), taken: 'x402' in window }
          </script>`)
        }),
    })
    const page = await tuppence.open(stall.url)
    expect(await page.evaluate('early')).toEqual({ name: 'Tuppence', frozen: true, taken: false })
  })

  test('cannot pay as another page, by a 402 it made up, or from a frame', async ({
    tuppence,
    playground,
    openStall,
  }) => {
    await tuppence.setRules({ autoPay: true })
    const stall = await openStall({
      host: 'frames.localhost',
      routes: {},
      free: (app) =>
        void app.get('/', (_, response) => void response.send(`<iframe src="${playground.shopUrl}"></iframe>`)),
    })
    const page = await tuppence.open(stall.url)
    const frame = page.frames().find((frame) => frame.url().startsWith(playground.shopUrl))
    await frame?.waitForLoadState()
    expect(await frame?.evaluate(() => 'x402Provider' in window)).toBe(false)

    const forged = await page.evaluate(
      (url) =>
        new Promise<unknown>((resolve) => {
          const id = `x402-${crypto.randomUUID()}`
          document.addEventListener('tuppence:answer', (event) => {
            const answer = JSON.parse((event as CustomEvent<string>).detail)
            if (answer.id === id) resolve(answer.content)
          })
          const request = { marker: id, method: 'GET', url, bodyDigest: null, answered: null }
          const detail = JSON.stringify({ id, content: { kind: 'pay', request } })
          document.dispatchEvent(new CustomEvent('tuppence:ask', { detail }))
        }),
      weatherAt(playground.apiUrl),
    )
    expect(forged).toEqual({ value: { kind: 'refused', code: 'not_payable' } })
    expect(await tuppence.payments()).toEqual([])
  })

  test('never sees the signature, whatever it hooks', async ({ tuppence, playground, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(playground.shopUrl)
    await page.evaluate(spyOnEverything)
    expect((await payingFetch(page, weatherAt(playground.apiUrl)))[0]?.status).toBe(200)
    await page.evaluate(() => fetch('/', { method: 'HEAD' }))
    expect(await spentOnChain()).toBe(1_000n)

    const seen = await page.evaluate(() => {
      const entries = JSON.stringify(performance.getEntries())
      return `${(window as unknown as { spied: string[] }).spied.join('\n')}\n${entries}`
    })
    const [signature = ''] = signaturesAt({ requests: playground.requests.api })
    expect(signature.length).toBeGreaterThan(200)
    // The spies work: they saw the page's own traffic.
    expect(seen).toContain('/weather?city=Oslo')
    expect(seen.toLowerCase()).not.toContain('payment-signature')
    expect(seen).not.toContain(signature)
    const payload = JSON.parse(atob(signature)) as { payload: { signature: string } }
    expect(seen).not.toContain(payload.payload.signature)
  })
})

/** Runs in the page: writes down all that goes through whatever a page can get between. */
function spyOnEverything(): void {
  const spied: string[] = []
  Object.assign(window, { spied })
  const note = (...values: unknown[]) => {
    for (const value of values) {
      if (value instanceof Request || value instanceof Response) {
        spied.push(value.url, ...[...value.headers].map(String))
      } else if (value instanceof Event)
        spied.push(String((value as CustomEvent).detail ?? (value as MessageEvent).data))
      else spied.push(typeof value === 'object' ? nativeStringify(value) : String(value))
    }
  }
  const nativeThen = Promise.prototype.then
  const nativeStringify = JSON.stringify
  const wrap = (owner: object, name: string) => {
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown
    Reflect.set(owner, name, function spy(this: unknown, ...args: unknown[]) {
      note(...args)
      const result: unknown = original.apply(this, args)
      if (result instanceof Promise && name !== 'then') nativeThen.call(result, note, note)
      return result
    })
  }
  for (const name of ['fetch', 'postMessage', 'dispatchEvent']) wrap(window, name)
  for (const name of ['set', 'append', 'get', 'has']) wrap(Headers.prototype, name)
  for (const name of ['open', 'setRequestHeader', 'send']) wrap(XMLHttpRequest.prototype, name)
  for (const name of ['text', 'json', 'arrayBuffer', 'clone']) wrap(Response.prototype, name)
  wrap(document, 'dispatchEvent')
  wrap(EventTarget.prototype, 'dispatchEvent')
  wrap(MessagePort.prototype, 'postMessage')
  wrap(JSON, 'parse')
  wrap(JSON, 'stringify')
  wrap(Promise.prototype, 'then')
  for (const type of ['message', 'tuppence:ask', 'tuppence:answer']) {
    window.addEventListener(type, note, true)
    document.addEventListener(type, note, true)
  }
  new PerformanceObserver((list) => note(...list.getEntries().map((entry) => entry.toJSON()))).observe({
    entryTypes: ['resource', 'navigation', 'mark', 'measure'],
  })
  const NativeRequest = Request
  window.Request = new Proxy(NativeRequest, {
    construct(target, args: ConstructorParameters<typeof Request>) {
      const request = new target(...args)
      note(request)
      return request
    },
  })
}
