import { type Claim, proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, expectStates, signaturesAt, test } from './fixtures.ts'

const tides = (apiUrl: string, lines: number) => `${apiUrl}/tides?harbour=Wray&lines=${lines}`

const METERED = {
  dialect: 'x402 v2',
  scheme: 'upto',
  transport: 'header',
  request: 'page API',
  outcome: 'paid',
  server: '@x402/express',
} as const satisfies Claim

test(
  'a metered API holds its ceiling, and costs what was used',
  proves(METERED),
  async ({ tuppence, playground, account, spentOnChain }) => {
    const earned = await playground.balanceOf(playground.payTo)
    const page = await tuppence.open(playground.shopUrl)
    const buy = (lines: number) =>
      page.evaluate(
        async (url) => {
          const response = await window.x402Provider.fetch(url)
          return { status: response.status, body: (await response.json()) as { highWaters: string[] } }
        },
        tides(playground.apiUrl, lines),
      )

    const asked = buy(4)
    const screen = await tuppence.approval()
    const host = new URL(playground.apiUrl).host
    await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay up to $0.05 to ${host}?`)
    await expect(screen.getByText('This is the most that can be taken.')).toBeVisible()
    await expectAccessible(screen)
    await tuppence.approve()
    const { status, body } = await asked
    expect(status).toBe(200)
    expect(body.highWaters).toHaveLength(4)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(8_000n)
    expect(await playground.balanceOf(playground.payTo)).toBe(earned + 8_000n)
    expect(await tuppence.payments()).toMatchObject([
      { units: '50000', upTo: true, charged: { units: '8000', price: '8000' }, reported: '8000', disagreement: null },
    ])
    expect(await tuppence.spentToday()).toMatchObject({ spent: '8000' })

    // What was left of the ceiling is free: the day's limit has room for one more of them, and for nothing beside it.
    await tuppence.setRules({ autoPay: true, mostPerDay: '0.058' })
    expect((await buy(25)).status).toBe(200)
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(58_000n)
    expect(
      await page.evaluate(async (url) => (await window.x402Provider.fetch(url)).status, tides(playground.apiUrl, 1)),
    ).toBe(402)
    await expectNoPrompt(tuppence)
    expect(await spentOnChain()).toBe(58_000n)
    expect(await playground.permit2AllowanceOf(account.address)).toBeLessThanOrEqual(50_000n)

    const payments = await tuppence.dashboard('Payments')
    const row = payments.getByRole('button', { name: /\$0\.008 of up to \$0\.05/ })
    await expect(row).toBeVisible()
    await row.click()
    await expect(payments.getByRole('heading', { name: `$0.008 to ${host}` })).toBeVisible()
    await expect(payments.getByText('0.008 USDC on Base Sepolia')).toBeVisible()
    await expect(payments.getByText('At most')).toBeVisible()
    await expectAccessible(payments)
  },
)

test('until the chain has spoken all of the ceiling is held, and nothing used is nothing paid', async ({
  tuppence,
  playground,
  openStall,
  spentOnChain,
}) => {
  await tuppence.setRules({ autoPay: true })
  await playground.allowPermit2((await tuppence.wallet()).address as `0x${string}`, '1')
  const stall = await openStall({
    free: (app) => {
      app.get('/eels', (request, response, next) => {
        // It says that it took little, and took nothing.
        const paid = request.headers['payment-signature']
        const claim = { success: true, transaction: `0x${'ab'.repeat(32)}`, network: playground.network, amount: '1' }
        if (!paid) return next()
        response.set('PAYMENT-RESPONSE', Buffer.from(JSON.stringify(claim)).toString('base64')).send('Eels.')
      })
    },
    routes: { 'GET /eels': { price: '$0.05', by: 'upto', answer: (_, response) => void response.send('Eels.') } },
  })
  const page = await tuppence.open(`${stall.url}/eels`)
  await expect(page.getByText('Eels.')).toBeVisible()
  await expect
    .poll(async () => (await tuppence.payments())[0])
    .toMatchObject({ state: 'sent', reported: '1', charged: null })
  expect(await tuppence.spentToday()).toMatchObject({ spent: '50000' })
  const payments = await tuppence.dashboard('Payments')
  await expect(payments.getByRole('button', { name: /up to \$0\.05/ })).toBeVisible()
  expect(signaturesAt(stall)).toHaveLength(1)
  expect(await spentOnChain()).toBe(0n)
})
