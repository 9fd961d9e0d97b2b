import { createPublicKey } from 'node:crypto'
import { createVerifier, httpbis } from 'http-message-signatures'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { AnswerHeader } from '@/lib/challenge/answer'
import { isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import { credentialFor } from '@/lib/payment/credential'
import { readChallenge } from '@/lib/payment/reading'
import { railOf } from '@/lib/rails/rails'
import { signatureAgent } from '@/lib/wallet/signature-agent'
import { createVault } from '@/lib/wallet/vault'
import { headerOf, message, request } from '../challenge/samples'
import { AGENT, readyAgent } from '../wallet/agents'

/** An offer as Cloudflare makes it (x402, batch-settlement on cloudflare:402): five cents, and no time limit. */
const OFFER = {
  scheme: 'batch-settlement',
  network: 'cloudflare:402',
  amount: '5',
  asset: 'USD',
  payTo: 'merchant',
  extra: { version: '1.0.0' },
}
const EXTENSIONS = { 'http-message-signatures': { info: { signatureSchemes: ['ed25519'], tags: ['web-bot-auth'] } } }

const required = (...accepts: object[]): AnswerHeader => ({
  name: 'PAYMENT-REQUIRED',
  value: headerOf({ ...message(), accepts, extensions: EXTENSIONS }),
})
const crawlerPrice: AnswerHeader = { name: 'crawler-price', value: 'USD 0.01' }

function offersOf(...headers: AnswerHeader[]) {
  const reading = readChallenge(request(), { status: 402, headers, body: null })
  if (!reading.ok) throw new Error(reading.problem)
  return reading.challenge.offers
}

function payable(...headers: AnswerHeader[]): PayableOffer {
  const [offer] = offersOf(...headers)
  if (!offer || !isPayable(offer)) throw new Error(`The offer cannot be paid: ${offer?.problem}`)
  return offer
}

async function pay(offer: PayableOffer, record = async () => undefined) {
  const { terms } = offer
  const { headers } = await credentialFor(await railOf(terms).prepare({ offer, terms, from: AGENT }), {
    offer,
    request: request(),
    validSeconds: 600,
    signer: 'vault',
    record,
    allow: async () => undefined,
    signal: new AbortController().signal,
  })
  return headers
}

beforeAll(async () => {
  await createVault('correct horse')
  await readyAgent()
})

describe('an offer to be billed later', () => {
  test.each(['batch-settlement', 'deferred'])('is read: %s', (scheme) => {
    expect(payable(required({ ...OFFER, scheme }))).toMatchObject({ price: 50_000n, units: 5n, maxTimeoutSeconds: 30 })
  })

  test.each([
    ['invalid_pay_to', { payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' }],
    ['invalid_amount', { amount: '0.05' }],
    ['fiat', { asset: 'EUR' }],
    ['fiat', { network: 'acme:credit' }],
    ['invalid_time_limit', { maxTimeoutSeconds: -1 }],
    // In the units of pay-per-crawl, a price would look ten thousand times smaller than the biller reads it.
    ['unsupported_transfer_method', { asset: 'USD/1000000' }],
    ['unsupported_transfer_method', { scheme: 'pay-per-crawl' }],
    ['unsupported_transfer_method', { extra: { version: '2.0.0' } }],
    ['unknown_scheme', { scheme: 'exact-credit' }],
  ])('is not paid for %s', (problem, changes) => {
    expect(offersOf(required({ ...OFFER, ...changes }))[0]?.problem).toBe(problem)
  })

  test('stands beside what the same answer offers otherwise', () => {
    expect(offersOf(required(OFFER), crawlerPrice).map(({ dialect, price }) => [dialect, price])).toEqual([
      ['x402-v2', 50_000n],
      ['crawler', 10_000n],
    ])
  })
})

describe('paying it', () => {
  const headerIn = (headers: readonly AnswerHeader[], name: string) =>
    headers.find((header) => header.name === name)?.value ?? ''

  test('sends the commitment and the offer as it came, and signs just that for half a minute', async () => {
    const record = vi.fn(async () => undefined)
    const headers = await pay(payable(required(OFFER)), record)
    expect(headers.map(({ name }) => name)).toEqual([
      'PAYMENT-SIGNATURE',
      'Signature-Agent',
      'Signature-Input',
      'Signature',
    ])
    expect(JSON.parse(atob(headerIn(headers, 'PAYMENT-SIGNATURE')))).toEqual({
      x402Version: 2,
      payload: { amount: '5', asset: 'USD' },
      accepted: OFFER,
      resource: message().resource,
      extensions: EXTENSIONS,
    })
    expect(headerIn(headers, 'Signature-Agent')).toBe(`"${AGENT}"`)
    const [, created, expires] =
      /^sig=\("@authority" "signature-agent" "payment-signature"\);created=(\d+);expires=(\d+);keyid="[\w-]{43}";nonce="[^"]{88}";tag="web-bot-auth"$/.exec(
        headerIn(headers, 'Signature-Input'),
      ) ?? []
    expect(Number(expires) - Number(created)).toBe(30)
    expect(record).toHaveBeenCalledOnce()
  })

  test.each([
    ['payment-signature', required(OFFER)],
    ['crawler-exact-price', crawlerPrice],
  ])('is what another library takes for good, with %s', async (covered, header) => {
    const headers = await pay(payable(header))
    const agent = await signatureAgent()
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: agent?.publicKey ?? '' }, format: 'jwk' })
    const verify = (changes: Record<string, string> = {}) =>
      httpbis.verifyMessage(
        {
          requiredFields: ['@authority', 'signature-agent', covered],
          keyLookup: async ({ keyid }) =>
            agent && keyid === agent.keyId ? { id: agent.keyId, verify: createVerifier(key, 'ed25519') } : null,
        },
        {
          method: 'GET',
          url: request().url,
          headers: {
            ...Object.fromEntries(headers.map(({ name, value }): [string, string] => [name.toLowerCase(), value])),
            ...changes,
          },
        },
      )
    expect(await verify()).toBe(true)
    expect(await verify({ [covered]: 'USD 9.99' })).toBe(false)
    expect(await verify({ 'signature-agent': '"https://other.example"' })).toBe(false)
  })

  test('names the exact price and no maximum to a crawler’s site', async () => {
    const headers = await pay(payable(crawlerPrice))
    expect(headers[0]).toEqual({ name: 'crawler-exact-price', value: 'USD 0.01' })
    expect(headers.map(({ name }) => name)).not.toContain('crawler-max-price')
  })
})

vi.setConfig({ hookTimeout: 30_000 })
