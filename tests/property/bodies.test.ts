import fc from 'fast-check'
import { parseSiweMessage } from 'viem/siwe'
import { describe, expect, test } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { signatureUnder, signedReceiptIn } from '@/lib/challenge/offer-receipt'
import { type SignInInfo, signInAsked } from '@/lib/challenge/sign-in'
import { readChallenge } from '@/lib/payment/reading'
import { clearSignIn } from '@/lib/wallet/gate-sign-in'
import { effort } from '../effort'
import { challengeOf, header, PAYEE, USDC } from '../unit/challenge/samples'
import { PAYER } from '../unit/wallet/typed-data'

const RUNS = effort(3_000, 100_000)
const URL_ASKED = 'https://shop.example/article'

const honest = {
  x402Version: 1,
  error: 'X-PAYMENT header is required',
  accepts: [
    {
      scheme: 'exact',
      network: 'base-sepolia',
      maxAmountRequired: '20000',
      resource: URL_ASKED,
      description: 'An article',
      payTo: PAYEE,
      maxTimeoutSeconds: 60,
      asset: USDC,
      extra: { name: 'USDC', version: '2' },
    },
  ],
}

/** Anything at all in place of a value, or what comes near to what is allowed there. */
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('base', 'solana', 'exact', '1', '0', '-1', '1e3', '9'.repeat(80), USDC, PAYEE, `0x${'0'.repeat(40)}`),
)

/** The message with some of its entry's values, and of its own, replaced. */
const anyMessage = fc
  .record({
    entry: fc.dictionary(fc.constantFrom(...Object.keys(honest.accepts[0] ?? {}), 'more'), anyValue, { maxKeys: 3 }),
    message: fc.dictionary(fc.constantFrom(...Object.keys(honest), 'extensions'), anyValue, { maxKeys: 1 }),
  })
  .map(({ entry, message }) => ({ ...honest, accepts: [{ ...honest.accepts[0], ...entry }], ...message }))

/** As JSON, in a paywall's script, cut, or with something put into it. */
const anyBody = fc
  .tuple(anyMessage, fc.nat(3), fc.double({ min: 0, max: 1, noNaN: true }), fc.string({ unit: 'binary', maxLength: 5 }))
  .map(([message, way, at, piece]) => {
    const json = JSON.stringify(message)
    const place = Math.floor(at * json.length)
    return [
      json,
      `window.x402 = { amount: 1, paymentRequirements: ${JSON.stringify(message.accepts)}, testnet: true }`,
      `window.x402 = { paymentRequirements: ${json.slice(0, place)}`,
      json.slice(0, place) + piece + json.slice(place),
    ][way] as string
  })

describe('any body', () => {
  test('is read without ever throwing, and what can be paid of it is sound', () => {
    let payable = 0
    fc.assert(
      fc.property(anyBody, (text) => {
        const reading = readChallenge(
          { method: 'GET', url: URL_ASKED, bodyDigest: null },
          { status: 402, headers: [], body: { text, from: 'page' } },
        )
        if (!reading.ok) return
        expect(reading.challenge).toMatchObject({ site: 'https://shop.example', hearsay: true })
        for (const offer of reading.challenge.offers.filter(isPayable)) {
          payable++
          expect(offer.units).toBeGreaterThan(0n)
          expect(offer.payTo.toLowerCase()).not.toBe(offer.asset.address)
          expect(String(offer.accepted.maxAmountRequired)).toBe(offer.units.toString())
          expect(offer.accepted.payTo).toBe(offer.payTo)
        }
      }),
      { numRuns: RUNS },
    )
    // Otherwise nothing of it was tried.
    expect(payable).toBeGreaterThan(RUNS / 20)
  })
})

describe('any extension', () => {
  test('is read without ever throwing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), fc.string({ unit: 'binary' }), async (value, text) => {
        const signed = { format: 'jws', signature: text }
        for (const info of [value, { offers: [value, signed] }, { receipt: value }]) {
          const extensions = JSON.parse(JSON.stringify({ 'offer-receipt': { info }, 'sign-in-with-x': { info } }))
          const challenge = challengeOf(header({ extensions }))
          signInAsked(challenge)
          signedReceiptIn(extensions)
          for (const offer of challenge.offers) await signatureUnder(offer, URL_ASKED, 0)
        }
      }),
      { numRuns: RUNS / 10 },
    )
  })
})

describe('any message that is cleared to sign in with', () => {
  const NOW = Date.UTC(2026, 10, 21, 12)
  const words = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      '\nURI: https://evil.example',
      'a\r\nNonce: 1',
      'URI: https://evil.example',
      '- https://evil.example',
    ),
  )
  const sometimes = <Value>(value: Value) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: words })

  test('says what was bought, and nothing else', () => {
    let cleared = 0
    fc.assert(
      fc.property(
        fc.record(
          {
            domain: sometimes('shop.example'),
            uri: sometimes(URL_ASKED),
            version: sometimes('1'),
            nonce: sometimes('a1b2c3d4e5f67890'),
            issuedAt: sometimes(new Date(NOW).toISOString()),
            expirationTime: sometimes(new Date(NOW + 60_000).toISOString()),
            requestId: words,
            statement: words,
            resources: fc.array(sometimes(URL_ASKED), { maxLength: 3 }),
          },
          { requiredKeys: ['domain', 'uri', 'version', 'nonce', 'issuedAt'] },
        ),
        (info) => {
          let message: string
          try {
            message = clearSignIn(info as SignInInfo, { url: URL_ASKED, address: PAYER, network: 'eip155:84532' }, NOW)
          } catch {
            return
          }
          cleared++
          expect(parseSiweMessage(message)).toMatchObject({
            domain: 'shop.example',
            address: PAYER,
            uri: URL_ASKED,
            version: '1',
            chainId: 84532,
            nonce: info.nonce,
          })
          expect(message.match(/^URI: /gm)).toHaveLength(1)
          expect(message).not.toMatch(/^- .*evil/m)
        },
      ),
      { numRuns: RUNS },
    )
    expect(cleared).toBeGreaterThan(RUNS / 50)
  })
})
