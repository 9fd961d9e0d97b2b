import { expect, expectNoPrompt, expectStates, signaturesAt, test } from './fixtures.ts'

declare const chrome: { declarativeNetRequest: { getSessionRules(): Promise<unknown[]> } }

const ESSAY = {
  price: '$0.03',
  answer: (_: unknown, response: { send(text: string): void }) => response.send('The essay'),
}

test.describe('what nobody asked for', () => {
  test.beforeEach(({ tuppence }) => tuppence.setRules({ autoPay: true }))

  test('is never paid: prefetched and prerendered pages', async ({ tuppence, openStall }) => {
    const stall = await openStall({
      routes: { 'GET /essay': ESSAY, 'GET /other': ESSAY, 'GET /third': ESSAY },
      free: (app) =>
        void app.get('/', (_, response) => {
          const rules = {
            prefetch: [{ urls: ['/essay'], eagerness: 'immediate' }],
            prerender: [{ urls: ['/other'], eagerness: 'immediate' }],
          }
          response
            .type('html')
            .send(
              `<link rel="prefetch" href="/third"><script type="speculationrules">${JSON.stringify(rules)}</script>`,
            )
        }),
    })
    await tuppence.open(stall.url)
    const asked = () => new Set(stall.requests.filter(({ status }) => status === 402).map(({ url }) => url)).size
    await expect.poll(asked).toBe(3)
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])
    expect(signaturesAt(stall)).toEqual([])
  })

  test('is never paid: images, scripts, frames and beacons', async ({ tuppence, openStall }) => {
    const parts = ['/image', '/script', '/frame', '/beacon'] as const
    const stall = await openStall({
      routes: Object.fromEntries(parts.map((part) => [`${part === '/beacon' ? 'POST' : 'GET'} ${part}`, ESSAY])),
      free: (app) =>
        void app.get('/', (_, response) => {
          response
            .type('html')
            .send(
              '<img src="/image"><script src="/script"></script><iframe src="/frame"></iframe><script>navigator.sendBeacon("/beacon", "x")</script>',
            )
        }),
    })
    await tuppence.open(stall.url)
    await expect.poll(() => stall.requests.filter(({ status }) => status === 402).length).toBe(parts.length)
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])
  })

  test('is asked about: a page in a tab behind', async ({ tuppence, openStall, spentOnChain }) => {
    const stall = await openStall({
      routes: { 'GET /essay': ESSAY },
      free: (app) => void app.get('/', (_, response) => void response.send('<a href="/essay">Read</a>')),
    })
    const page = await tuppence.open(stall.url)
    await page.getByRole('link', { name: 'Read' }).click({ modifiers: ['ControlOrMeta'] })
    await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ reasons: [{ code: 'background_tab' }] }])
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  })
})

test('the background may end while a paid page is under way: nothing stays armed, nothing is signed twice', async ({
  tuppence,
  openStall,
  spentOnChain,
}) => {
  const held: (() => void)[] = []
  let holding = true
  const stall = await openStall({
    routes: {
      'GET /essay': {
        price: '$0.03',
        answer: (_, response) => {
          const answer = () => void response.send('The essay')
          if (holding) held.push(answer)
          else answer()
        },
      },
    },
  })
  await tuppence.setRules({ autoPay: true })
  const page = await tuppence.context.newPage()
  const loading = page.goto(`${stall.url}/essay`).catch(() => undefined)
  await expect.poll(() => held.length).toBe(1)
  await tuppence.killWorker()

  // The next message starts it anew.
  await expectStates(tuppence, ['unknown'])
  const screen = await tuppence.screen('popup.html')
  expect(await screen.evaluate(() => chrome.declarativeNetRequest.getSessionRules())).toEqual([])

  holding = false
  for (const answer of held) answer()
  await loading
  await expect(page.getByText('The essay')).toBeVisible()

  // Nobody saw the answer, but the chain knows. What was paid a moment ago is not paid again unasked.
  await page.goto(`${stall.url}/essay`)
  await expect
    .poll(async () => (await tuppence.pendingApprovals()).flatMap(({ reasons }) => reasons.map(({ code }) => code)))
    .toContain('maybe_paid')
  await expectStates(tuppence, ['settled'])
  expect(signaturesAt(stall)).toHaveLength(1)
  expect(await spentOnChain()).toBe(30_000n)
})
