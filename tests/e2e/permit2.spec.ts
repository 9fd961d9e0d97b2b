import { EIP2612_GAS_SPONSORING } from '../../playground/paid-server.ts'
import { type Claim, proves } from '../conformance/claims.ts'
import { expect, expectNoPrompt, expectStates, signaturesAt, test } from './fixtures.ts'

const EELS = {
  price: '$0.05',
  by: 'permit2',
  answer: (_: unknown, response: { send(text: string): unknown }) => void response.send('Eels.'),
} as const
/** What these tests prove, in the table of docs/protocols.md. */
const PAID = {
  dialect: 'x402 v2',
  scheme: 'exact (Permit2)',
  transport: 'header',
  request: 'page',
  outcome: 'paid',
  server: '@x402/express',
} as const satisfies Claim
const UNLIMITED = { erc20ApprovalGasSponsoring: { info: { description: 'We approve all of it.', version: '1' } } }

test(
  'an article through Permit2 is paid with the allowance there is',
  proves(PAID),
  async ({ tuppence, playground, account, openStall, spentOnChain }) => {
    await playground.allowPermit2(account.address, '0.06')
    const stall = await openStall({ routes: { 'GET /eels': EELS } })
    const earned = await playground.balanceOf(playground.payTo)
    const page = await tuppence.open(`${stall.url}/eels`)
    const host = new URL(stall.url).host
    await expect((await tuppence.approval()).getByRole('heading', { level: 1 })).toHaveText(`Pay $0.05 to ${host}?`)
    await tuppence.approve()
    await expect(page.getByText('Eels.')).toBeVisible()
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(50_000n)
    expect(await playground.balanceOf(playground.payTo)).toBe(earned + 50_000n)
    expect(await playground.permit2AllowanceOf(account.address)).toBe(10_000n)
  },
)

test(
  'an allowance is signed along with the payment, of just its amount, where the site takes one',
  proves({ ...PAID, scheme: 'exact (Permit2, signed allowance)' }),
  async ({ tuppence, playground, account, openStall, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const stall = await openStall({
      routes: {
        'GET /eels': { ...EELS, extensions: { ...EIP2612_GAS_SPONSORING, ...UNLIMITED } },
        'GET /more-eels': { ...EELS, extensions: EIP2612_GAS_SPONSORING },
      },
    })
    const page = await tuppence.open(`${stall.url}/eels`)
    await expect(page.getByText('Eels.')).toBeVisible()
    await page.goto(`${stall.url}/more-eels`)
    await expect(page.getByText('Eels.')).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(100_000n)
    expect(await playground.permit2AllowanceOf(account.address)).toBe(0n)
    for (const signature of signaturesAt(stall)) {
      const { extensions } = JSON.parse(Buffer.from(signature, 'base64').toString())
      expect(extensions.eip2612GasSponsoring.info).toMatchObject({
        amount: '50000',
        ...EIP2612_GAS_SPONSORING.eip2612GasSponsoring.info,
      })
      expect(extensions.erc20ApprovalGasSponsoring?.info.signedTransaction).toBeUndefined()
    }
  },
)

test(
  'without an allowance nothing is signed, and it is said what would be needed',
  proves({ ...PAID, scheme: 'exact (Permit2, without allowance)', outcome: 'named, not paid' }),
  async ({ tuppence, openStall, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const stall = await openStall({
      routes: { 'GET /eels': EELS, 'GET /all-or-nothing': { ...EELS, extensions: UNLIMITED } },
    })
    const page = await tuppence.open(`${stall.url}/eels`)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons.map(({ code }) => code))
      .toEqual(['allowance_missing'])
    await page.goto(`${stall.url}/all-or-nothing`)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons.map(({ code }) => code))
      .toEqual(['approval_unlimited'])
    const popup = await tuppence.popup(page)
    await expect(popup.getByText(/a permission for it without limit, which Tuppence never signs/)).toBeVisible()
    await expectNoPrompt(tuppence)
    expect(signaturesAt(stall)).toEqual([])
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  },
)

test('a 412 that asks for a payment is read like a 402, and one to a paid request leaves it open', async ({
  tuppence,
  playground,
  account,
  openStall,
  spentOnChain,
}) => {
  await tuppence.setRules({ autoPay: true })
  await playground.allowPermit2(account.address, '1')
  // As a server answers whose node is behind: it has not heard of the allowance, before the payment and after it.
  let behind = true
  const stall = await openStall({
    free: (app) => {
      app.get('/eels', (request, response, next) => {
        const { writeHead } = response
        response.writeHead = ((status: number, ...rest: never[]) =>
          writeHead.call(response, status === 402 ? 412 : status, ...rest)) as typeof writeHead
        if (request.headers['payment-signature'] && behind) response.status(412).send('No allowance.')
        else next()
      })
    },
    routes: { 'GET /eels': EELS },
  })
  const page = await tuppence.open(`${stall.url}/eels`)
  await expectStates(tuppence, ['unknown'])
  expect((await tuppence.payments())[0]).toMatchObject({ answerStatus: 412 })
  expect(await spentOnChain()).toBe(0n)
  behind = false
  await page.goto(`${stall.url}/eels`)
  await expect(page.getByText('Eels.')).toBeVisible()
  await expectStates(tuppence, ['settled'])
  const answers = stall.requests.filter(({ url }) => url.endsWith('/eels'))
  expect(answers.map(({ status }) => status)).toEqual([412, 412, 412, 200])
  expect(new Set(signaturesAt(stall)).size).toBe(1)
  expect(await spentOnChain()).toBe(50_000n)
})

test('five requests at once are paid once each, though each needs an allowance of its own', async ({
  tuppence,
  openStall,
  spentOnChain,
}) => {
  await tuppence.setRules({ autoPay: true })
  const stall = await openStall({
    free: (app) => void app.get('/', (_, response) => void response.send('A page')),
    routes: { 'GET /eels': { ...EELS, extensions: EIP2612_GAS_SPONSORING } },
  })
  const page = await tuppence.open(stall.url)
  const statuses = await page.evaluate(() =>
    Promise.all(Array.from({ length: 5 }, async () => (await window.x402Provider.fetch('/eels')).status)),
  )
  expect(statuses).toEqual([200, 200, 200, 200, 200])
  await expectStates(tuppence, ['settled', 'settled', 'settled', 'settled', 'settled'])
  expect(await spentOnChain()).toBe(250_000n)
})
