import express from 'express'
import { expect, expectNoPrompt, expectStates, type Page, signaturesAt, test } from './fixtures.ts'
import { openHostileShop } from './hostile-shop.ts'

/** What became of a page's fetch: "200 text", or the name of the error. */
type Told = Promise<string>

const echoing = {
  price: '$0.01',
  answer: (
    request: { headers: { 'content-type'?: string | undefined }; body: unknown },
    response: { send(text: string): void },
  ) => response.send(`${request.headers['content-type'] ?? 'none'}: ${request.body}`),
}

test.describe('a page’s fetch', () => {
  test.beforeEach(({ tuppence }) => tuppence.setRules({ autoPay: true }))

  test('pays whatever its body is made of, and sends one that is too large once', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    const bodies: string[] = []
    const stall = await openStall({
      routes: { 'POST /echo': echoing },
      free: (app) => {
        app.get('/', (_, response) => void response.send('A page'))
        app.post('/echo', express.raw({ type: () => true, limit: '20mb' }), ({ body, headers }, _, next) => {
          bodies.push(`${headers['content-type'] ?? ''} ${(body as Buffer).length}`)
          next()
        })
      },
    })
    const page = await tuppence.open(stall.url)
    const told = await page.evaluate(async () => {
      const form = new FormData()
      form.append('a', '1')
      form.append('a', '2')
      form.append('file', new File(['content'], 'a.txt', { type: 'text/plain' }))
      const stream = new Blob(['one ', 'two']).stream()
      const post = async (init: RequestInit & { duplex?: 'half' }) => {
        const response = await window.x402Provider.fetch('/echo', { method: 'POST', ...init })
        return `${response.status} ${await response.text()}`
      }
      return {
        json: await post({ body: '{"a":1}', headers: { 'content-type': 'application/json' } }),
        parameters: await post({ body: new URLSearchParams({ a: 'æ &' }) }),
        form: await post({ body: form }),
        blob: await post({ body: new Blob(['blob'], { type: 'text/x-blob' }) }),
        bytes: await post({ body: new Uint8Array([104, 105]) }),
        stream: await post({ body: stream, duplex: 'half' }),
      }
    })
    expect(told).toEqual({
      json: '200 application/json: {"a":1}',
      parameters: '200 application/x-www-form-urlencoded;charset=UTF-8: a=%C3%A6+%26',
      form: expect.stringMatching(
        /^200 multipart\/form-data; boundary=(\S+): --\1[\s\S]*name="a"\r\n\r\n1[\s\S]*a.txt[\s\S]*content/,
      ),
      blob: '200 text/x-blob: blob',
      bytes: '200 none: hi',
      stream: '200 none: one two',
    })
    // Both times the same.
    for (let sent = 0; sent < 12; sent += 2) expect(bodies[sent]).toBe(bodies[sent + 1])
    await expectStates(tuppence, Array<string>(6).fill('settled'))

    bodies.length = 0
    const large = await page.evaluate(async () => {
      const body = new Uint8Array(8 * 1024 * 1024 + 1)
      const { status } = await window.x402Provider.fetch('/echo', { method: 'POST', body })
      return window.x402Provider
        .fetch('/echo', { method: 'POST', body: new Blob([body]), payment: { onDecline: 'throw' } })
        .catch(({ code }: { code: string }) => `${status} ${code}`)
    })
    expect(large).toBe('402 body_too_large')
    expect(bodies).toEqual([' 8388609', ' 8388609'])
    expect(await spentOnChain()).toBe(60_000n)
  })

  test('streams its answer, and can be given up at every moment without being paid for twice', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const held: (() => void)[] = []
    const shop = await openHostileShop(playground, 'news.localhost', {
      unpaid: ({ request, quote }) => void (request.url === '/slow' ? held.push(quote) : quote()),
      paid: async ({ request, response, settle }) => {
        await settle()
        response.writeHead(200)
        if (request.url === '/news') response.write('first ')
        held.push(() => void response.end('last'))
      },
    })
    const page = await tuppence.open(shop.url)

    const news = page.evaluate(async () => {
      const { body } = await window.x402Provider.fetch('/news')
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
      const first = await reader?.read()
      Object.assign(window, { first: first?.value })
      return (await reader?.read())?.value
    })
    await expect.poll(() => page.evaluate('window.first')).toBe('first ')
    held.shift()?.()
    expect(await news).toBe('last')

    // Before its 402 is there.
    await begin(page, '/slow')
    await expect.poll(() => held.length).toBe(1)
    expect(await giveUp(page)).toBe('AbortError')
    held.shift()?.()

    // While the paid answer is awaited. A moment before, while a person is asked, is in page-api.spec.ts.
    await begin(page, '/essay')
    await expect.poll(() => held.length).toBe(1)
    expect(await giveUp(page)).toBe('AbortError')
    await expectStates(tuppence, ['settled', 'settled'])
    await begin(page, '/essay')
    await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ reasons: [{ code: 'maybe_paid' }] }])
    expect(await giveUp(page)).toBe('AbortError')
    expect(signaturesAt(shop)).toHaveLength(2)
    expect(await spentOnChain()).toBe(20_000n)
    await shop.stop()
  })

  test('is not paid by a 402 that the browser has kept: the site is asked anew', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    const stall = await openStall({
      routes: { 'GET /essay': { price: '$0.01', answer: (_, response) => void response.send('The essay') } },
      free: (app) => {
        app.get('/', (_, response) => void response.send('A page'))
        app.use((_, response, next) => {
          const { setHeader } = response
          response.setHeader = function (name, value) {
            return setHeader.call(this, name, name.toLowerCase() === 'cache-control' ? 'max-age=3600' : value)
          }
          next()
        })
      },
    })
    const page = await tuppence.open(stall.url)
    await page.evaluate(() => fetch('/essay'))
    const told: Told = page.evaluate(async () => {
      const response = await window.x402Provider.fetch('/essay', { cache: 'force-cache' })
      return `${response.status} ${await response.text()}`
    })
    expect(await told).toBe('200 The essay')
    const unsigned = stall.requests.filter(
      ({ url, headers }) => url.endsWith('/essay') && !headers['payment-signature'],
    )
    expect(unsigned).toHaveLength(2)
    expect(signaturesAt(stall)).toHaveLength(1)
    await expectNoPrompt(tuppence)
    expect(await spentOnChain()).toBe(10_000n)
  })
})

/** The page begins a fetch that `giveUp` ends. */
const begin = (page: Page, url: string) =>
  page.evaluate((url) => {
    const controller = new AbortController()
    const told = window.x402Provider.fetch(url, { signal: controller.signal }).then(
      ({ status }) => `${status}`,
      ({ name }: Error) => name,
    )
    const giveUp = () => {
      controller.abort()
      return told
    }
    Object.assign(window, { giveUp })
  }, url)

const giveUp = (page: Page): Told => page.evaluate(() => (window as unknown as { giveUp(): Promise<string> }).giveUp())
