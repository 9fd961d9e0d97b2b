import { decodePaymentSignatureHeader } from '@x402/core/http'
import { PaymentRequiredV1Schema } from '@x402/core/schemas'
import { describe, expect, test } from 'vitest'
import type { AnswerBody } from '@/lib/challenge/answer'
import type { Challenge, ChallengeProblem, Reading } from '@/lib/challenge/challenge'
import { x402V1 } from '@/lib/challenge/dialects/x402-v1'
import { SCHEMES } from '@/lib/rails/rails'

const USDC = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const PAYEE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const URL = 'https://shop.example/article'

/** Two cents, payable in every respect. */
const entry = (changes: object = {}) => ({
  scheme: 'exact',
  network: 'base-sepolia',
  maxAmountRequired: '20000',
  resource: URL,
  description: 'An article',
  mimeType: 'text/html',
  payTo: PAYEE,
  maxTimeoutSeconds: 60,
  asset: USDC,
  outputSchema: { input: { type: 'http', method: 'GET', discoverable: true } },
  extra: { name: 'USDC', version: '2' },
  ...changes,
})

const message = (changes: object = {}) => ({
  x402Version: 1,
  error: 'X-PAYMENT header is required',
  accepts: [entry()],
  ...changes,
})

const readText = (text: string, from: AnswerBody['from'] = 'site'): Reading | null =>
  x402V1.read(
    { method: 'GET', url: URL, bodyDigest: null },
    { status: 402, headers: [], body: { text, from } },
    SCHEMES,
  )

function challengeOf(content: unknown): Challenge {
  const reading = readText(typeof content === 'string' ? content : JSON.stringify(content))
  if (!reading?.ok) throw new Error(`It cannot be read: ${reading?.problem ?? 'another language'}`)
  return reading.challenge
}

const offersOf = (entries: readonly object[]) => challengeOf(message({ accepts: entries })).offers

const problemOf = (text: string): ChallengeProblem | null => {
  const reading = readText(text)
  return reading && !reading.ok ? reading.problem : null
}

/** As the servers' own package writes its page. */
const paywall = (accepts: unknown = [entry()]): string => `
    window.x402 = {
      amount: 0.02,
      paymentRequirements: ${JSON.stringify(accepts)},
      testnet: true,
      currentUrl: "/article",
      config: { chainConfig: {"8453":{"usdcAddress":"0x1"}}, },
    };
    console.log('Payment requirements initialized:', window.x402);`

describe('a body', () => {
  test('is read: what is sold, and which offers', () => {
    expect(PaymentRequiredV1Schema.safeParse(message()).success).toBe(true)
    expect(challengeOf(message())).toMatchObject({
      site: 'https://shop.example',
      description: 'An article',
      foreignResource: false,
      hearsay: false,
      offers: [
        {
          dialect: 'x402-v1',
          scheme: 'exact',
          network: 'eip155:84532',
          units: 20_000n,
          price: 20_000n,
          payTo: PAYEE,
          problem: null,
          accepted: entry(),
        },
      ],
    })
  })

  test.each([
    ['base', 'eip155:8453', '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', {}],
    ['polygon', 'eip155:137', '0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359', {}],
    [
      'solana-devnet',
      'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
      '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU',
      {
        payTo: 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx',
        extra: { feePayer: 'cGfHiC6Kgg3FpFZvgwGcswsCRtp4aBP2fzuXRQPizuN' },
      },
    ],
  ])('calls a network by its name: %s', (name, network, asset, changes) => {
    expect(offersOf([entry({ network: name, asset, ...changes })])).toMatchObject([{ network, problem: null }])
  })

  test('may call it as version 2 does, too', () => {
    expect(offersOf([entry({ network: 'eip155:84532' })])).toMatchObject([{ network: 'eip155:84532', problem: null }])
  })

  test.each(['Base-Sepolia', 'toString', '__proto__', 'base '])('has no other names for networks: %s', (name) => {
    expect(offersOf([entry({ network: name })])).toMatchObject([{ network: name, problem: 'unknown_network' }])
  })

  test('is the page’s own word where the page has handed it over', () => {
    expect(readText(JSON.stringify(message()), 'page')).toMatchObject({ ok: true, challenge: { hearsay: true } })
  })

  test('names in each entry what it sells: another host’s thing is seen in any of them', () => {
    const foreign = { resource: 'https://other.example/article' }
    expect(challengeOf(message({ accepts: [entry(), entry(foreign)] })).foreignResource).toBe(true)
    expect(challengeOf(message({ accepts: [entry({ resource: 'http://shop.example:8080/x' })] })).foreignResource).toBe(
      false,
    )
  })

  test.each([
    ['{}', null],
    ['[]', null],
    ['null', null],
    ['', null],
    ['Payment required', null],
    [JSON.stringify({ ...message(), x402Version: 2 }), null],
    [JSON.stringify({ ...message(), x402Version: '1' }), null],
    [`${JSON.stringify(message()).slice(0, -1)},"pad":"${'x'.repeat(64 * 1024)}"}`, null],
    [JSON.stringify(message({ accepts: [] })), 'no_offers'],
    [JSON.stringify(message({ accepts: {} })), 'wrong_shape'],
    [JSON.stringify(message({ accepts: [null] })), 'wrong_shape'],
    [JSON.stringify(message({ accepts: Array(33).fill(entry({ outputSchema: null })) })), 'wrong_shape'],
    [JSON.stringify(message({ accepts: [entry({ maxAmountRequired: 20000 })] })), 'wrong_shape'],
    [JSON.stringify(message({ accepts: [entry({ resource: undefined })] })), 'wrong_shape'],
    [JSON.stringify(message()).replace('"maxTimeoutSeconds":60', '"maxTimeoutSeconds":1e999'), 'wrong_shape'],
    [JSON.stringify(message({ deep: JSON.parse('['.repeat(20) + ']'.repeat(20)) })), 'too_deep'],
  ])('that is none, or not in shape: %.60s', (text, problem) => {
    expect(problemOf(text)).toBe(problem)
    if (problem === null) expect(readText(text)).toBeNull()
  })

  test.each([
    [{ maxAmountRequired: '0' }, 'invalid_amount'],
    [{ maxAmountRequired: '0x10' }, 'invalid_amount'],
    [{ maxAmountRequired: '-1' }, 'invalid_amount'],
    [{ payTo: USDC }, 'invalid_pay_to'],
    [{ scheme: 'another' }, 'unknown_scheme'],
    [{ scheme: 'upto', extra: { facilitatorAddress: PAYEE } }, 'unsupported_transfer_method'],
    [{ extra: { assetTransferMethod: 'permit2' } }, 'unsupported_transfer_method'],
    [{ asset: PAYEE }, 'unknown_asset'],
    [{ maxTimeoutSeconds: 0 }, 'invalid_time_limit'],
    [{ extra: { name: 'GatewayWalletBatched', verifyingContract: PAYEE } }, 'circle_gateway'],
  ])('whose offer cannot be paid says why: %o', (changes, problem) => {
    expect(offersOf([entry(changes)])).toMatchObject([{ problem }])
  })
})

describe('a paywall’s script', () => {
  test('is read as the body is, and never run', () => {
    const { offers } = challengeOf(paywall())
    expect(offers).toEqual(challengeOf(message()).offers)
  })

  test('may hold brackets and quotes in its words', () => {
    const description = 'A list ]; [of "\\things\\" \\" ]'
    expect(challengeOf(paywall([entry({ description })])).description).toBe(description)
  })

  test.each([
    'window.x402 = { paymentRequirements: fetch("https://evil.example") }',
    'window.x402 = { paymentRequirements: [alert(1)] }',
    'window.x402 = { paymentRequirements: [{ scheme: "exact" }] }',
    'window.x402 = { paymentRequirements: ["',
    'window.x402 = { paymentRequired: {} }',
    'paymentRequirements: [{}]',
  ])('that is anything else is nothing: %s', (text) => {
    expect(readText(text)).toBeNull()
  })

  test('full of beginnings takes no time', () => {
    const started = performance.now()
    for (const piece of ['window.x402=', '"', '\\"', 'paymentRequirements:[', 'window.x402={paymentRequirements:["\\'])
      readText(`window.x402 = {paymentRequirements: [${piece.repeat(64_000 / piece.length)}`)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('what goes back', () => {
  const [offer] = challengeOf(message()).offers

  test('is version 1’s payload in its own header', () => {
    const payload = { authorization: { nonce: '0x1' }, signature: '0x2' }
    const credential = offer && x402V1.payment?.credential(offer, payload)
    expect(credential?.headers.map(({ name }) => name)).toEqual(['X-PAYMENT'])
    expect(decodePaymentSignatureHeader(credential?.headers[0]?.value ?? '')).toEqual({
      x402Version: 1,
      scheme: 'exact',
      network: 'base-sepolia',
      payload,
    })
  })

  test('is answered in a header of its own, too', () => {
    const value = btoa(JSON.stringify({ success: true, transaction: '0xabc', network: 'base-sepolia', payer: '0x1' }))
    expect(x402V1.payment?.receipt([{ name: 'X-PAYMENT-RESPONSE', value }])).toMatchObject({
      success: true,
      transaction: '0xabc',
    })
    expect(x402V1.payment?.receipt([{ name: 'PAYMENT-RESPONSE', value }])).toBeNull()
  })
})
