import { readFile } from 'node:fs/promises'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import type { Playground } from '../../playground/playground.ts'
import { type Claim, proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, expectStates, type Page, test } from './fixtures.ts'

const HERE = {
  transport: 'header',
  server: 'http-message-signatures',
} as const satisfies Partial<Claim>
const DEFERRED = { ...HERE, dialect: 'x402 v2', scheme: 'batch-settlement (Cloudflare)' } as const
const CRAWLER = { ...HERE, dialect: 'pay-per-crawl', scheme: 'exact price' } as const

const PAID_TEXT = 'What is read today is paid for when the month is out.'

/** The page calls the page API's fetch. */
const payingFetch = (page: Page, path: string): Promise<{ status: number; body: string }> =>
  page.evaluate(async (path) => {
    const response = await window.x402Provider.fetch(path)
    return { status: response.status, body: await response.text() }
  }, path)

/** The page of the signature agent, reached the way a person gets there. */
async function agentPage(tuppence: Tuppence): Promise<Page> {
  const screen = await tuppence.dashboard('Wallets')
  await screen.getByRole('region', { name: 'Signature agent' }).getByRole('link').click()
  return screen
}

/** Makes a key, publishes it in the playground with all that the screen says, and has it found there. */
async function setUp(tuppence: Tuppence, { crawl, directory }: Playground): Promise<void> {
  const screen = await agentPage(tuppence)
  await screen.getByRole('button', { name: 'Make a key' }).click()
  await screen.getByLabel('Web address on which you can publish a file').fill(directory.url)
  await screen.getByRole('button', { name: 'Continue' }).click()
  await screen.getByRole('button', { name: 'Show what to publish' }).click()
  await expect(screen.getByText(`${directory.url}/.well-known/http-message-signatures-directory`)).toBeVisible()
  const [download] = await Promise.all([
    screen.waitForEvent('download'),
    screen.getByRole('button', { name: 'Download the file' }).click(),
  ])
  const file = await readFile(await download.path(), 'utf8')
  await screen.getByText('Headers to send with it').click()
  const headers = ((await screen.locator('pre').textContent()) ?? '')
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)

  directory.publish(null)
  await screen.getByRole('button', { name: 'Check it now' }).click()
  await expect(screen.getByText('The server did not answer with the file.')).toBeVisible()
  directory.publish(file, Object.fromEntries(headers))
  await screen.getByRole('button', { name: 'Check it now' }).click()
  await expect(screen.getByText('The key is published.')).toBeVisible()
  await expect(screen.getByText('The two signature headers are missing')).toBeHidden()
  crawl.register(directory.url)
  await screen.close()
}

test.describe('a site that bills later', () => {
  test(
    'is refused with a reason before there is a signature agent',
    proves({ ...DEFERRED, request: 'page', outcome: 'named, not paid' }),
    async ({ tuppence, playground }) => {
      await tuppence.setRules({ autoPay: true, askNewSites: false })
      const page = await tuppence.open(`${playground.crawl.url}/essay`)
      await expect.poll(async () => (await tuppence.tabState(page)).state).toBe('not_paid')
      const popup = await tuppence.popup(page)
      await expect(popup.getByText('You have none that is ready: it is set up under Wallets.')).toBeVisible()
      await expect(popup.getByRole('button', { name: 'Signature agent' })).toBeVisible()
      expect(await payingFetch(page, '/note')).toMatchObject({ status: 402 })
      expect(await tuppence.payments()).toEqual([])
      expect(playground.crawl.requests.some(({ headers }) => headers.signature !== undefined)).toBe(false)
    },
  )

  test(
    'is paid by a signature, counts in the limits, and is billed once for each thing',
    proves(
      { ...DEFERRED, request: 'page', outcome: 'paid' },
      { ...DEFERRED, request: 'page API', outcome: 'paid' },
      { ...CRAWLER, request: 'page', outcome: 'paid' },
      { ...CRAWLER, request: 'page API', outcome: 'paid' },
    ),
    async ({ tuppence, playground, spentOnChain }) => {
      const { crawl, directory } = playground
      const billed = crawl.bill.length
      await setUp(tuppence, playground)
      const ready = await agentPage(tuppence)
      await expect(ready.getByText('Found there')).toBeVisible()
      await expectAccessible(ready)
      await ready.close()

      // Asked the first time, and told what that means.
      const page = await tuppence.open(`${crawl.url}/essay`)
      const screen = await tuppence.approval()
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.05 to ${new URL(crawl.url).host}?`)
      await expect(screen.getByText('Cloudflare bills it later')).toBeVisible()
      await tuppence.approve()
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectStates(tuppence, ['settled'])

      // By the rules from then on, in either dialect.
      await tuppence.setRules({ autoPay: true, mostPerPayment: '0.05', mostPerDay: '0.12' })
      expect(await payingFetch(page, '/essay')).toMatchObject({ status: 200, body: expect.stringContaining(PAID_TEXT) })
      expect(await payingFetch(page, '/note')).toMatchObject({ status: 200, body: expect.stringContaining(PAID_TEXT) })
      await page.goto(`${crawl.url}/note?page=2`)
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectStates(tuppence, ['settled', 'settled', 'settled', 'settled'])
      const charged = (cents: number, path: string) => ({ agent: directory.url, cents, path })
      expect(crawl.bill.slice(billed)).toEqual([
        charged(5, '/essay'),
        charged(5, '/essay'),
        charged(1, '/note'),
        charged(1, '/note'),
      ])

      // What is billed counts as what is paid: the day's limit is used up.
      expect(await payingFetch(page, '/note')).toMatchObject({ status: 402 })
      expect(await tuppence.spentToday()).toMatchObject({ spent: '120000', cap: '120000', realm: 'main' })
      expect(crawl.bill.length).toBe(billed + 4)
      expect(await spentOnChain()).toBe(0n)

      const history = await tuppence.dashboard('Payments')
      await expect(history.getByText('Billed later by Cloudflare')).toHaveCount(4)
      await expect(history.getByText('blockchain')).toBeHidden()
      expect(await tuppence.payments()).toMatchObject([
        { network: 'cloudflare:402', from: directory.url, transaction: null, reported: '10000', disagreement: null },
        { reported: '10000' },
        { network: 'cloudflare:402', from: directory.url, transaction: null, reported: '5', disagreement: null },
        { network: 'cloudflare:402', from: directory.url, transaction: null },
      ])
    },
  )

  test('that brings nothing is not asked again without a person, and only the bill tells what became of it', async ({
    tuppence,
    playground,
  }) => {
    const { crawl } = playground
    await setUp(tuppence, playground)
    await tuppence.setRules({ autoPay: true, askNewSites: false })
    const { afterCharge } = crawl
    const billed = crawl.bill.length
    // An answer, so that the browser does not send the request again by itself.
    crawl.afterCharge = (response) => void response.status(502).end()
    const page = await tuppence.open(crawl.url)
    expect(await payingFetch(page, '/note')).toMatchObject({ status: 502 })
    await expectStates(tuppence, ['unknown'])
    expect(crawl.bill.length).toBe(billed + 1)
    crawl.afterCharge = afterCharge

    // The same signature would be a second charge, and so would be a new one: a person decides.
    const again = payingFetch(page, '/note')
    const screen = await tuppence.approval()
    await expect(screen.getByText('An earlier payment for the same thing may have been made')).toBeVisible()
    await tuppence.decline()
    expect(await again).toMatchObject({ status: 402 })
    expect(crawl.bill.length).toBe(billed + 1)
    expect(await tuppence.spentToday()).toMatchObject({ spent: '10000' })

    const history = await tuppence.dashboard('Payments')
    await history.getByText('May be billed by Cloudflare').click()
    await expectAccessible(history)
    await history.getByRole('button', { name: 'It is not on the bill' }).click()
    await expect(history.getByText('Not billed').first()).toBeVisible()
    await expectStates(tuppence, ['expired'])
    expect(await tuppence.spentToday()).toMatchObject({ spent: '0' })
    await expectNoPrompt(tuppence)
  })
})
