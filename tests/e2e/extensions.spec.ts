import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { decodePaymentSignatureHeader } from '@x402/core/http'
import {
  createEIP712OfferReceiptIssuer,
  createOfferReceiptExtension,
  declareOfferReceiptExtension,
  verifyOfferSignatureEIP712,
  verifyReceiptSignatureEIP712,
} from '@x402/extensions/offer-receipt'
import {
  declarePaymentIdentifierExtension,
  extractAndValidatePaymentIdentifier,
  paymentIdentifierResourceServerExtension,
} from '@x402/extensions/payment-identifier'
import {
  createSIWxResourceServerExtension,
  declareSIWxExtension,
  InMemorySIWxStorage,
} from '@x402/extensions/sign-in-with-x'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { PaidRoute } from '../../playground/paid-server.ts'
import type { RunningServer } from '../../playground/server.ts'
import { type Claim, proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, expectStates, type OpenStall, signaturesAt, test } from './fixtures.ts'

const PAID_TEXT = 'What the signature was for'

/** Something for sale for two cents, paid to an account that can sign. */
function thing(payTo: string, extensions: Record<string, unknown>): PaidRoute {
  return {
    price: '$0.02',
    accepts: { scheme: 'exact', price: '$0.02', network: 'eip155:84532', payTo },
    extensions,
    answer: (_request, response) => void response.send(`<h1>${PAID_TEXT}</h1>`),
  }
}

test.describe('a server that signs what it offers and what it was paid', () => {
  const payee = privateKeyToAccount(generatePrivateKey())
  const issuer = createEIP712OfferReceiptIssuer(
    `did:pkh:eip155:1:${payee.address}`,
    payee.signTypedData as Parameters<typeof createEIP712OfferReceiptIssuer>[1],
  )

  test('is paid as any other; its signatures are kept, and say whose they are', async ({
    tuppence,
    playground,
    openStall,
    spentOnChain,
  }) => {
    const stall = await openStall({
      extensions: [createOfferReceiptExtension(issuer), paymentIdentifierResourceServerExtension],
      routes: {
        'GET /thing': thing(payee.address, {
          ...declareOfferReceiptExtension(),
          'payment-identifier': declarePaymentIdentifierExtension(true),
        }),
      },
    })
    await tuppence.setRules({ autoPay: true })
    const page = await tuppence.open(`${stall.url}/thing`)
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(20_000n)
    expect(await playground.balanceOf(payee.address)).toBe(20_000n)
    const [signature = ''] = signaturesAt(stall)
    const { id, validation } = extractAndValidatePaymentIdentifier(decodePaymentSignatureHeader(signature))
    expect([validation.valid, id]).toEqual([true, expect.stringMatching(/^pay_[0-9a-f]{32}$/)])

    const history = await tuppence.dashboard('Payments')
    await history.getByRole('button', { name: /\$0\.02/ }).click()
    const detail = history.getByRole('dialog')
    await expect(detail.getByText('Signed by the account that was paid')).toHaveCount(2)
    await expectAccessible(history)
    const saved = history.waitForEvent('download')
    await detail.getByRole('button', { name: 'Save evidence' }).click()
    const file = JSON.parse(await readFile(await (await saved).path(), 'utf8'))
    const [payment] = await tuppence.payments()
    expect(file.payment).toMatchObject({ url: `${stall.url}/thing`, transaction: payment?.transaction })
    expect((await verifyOfferSignatureEIP712(file.signedOffer)).signer).toBe(payee.address)
    const receipt = await verifyReceiptSignatureEIP712(file.signedReceipt)
    expect(receipt).toMatchObject({ signer: payee.address, payload: { payer: payment?.from } })
  })

  test('asks where its signature is for something else', async ({ tuppence, openStall, spentOnChain }) => {
    const dearer = createOfferReceiptExtension({
      ...issuer,
      issueOffer: (url, input) => issuer.issueOffer(url, { ...input, amount: '30000' }),
    })
    const stall = await openStall({
      extensions: [dearer],
      routes: { 'GET /thing': thing(payee.address, declareOfferReceiptExtension()) },
    })
    await tuppence.setRules({ autoPay: true })
    await tuppence.open(`${stall.url}/thing`)
    const screen = await tuppence.approval()
    await expect(screen.getByText('its signature is not for this')).toBeVisible()
    const [approval] = await tuppence.pendingApprovals()
    expect(approval?.reasons.map(({ code }) => code)).toEqual(['signature_wrong'])
    await tuppence.decline()
    expect(await spentOnChain()).toBe(0n)
  })
})

test.describe('a site that knows again who has paid it', () => {
  /** A stall at an address that it knows before it opens, as the extension wants it. */
  async function openKnowingStall(openStall: OpenStall, forgets = false) {
    const port = await freePort()
    const origin = `http://stall.localhost:${port}`
    const payTo = privateKeyToAccount(generatePrivateKey()).address
    const storage = new InMemorySIWxStorage()
    if (forgets) storage.hasPaid = () => false
    const extension = createSIWxResourceServerExtension({ origin, storage })
    const declared = declareSIWxExtension({ statement: 'Open it again', expirationSeconds: 300 })
    return openStall({
      port,
      free: (app) => app.get('/', (_request, response) => void response.send('A stall')),
      extensions: [extension],
      routes: { 'GET /thing': thing(payTo, declared), 'GET /other': thing(payTo, declared) },
    })
  }
  const signInsAt = ({ requests }: RunningServer) => requests.filter(({ headers }) => headers['sign-in-with-x']).length

  const opened = (request: Claim['request']) =>
    ({
      dialect: 'x402 v2',
      scheme: 'sign-in-with-x',
      transport: 'header',
      request,
      outcome: 'opened free',
      server: '@x402/express',
    }) as const

  test(
    'opens free what was bought before, once the user says so, and unasked where a rule says so',
    proves(opened('page'), opened('page API')),
    async ({ tuppence, openStall, spentOnChain }) => {
      const stall = await openKnowingStall(openStall)
      await tuppence.setRules({ autoPay: true })
      const page = await tuppence.open(`${stall.url}/thing`)
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(20_000n)

      await page.goto('about:blank')
      await page.goto(`${stall.url}/thing`)
      const screen = await tuppence.approval()
      await expect(screen.getByText('You already bought this with')).toBeVisible()
      await expectAccessible(screen)
      expect(signInsAt(stall)).toBe(0)
      await screen.getByRole('button', { name: 'Open without paying again' }).click()
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      expect(signInsAt(stall)).toBe(1)

      await tuppence.addSiteRule(stall.url, { mode: 'Ask', signIn: true })
      const fetched = page.evaluate(async () => (await window.x402Provider.fetch('/thing')).text())
      expect(await fetched).toContain(PAID_TEXT)
      await page.goto('about:blank')
      await page.goto(`${stall.url}/thing`)
      await expect(page.getByText(PAID_TEXT)).toBeVisible()
      await expectNoPrompt(tuppence)
      expect(signInsAt(stall)).toBe(3)

      await expectStates(tuppence, ['settled'])
      expect(await spentOnChain()).toBe(20_000n)
      const history = await tuppence.dashboard('Payments')
      await expect(
        history.getByRole('region', { name: 'Opened free, bought before' }).getByRole('listitem'),
      ).toHaveCount(3)
      await expectAccessible(history)
    },
  )

  test('that does not know the account again is paid by the rules, and not signed in to once more', async ({
    tuppence,
    openStall,
    spentOnChain,
  }) => {
    const stall = await openKnowingStall(openStall, true)
    await tuppence.setRules({ autoPay: true })
    await tuppence.addSiteRule(stall.url, { mode: 'Pay without asking', signIn: true })
    const page = await tuppence.open(stall.url)
    const buy = () => page.evaluate(async () => (await window.x402Provider.fetch('/other')).text())
    for (const _ of [1, 2, 3]) expect(await buy()).toContain(PAID_TEXT)
    await expectStates(tuppence, ['settled', 'settled', 'settled'])
    expect(await spentOnChain()).toBe(60_000n)
    expect(signInsAt(stall)).toBe(1)

    await page.goto(`${stall.url}/thing`)
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    await page.goto('about:blank')
    await page.goto(`${stall.url}/thing`)
    // A page that was bought a moment ago is always asked about.
    await tuppence.approval()
    expect(signInsAt(stall)).toBe(2)
    expect(await spentOnChain()).toBe(80_000n)
    await tuppence.approve()
    await expect(page.getByText(PAID_TEXT)).toBeVisible()
    expect(signInsAt(stall)).toBe(2)
    expect(await spentOnChain()).toBe(100_000n)
  })
})

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
