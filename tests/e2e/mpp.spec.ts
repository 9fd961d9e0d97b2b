import { type Claim, proves } from '../conformance/claims.ts'
import { expect, expectNoPrompt, expectStates, type Page, test } from './fixtures.ts'

/** The page calls the page API's fetch. */
const payingFetch = (page: Page, url: string, headers: Record<string, string> = {}) =>
  page.evaluate(
    async ([url, headers]) => {
      const response = await window.x402Provider.fetch(url, { headers })
      return { status: response.status, body: await response.text() }
    },
    [url, headers] as const,
  )

const CHARGE: Omit<Claim, 'request'> = {
  dialect: 'MPP',
  scheme: 'charge (EIP-3009)',
  transport: 'header',
  outcome: 'paid',
  server: 'mppx',
}

test.describe('a site that sells by MPP', () => {
  test(
    'has its page paid once approved, and simply loads',
    proves({ ...CHARGE, request: 'page' }),
    async ({ tuppence, playground, spentOnChain }) => {
      const earned = await playground.balanceOf(playground.payTo)
      const page = await tuppence.open(playground.mppUrl)
      await page.getByRole('link', { name: /chart/ }).click()
      await expect(page.getByRole('heading', { name: '$0.02' })).toBeVisible()
      const screen = await tuppence.approval()
      const host = new URL(playground.mppUrl).host
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.02 to ${host}?`)
      await expect(screen.getByText('The harbour chart of Little Harrow')).toBeVisible()
      expect(await spentOnChain()).toBe(0n)
      await tuppence.approve()

      await expect(page.getByText('Keep the beacon north of the old pier')).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(20_000n)
      expect(await playground.balanceOf(playground.payTo)).toBe(earned + 20_000n)
      const [payment] = await tuppence.payments()
      expect(payment).toMatchObject({ site: playground.mppUrl, price: '20000', answerStatus: 200, disagreement: null })
      expect((await playground.transfers()).at(-1)?.transaction).toBe(payment?.transaction)
      const paid = playground.requests.mpp.findLast(({ status }) => status === 200)
      expect(paid?.headers.authorization).toMatch(/^Payment [A-Za-z0-9_-]+$/)
      expect(paid?.headers['payment-signature']).toBeUndefined()
    },
  )

  test(
    'has its API paid for a page of another origin, beside a sign-in of the page’s own but never in its place',
    proves({ ...CHARGE, request: 'page API' }),
    async ({ tuppence, playground, spentOnChain }) => {
      await tuppence.setRules({ autoPay: true, mostPerPayment: '0.01' })
      const elsewhere = await tuppence.open(playground.shopUrl)
      const answer = await payingFetch(elsewhere, `${playground.mppUrl}/depth`)
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('3.4') })
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(1_000n)

      const page = await tuppence.open(playground.mppUrl)
      const signIn = { Authorization: 'Bearer of good news' }
      const beside = await payingFetch(page, '/log', signIn)
      expect(beside).toMatchObject({ status: 200, body: expect.stringContaining(signIn.Authorization) })
      await expectStates(tuppence, ['settled', 'settled'])
      expect(await spentOnChain()).toBe(2_000n)

      expect(await payingFetch(page, '/depth', signIn)).toMatchObject({ status: 402 })
      expect((await tuppence.tabState(page)).reasons).toEqual([
        { code: 'nothing_payable', values: { problems: 'authorization_taken' } },
      ])
      await expectNoPrompt(tuppence)
      expect(await tuppence.payments()).toHaveLength(2)
      expect(await spentOnChain()).toBe(2_000n)
    },
  )
})
