import { proves } from '../conformance/claims.ts'
import {
  expect,
  expectNoPrompt,
  expectStates,
  FARTHING_BRIDGE,
  PASSWORD,
  signaturesAt,
  TIDE_CLOCK,
  test,
} from './fixtures.ts'

const EXACT = {
  dialect: 'x402 v2',
  scheme: 'exact (EIP-3009)',
  transport: 'header',
  server: '@x402/express',
  outcome: 'paid',
} as const

const PAID_TEXT = 'a second notebook'

test.describe('a page that costs money', () => {
  test(
    'is paid once approved, and then simply loads',
    proves({ ...EXACT, request: 'page' }),
    async ({ tuppence, playground, spentOnChain }) => {
      const earned = await playground.balanceOf(playground.payTo)
      const page = await tuppence.open(playground.shopUrl)
      await page.getByRole('link', { name: /tide/i }).first().click()
      await expect(page.getByText(PAID_TEXT)).toBeHidden()

      const screen = await tuppence.approval()
      const host = new URL(playground.shopUrl).host
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.02 to ${host}?`)
      expect(await spentOnChain()).toBe(0n)
      await tuppence.approve()

      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(20_000n)
      expect(await playground.balanceOf(playground.payTo)).toBe(earned + 20_000n)
      const [payment] = await tuppence.payments()
      expect(payment).toMatchObject({ site: playground.shopUrl, price: '20000', decidedBy: 'user', answerStatus: 200 })
      expect((await playground.transfers()).at(-1)?.transaction).toBe(payment?.transaction)
      expect(await tuppence.tabState(page)).toMatchObject({ state: 'paid' })
      // The paid page took the place of the unpaid one: back leads to where the reader came from.
      expect(await page.evaluate(() => history.length)).toBe(3)
      await page.goBack()
      await expect(page).toHaveURL(`${playground.shopUrl}/`)
    },
  )

  test('keeps its 402 when it is declined', async ({ tuppence, playground, spentOnChain }) => {
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.decline()
    await expect.poll(async () => (await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'declined' }])
    await expect(page.getByText('costs $0.02')).toBeVisible()
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  })

  test('pays by itself under the cap, and asks above it', async ({ tuppence, playground, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10' })
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled'])

    await page.goto(playground.shopUrl + FARTHING_BRIDGE)
    await tuppence.approval()
    expect((await tuppence.pendingApprovals())[0]?.reasons).toMatchObject([
      { code: 'over_most_per_payment', values: { price: '$0.35', most: '$0.10' } },
    ])
    expect(await spentOnChain()).toBe(20_000n)
    await tuppence.approve()
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(370_000n)
  })

  test('is remembered: the box on the approval lets this site be paid up to that price', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const screen = await tuppence.approval()
    await screen.getByRole('checkbox', { name: 'Pay this site up to $0.02 without asking' }).check()
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()

    const other = await tuppence.open(`${playground.shopUrl}${TIDE_CLOCK}?again`)
    await expect(other.getByText(PAID_TEXT)).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled', 'settled'])

    await other.goto(playground.shopUrl + FARTHING_BRIDGE)
    await tuppence.decline()
    expect(await spentOnChain()).toBe(40_000n)
  })

  test('is never paid again by a reload or the back button', async ({ tuppence, playground, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10' })
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectStates(tuppence, ['settled'])

    await tuppence.reload(page)
    await tuppence.approval()
    expect((await tuppence.pendingApprovals())[0]?.reasons).toMatchObject([{ code: 'paid_recently' }])
    await tuppence.decline()

    await page.goto(playground.shopUrl)
    await page.goBack()
    await expect(page).toHaveURL(playground.shopUrl + TIDE_CLOCK)
    await page.waitForLoadState()
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(20_000n)
  })

  test('stays unpaid once the day’s limit is reached', async ({ tuppence, playground, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10', mostPerDay: '0.05' })
    for (const visit of ['?1', '?2']) {
      const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK + visit)
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
    }
    const page = await tuppence.open(`${playground.shopUrl}${TIDE_CLOCK}?3`)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons)
      .toMatchObject([{ code: 'over_day_limit', values: { total: '$0.06', cap: '$0.05' } }])
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await spentOnChain()).toBe(40_000n)
  })

  test(
    'downloads once it is paid',
    proves({ ...EXACT, request: 'download' }),
    async ({ tuppence, playground, spentOnChain }) => {
      const page = await tuppence.open(`${playground.shopUrl}/downloads/saturday-almanack.pdf`)
      const download = page.waitForEvent('download')
      await tuppence.approve()
      expect((await download).suggestedFilename()).toBe('saturday-almanack.pdf')
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(50_000n)
    },
  )
})

test.describe('a wallet', () => {
  test('that is locked asks for the password first, and refuses a wrong one', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    const wallets = await tuppence.dashboard('Wallets')
    await wallets.getByRole('button', { name: 'Lock' }).click()
    await expect.poll(async () => (await tuppence.wallet()).state).toBe('locked')
    await tuppence.setRules({ autoPay: true })

    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const screen = await tuppence.approval()
    await screen.getByLabel('Password').fill('wrong horse battery')
    await screen.getByRole('button', { name: 'Unlock' }).click()
    await expect(screen.getByText('That is not this wallet’s password. Try again.')).toBeVisible()
    expect(await tuppence.payments()).toEqual([])

    await tuppence.unlock(PASSWORD)
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    expect(await spentOnChain()).toBe(20_000n)
  })

  test.describe('with too little money', () => {
    test.use({ funds: '0.01' })

    test('is told so before paying, and signs nothing until it is topped up', async ({
      tuppence,
      playground,
      account,
    }) => {
      await tuppence.setRules({ autoPay: true })
      const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
      await expect
        .poll(async () => (await tuppence.tabState(page)).reasons)
        .toMatchObject([{ code: 'insufficient_funds', values: { needed: '0.02 USDC', available: '0.01 USDC' } }])
      await expectNoPrompt(tuppence)
      expect(await tuppence.payments()).toEqual([])

      await playground.fund(account.address, '1')
      await tuppence.reload(page)
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      expect(await playground.balanceOf(account.address)).toBe(990_000n)
    })
  })

  test('pays while its chain cannot be asked, and says that the balance is unknown', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    await tuppence.setRpc('Base Sepolia', 'http://127.0.0.1:9')
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    expect(await spentOnChain()).toBe(20_000n)
    // Nobody could confirm it: it stands as what the site reports.
    await expectStates(tuppence, ['sent'])
    expect(await tuppence.payments()).toMatchObject([{ answerStatus: 200, transaction: expect.stringMatching(/^0x/) }])
    const wallets = await tuppence.dashboard('Wallets')
    await expect(wallets.getByText(/unknown|could not be reached/i).first()).toBeVisible()
  })
})

test.describe('a question that waits', () => {
  test('survives the end of the background, and can still be paid', async ({ tuppence, playground, spentOnChain }) => {
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.approval()
    await tuppence.killWorker()
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(20_000n)
  })

  test('is dropped when its tab goes elsewhere or is closed', async ({ tuppence, playground }) => {
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(1)
    await page.goto(playground.shopUrl)
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(0)

    await page.goto(playground.shopUrl + FARTHING_BRIDGE)
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(1)
    await page.close()
    await expect.poll(async () => (await tuppence.pendingApprovals()).length).toBe(0)
    expect(await tuppence.payments()).toEqual([])
  })

  test('opens the extension’s own popup by itself', async ({ tuppence, playground }) => {
    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expect.poll(() => tuppence.openScreens()).toContainEqual(expect.stringContaining('/approval.html'))
  })
})

test.describe('a site that does not behave', () => {
  test('and refuses a payment is not paid again: the same bytes go out, never a second signature', async ({
    tuppence,
    openStall,
    playground,
    spentOnChain,
  }) => {
    let refusing = true
    const stall = await openStall({
      routes: { 'GET /essay': { price: '$0.03', answer: (_, response) => void response.send('The essay') } },
      free: (app) => {
        app.use((request, response, next) => {
          if (!refusing || !request.headers['payment-signature']) return next()
          response.status(402).send('No.')
        })
      },
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(`${stall.url}/essay`)
    await expectStates(tuppence, ['unknown'])
    expect(await tuppence.tabState(page)).toMatchObject({ state: 'not_paid', payment: { answerStatus: 402 } })

    await tuppence.reload(page)
    const refusals = () =>
      stall.requests.filter(({ headers, status }) => headers['payment-signature'] && status === 402)
    await expect.poll(() => refusals().length).toBe(2)
    await expect(page.getByText('No.')).toBeVisible()
    refusing = false
    await tuppence.reload(page)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(new Set(signaturesAt(stall)).size).toBe(1)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(30_000n)
    expect(playground.requests.facilitator.length).toBeGreaterThan(0)
  })

  test('and breaks the connection after the payment is not paid twice', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    let breaking = true
    const stall = await openStall({
      routes: {
        'GET /essay': {
          price: '$0.03',
          answer: (_, response) => void (breaking ? response.destroy() : response.send('The essay')),
        },
      },
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.context.newPage()
    await page.goto(`${stall.url}/essay`).catch(() => undefined)
    await expectStates(tuppence, ['unknown'])
    breaking = false
    await page.goto(`${stall.url}/essay`)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(new Set(signaturesAt(stall)).size).toBe(1)
    expect(await spentOnChain()).toBe(30_000n)
  })

  test('and redirects the paid request does not get the signature sent on', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    const thief = await openStall({
      host: 'thief.localhost',
      routes: {},
      free: (app) => void app.get('/', (_, response) => void response.send('Mine')),
    })
    const stall = await openStall({
      routes: { 'GET /essay': { price: '$0.03', answer: (_, response) => void response.send('The essay') } },
      free: (app) => {
        app.use((request, response, next) => {
          if (request.headers['payment-signature']) response.redirect(307, `${thief.url}/`)
          else next()
        })
      },
    })
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expect(page.getByText('Mine')).toBeVisible()
    expect(signaturesAt(stall)).toHaveLength(1)
    expect(signaturesAt(thief)).toEqual([])
    await expectStates(tuppence, ['unknown'])
    expect(await spentOnChain()).toBe(0n)
  })

  test('and asks in a way that cannot be paid is explained', async ({ tuppence, openStall }) => {
    const required = (message: unknown) => Buffer.from(JSON.stringify(message)).toString('base64')
    const offer = {
      scheme: 'exact',
      network: 'eip155:84532',
      amount: '1000',
      asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
      payTo: '0x1111111111111111111111111111111111111111',
      maxTimeoutSeconds: 60,
      extra: { name: 'USDC', version: '2' },
    }
    const odd: Record<string, string> = {
      unreadable: '%%%',
      scheme: required({ x402Version: 2, accepts: [{ ...offer, scheme: 'barter' }] }),
      network: required({ x402Version: 2, accepts: [{ ...offer, network: 'eip155:31337' }] }),
      asset: required({ x402Version: 2, accepts: [{ ...offer, asset: '0x2222222222222222222222222222222222222222' }] }),
    }
    const stall = await openStall({
      routes: {},
      free: (app) => {
        app.get('/odd/:kind', ({ params }, response) => {
          response.status(402).set('PAYMENT-REQUIRED', odd[params.kind]).send('Pay me')
        })
        app.get('/bare', (_, response) => void response.status(402).send('Pay me'))
      },
    })
    await tuppence.setRules({ autoPay: true })
    const expected = {
      'odd/unreadable': { code: 'unreadable', values: { problem: 'not_base64' } },
      'odd/scheme': { code: 'other_way', values: { way: 'unknown_scheme', scheme: 'barter', price: '$0.001' } },
      'odd/network': { code: 'nothing_payable', values: { problems: 'unknown_network' } },
      'odd/asset': { code: 'nothing_payable', values: { problems: 'unknown_asset' } },
      bare: { code: 'says_nothing', values: {} },
    }
    for (const [path, reason] of Object.entries(expected)) {
      const page = await tuppence.open(`${stall.url}/${path}`)
      await expect.poll(async () => (await tuppence.tabState(page)).reasons).toEqual([reason])
      await page.close()
    }
    expect(await tuppence.payments()).toEqual([])
  })

  test('and answers 402 with nothing in it is paid all the same', async ({ tuppence, openStall, spentOnChain }) => {
    const stall = await openStall({
      routes: {
        'GET /essay': {
          price: '$0.03',
          answer: (_, response) => void response.send('The essay'),
          customPaywallHtml: '',
        },
      },
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.context.newPage()
    // Chromium shows an error page of its own for an empty answer.
    await page.goto(`${stall.url}/essay`).catch(() => undefined)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(await spentOnChain()).toBe(30_000n)
  })
})
