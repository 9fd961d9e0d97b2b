import express, { type Express } from 'express'
import { proves } from '../conformance/claims.ts'
import { expect, expectNoPrompt, expectStates, type Page, signaturesAt, test } from './fixtures.ts'

const EXACT = {
  dialect: 'x402 v2',
  scheme: 'exact (EIP-3009)',
  transport: 'header',
  server: '@x402/express',
  outcome: 'paid',
} as const

const ESSAY = {
  price: '$0.03',
  answer: (_: unknown, response: { send(text: string): void }) => response.send('The essay'),
}

const html = (app: Express, path: string, body: string) =>
  void app.get(path, (_, response) => void response.type('html').send(body))

const reasonsOf = async (reading: Promise<{ readonly reasons: readonly { readonly code: string }[] }>) =>
  (await reading).reasons.map(({ code }) => code)

/** Waits until the page has taken its service worker in. */
const taken = (page: Page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js')
    while (!navigator.serviceWorker.controller) await new Promise((resolve) => setTimeout(resolve, 20))
  })

const PASSES_ON = `
  addEventListener('install', () => skipWaiting())
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('fetch', (event) => event.respondWith(fetch(event.request)))`

const worker = (app: Express) => void app.get('/worker.js', (_, response) => void response.type('js').send(PASSES_ON))

test.describe('a form', () => {
  const FIELDS = `
    <input name="zeal" value="1"><input name="amount" value="æ &amp;=+ x"><input name="zeal" value="2">
    <textarea name="text">one\ntwo</textarea><input name="submit" value="yes">`

  /** A stall that sells what is asked for by a form, and keeps what each form held. */
  const openCounter = async (
    openStall: (options: Parameters<Parameters<Parameters<typeof test>[2]>[0]['openStall']>[0]) => Promise<{
      readonly url: string
      readonly requests: readonly { readonly headers: Record<string, unknown>; readonly status: number | undefined }[]
    }>,
    form: string,
  ) => {
    const posts: string[] = []
    const stall = await openStall({
      routes: { 'POST /order': { price: '$0.03', answer: (_, response) => void response.send('Ordered') } },
      free: (app) => {
        html(app, '/', form)
        app.post('/order', express.raw({ type: () => true, limit: '5mb' }), ({ body, headers }, _, next) => {
          posts.push(`${headers['content-type']}\n${body}`)
          next()
        })
      },
    })
    return { ...stall, posts }
  }

  test(
    'is sent again as it was, once it is approved, although the background ended meanwhile',
    proves({ ...EXACT, request: 'form' }),
    async ({ tuppence, openStall, spentOnChain }) => {
      const counter = await openCounter(
        openStall,
        `<form method="post" action="/order">${FIELDS}<button>Order</button></form>`,
      )
      const page = await tuppence.open(counter.url)
      await page.getByRole('button', { name: 'Order' }).click()
      await tuppence.approval()
      await tuppence.killWorker()
      await tuppence.approve()
      await expect(page.getByText('Ordered')).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(await tuppence.payments()).toMatchObject([{ method: 'POST', answerStatus: 200 }])
      expect(counter.posts).toEqual([
        'application/x-www-form-urlencoded\nzeal=1&amount=%C3%A6+%26%3D%2B+x&zeal=2&text=one%0D%0Atwo&submit=yes',
        counter.posts[0],
      ])
      // Back leads to where it was filled in.
      expect(await page.evaluate(() => history.length)).toBe(3)

      // The browser sends it again when its user says so, and Tuppence asks before it pays for that.
      await tuppence.setRules({ autoPay: true })
      await tuppence.reload(page)
      await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ reasons: [{ code: 'paid_recently' }] }])
      await tuppence.decline()
      expect(counter.posts).toHaveLength(3)
      expect(await spentOnChain()).toBe(30_000n)
    },
  )

  test('may be of several parts, or plain text, and is paid by the rules', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    await tuppence.setRules({ autoPay: true })
    for (const encoding of ['multipart/form-data', 'text/plain']) {
      const counter = await openCounter(
        openStall,
        `<form method="post" action="/order" enctype="${encoding}">${FIELDS}<button>Order</button></form>`,
      )
      const page = await tuppence.open(counter.url)
      await page.getByRole('button', { name: 'Order' }).click()
      await expect(page.getByText('Ordered')).toBeVisible()
      expect(counter.posts).toHaveLength(2)
      expect(counter.posts[0]).toContain('two')
      expect(counter.posts[1]).toBe(counter.posts[0])
    }
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(60_000n)
  })

  test('with files, or from another site, is not sent again, and that is explained', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    await tuppence.setRules({ autoPay: true })
    const counter = await openCounter(
      openStall,
      '<form method="post" action="/order" enctype="multipart/form-data"><input type="file" name="file"><button>Order</button></form>',
    )
    const page = await tuppence.open(counter.url)
    await page.locator('input').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') })
    await page.getByRole('button', { name: 'Order' }).click()
    await expect.poll(() => reasonsOf(tuppence.tabState(page))).toEqual(['form_files'])

    const elsewhere = await openStall({
      host: 'elsewhere.localhost',
      routes: {},
      free: (app) =>
        html(app, '/', `<form method="post" action="${counter.url}/order">${FIELDS}<button>Order</button></form>`),
    })
    await page.goto(elsewhere.url)
    await page.getByRole('button', { name: 'Order' }).click()
    await expect.poll(() => reasonsOf(tuppence.tabState(page))).toEqual(['form_foreign'])
    expect(counter.posts).toHaveLength(2)
    expect(signaturesAt(counter as never)).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  })
})

test.describe('a page', () => {
  test(
    'that a link or a script opens in a new tab is paid there',
    proves({ ...EXACT, request: 'new tab' }),
    async ({ tuppence, openStall, spentOnChain }) => {
      await tuppence.setRules({ autoPay: true })
      const stall = await openStall({
        routes: { 'GET /essay': ESSAY, 'GET /other': ESSAY },
        free: (app) =>
          html(
            app,
            '/',
            `<a href="/essay" target="_blank">Read</a><button onclick="window.open('/other')">Open</button>`,
          ),
      })
      const page = await tuppence.open(stall.url)
      for (const opener of [page.getByRole('link'), page.getByRole('button')]) {
        const [opened] = await Promise.all([tuppence.context.waitForEvent('page'), opener.click()])
        await expect(opened.getByText('The essay')).toBeVisible()
        await opened.close()
      }
      await expectStates(tuppence, ['settled', 'settled'])
      expect(signaturesAt(stall)).toHaveLength(2)
      expect(await spentOnChain()).toBe(60_000n)
    },
  )

  test('whose 402 the browser has kept is asked for anew, and paid at today’s price', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    const stall = await openStall({
      routes: { 'GET /essay': ESSAY },
      free: (app) => {
        html(app, '/', 'A page')
        app.use((_, response, next) => {
          const { setHeader } = response
          response.setHeader = function (name, value) {
            return setHeader.call(this, name, name.toLowerCase() === 'cache-control' ? 'max-age=3600' : value)
          }
          next()
        })
      },
    })
    const asked = () =>
      stall.requests.filter(({ url, headers }) => url.endsWith('/essay') && !headers['payment-signature'])
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.decline()
    await page.goto(stall.url)
    expect(asked()).toHaveLength(1)

    await tuppence.setRules({ autoPay: true })
    await page.goto(`${stall.url}/essay`)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(asked()).toHaveLength(2)
    expect(signaturesAt(stall)).toHaveLength(1)
    expect(await spentOnChain()).toBe(30_000n)
  })

  test(
    'and a fetch that go through the page’s own service worker are paid once each',
    proves({ ...EXACT, request: 'page API through a service worker' }),
    async ({ tuppence, openStall, spentOnChain }) => {
      await tuppence.setRules({ autoPay: true })
      const stall = await openStall({
        routes: {
          'GET /essay': ESSAY,
          'POST /data': { price: '$0.01', answer: (_, response) => void response.send('Data') },
        },
        free: (app) => {
          html(app, '/', 'A page')
          worker(app)
        },
      })
      const page = await tuppence.open(stall.url)
      await taken(page)
      const answer = await page.evaluate(async () => {
        const response = await window.x402Provider.fetch('/data', { method: 'POST', body: 'which' })
        return `${response.status} ${await response.text()}`
      })
      expect(answer).toBe('200 Data')
      await page.goto(`${stall.url}/essay`)
      await expect(page.getByText('The essay')).toBeVisible()
      await expectStates(tuppence, ['settled', 'settled'])
      expect(signaturesAt(stall)).toHaveLength(2)
      expect(await spentOnChain()).toBe(40_000n)
      await expectNoPrompt(tuppence)
    },
  )
})

test('a download is paid where it is opened, and its receipt kept; a link’s own download is only refused by the site', async ({
  tuppence,
  openStall,
  spentOnChain,
}) => {
  await tuppence.setRules({ autoPay: true })
  const stall = await openStall({
    routes: {
      'GET /almanack': {
        price: '$0.05',
        answer: (_, response) => void response.attachment('almanack.txt').send('Sun and moon'),
      },
    },
    free: (app) => html(app, '/', '<a href="/almanack">Open</a><a href="/almanack?kept" download>Keep</a>'),
  })
  const page = await tuppence.open(stall.url)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Open' }).click()
  expect((await download).suggestedFilename()).toBe('almanack.txt')
  await expectStates(tuppence, ['settled'])
  expect(await tuppence.payments()).toMatchObject([{ answerStatus: 200, transaction: expect.stringMatching(/^0x/) }])

  await page.goto(stall.url)
  await page.getByRole('link', { name: 'Keep' }).click()
  await expect.poll(() => stall.requests.some(({ url, status }) => url.includes('kept') && status === 402)).toBe(true)
  await expectStates(tuppence, ['settled'])
  expect(signaturesAt(stall)).toHaveLength(1)
  expect(await spentOnChain()).toBe(50_000n)
})
