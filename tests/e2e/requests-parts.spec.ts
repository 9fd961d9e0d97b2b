import type { Express } from 'express'
import { proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, expectStates, signaturesAt, test } from './fixtures.ts'

const EXACT = {
  dialect: 'x402 v2',
  scheme: 'exact (EIP-3009)',
  transport: 'header',
  server: '@x402/express',
  outcome: 'paid',
} as const

const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>'

const PICTURE = {
  price: '$0.02',
  answer: (_: unknown, response: { type(type: string): { send(text: string): void } }) =>
    response.type('image/svg+xml').send(SQUARE),
}
const CHART = {
  price: '$0.01',
  answer: (_: unknown, response: { send(text: string): void }) => response.send('The chart'),
}

/** A tenth of a second of silence. */
function silence(): Buffer {
  const samples = Buffer.alloc(800, 128)
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    head.writeUInt16LE(value, at)
  head.writeUInt32LE(8_000, 24)
  head.writeUInt32LE(8_000, 28)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

const html = (app: Express, path: string, body: string) =>
  void app.get(path, (_, response) => void response.type('html').send(body))

test(
  'frames of a page’s own site are paid unasked where the user set that site so, and no others',
  proves({ ...EXACT, request: 'frame' }),
  async ({ tuppence, openStall, spentOnChain }) => {
    const other = await openStall({ host: 'other.localhost', routes: { 'GET /chart': CHART } })
    const stall = await openStall({
      routes: { 'GET /chart': CHART, 'GET /photo': PICTURE },
      free: (app) =>
        html(
          app,
          '/',
          `${'<iframe src="/chart"></iframe>'.repeat(2)}<iframe src="${other.url}/chart"></iframe><img src="/photo">`,
        ),
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(stall.url)
    const refused = () => [...stall.requests, ...other.requests].filter(({ status }) => status === 402).length
    await expect.poll(refused).toBe(4)
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])

    await tuppence.addSiteRule(stall.url, { mode: 'Pay without asking', mostPerPayment: '0.05' })
    await tuppence.reload(page)
    await expect(page.frameLocator('iframe').first().getByText('The chart')).toBeVisible()
    await expectStates(tuppence, ['settled'])
    expect(signaturesAt(stall)).toHaveLength(1)
    expect(signaturesAt(other)).toEqual([])

    // The page once more: its frame was paid for a moment ago.
    await tuppence.reload(page)
    await expect.poll(refused).toBe(12)
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(10_000n)
  },
)

test(
  'images, sounds and frames that cost money are listed in the popup, and paid for when somebody says so',
  proves({ ...EXACT, request: 'image' }),
  async ({ tuppence, openStall, spentOnChain }) => {
    const stall = await openStall({
      routes: {
        'GET /photo.svg': PICTURE,
        'GET /kept.svg': PICTURE,
        'GET /chart': CHART,
        'GET /bell.wav': { price: '$0.01', answer: (_, response) => void response.type('audio/wav').send(silence()) },
      },
      free: (app) => {
        app.get('/kept.svg', (_, response, next) => {
          const { setHeader } = response
          response.setHeader = function (name, value) {
            return setHeader.call(this, name, name.toLowerCase() === 'cache-control' ? 'max-age=3600' : value)
          }
          next()
        })
        html(
          app,
          '/',
          '<img src="/photo.svg"><img src="/kept.svg"><iframe src="/chart"></iframe><audio src="/bell.wav"></audio>',
        )
      },
    })
    const page = await tuppence.open(stall.url)
    const popup = await tuppence.popup(page)
    await expect(popup.getByRole('heading', { name: 'Missing on this page' })).toBeVisible()
    await expectAccessible(popup)

    await popup.getByRole('button', { name: 'See price of photo.svg' }).click()
    const pay = popup.getByRole('button', { name: 'Pay $0.02 for photo.svg' })
    await expect(pay).toBeVisible()
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])
    await pay.click()
    await tuppence.approve()
    await expect.poll(() => page.evaluate(() => document.images[0]?.naturalWidth)).toBe(40)
    await expectStates(tuppence, ['settled'])
    expect(await page.evaluate(() => document.body.innerHTML)).toContain('<img src="/photo.svg">')

    // What is allowed without asking takes no more than the press.
    await tuppence.setRules({ autoPay: true })
    const again = await tuppence.popup(page)
    await expect(again.getByRole('button', { name: /photo/ })).toBeHidden()
    await again.getByRole('button', { name: 'See price of chart' }).click()
    await again.getByRole('button', { name: 'Pay $0.01 for chart' }).click()
    await expect(page.frameLocator('iframe').getByText('The chart')).toBeVisible()
    await again.getByRole('button', { name: 'See price of bell.wav' }).click()
    await again.getByRole('button', { name: 'Pay $0.01 for bell.wav' }).click()
    await expect.poll(() => page.evaluate(() => document.querySelector('audio')?.readyState)).toBeGreaterThan(0)
    await expectStates(tuppence, ['settled', 'settled', 'settled'])

    // The browser would not ask for this one again.
    await again.getByRole('button', { name: 'See price of kept.svg' }).click()
    await again.getByRole('button', { name: 'Pay $0.02 for kept.svg' }).click()
    await expect(again.getByText('The site lets the browser keep its refusal')).toBeVisible()
    expect(signaturesAt(stall)).toHaveLength(3)
    expect(await spentOnChain()).toBe(40_000n)
  },
)
