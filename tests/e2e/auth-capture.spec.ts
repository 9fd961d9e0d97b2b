import { encodePaymentRequiredHeader } from '@x402/core/http'
import { proves } from '../conformance/claims.ts'
import { expect, expectNoPrompt, test } from './fixtures.ts'

test(
  'money that a contract would hold is named with its price, and not paid',
  proves({
    dialect: 'x402 v2',
    scheme: 'auth-capture',
    transport: 'header',
    request: 'page',
    outcome: 'named, not paid',
    server: 'the playground',
  }),
  async ({ tuppence, playground, openStall, spentOnChain }) => {
    await tuppence.setRules({ autoPay: true })
    const { network, asset, payTo } = playground
    const day = Math.floor(Date.now() / 1000) + 86_400
    const stall = await openStall({
      routes: {},
      free: (app) => {
        app.get('/cruise', (_, response) => {
          const extra = {
            name: 'USDC',
            version: '2',
            captureAuthorizer: payTo,
            captureDeadline: day,
            refundDeadline: day * 2,
            feeRecipient: payTo,
            minFeeBps: 0,
            maxFeeBps: 100,
          }
          const offer = { scheme: 'auth-capture', network, amount: '50000', asset, payTo, maxTimeoutSeconds: 60, extra }
          const required = { x402Version: 2, resource: { url: '/cruise' }, accepts: [offer] }
          response.status(402).set('PAYMENT-REQUIRED', encodePaymentRequiredHeader(required)).send('Pay first')
        })
      },
    })
    const page = await tuppence.open(`${stall.url}/cruise`)
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons)
      .toMatchObject([{ values: { way: 'escrow' } }])
    const popup = await tuppence.popup(page)
    await expect(popup.getByText(/that a contract holds until the site takes it or gives it back/)).toBeVisible()
    await expect(popup.getByText(/\$0\.05/)).toBeVisible()
    await expectNoPrompt(tuppence)
    expect(await tuppence.payments()).toEqual([])
    expect(await spentOnChain()).toBe(0n)
  },
)
