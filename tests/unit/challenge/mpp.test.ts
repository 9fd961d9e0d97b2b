import { createHash } from 'node:crypto'
import { Challenge, Receipt } from 'mppx'
import { describe, expect, test } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { mpp } from '@/lib/challenge/dialects/mpp'
import { intentOf } from '@/lib/challenge/intent'
import { ASSETS } from '@/lib/money/assets'
import { readChallenge } from '@/lib/payment/reading'
import { PAYER } from '../wallet/typed-data'
import { chargeRequest, offersIn, payment, readAuth } from './mpp-samples'
import { answer, header, PAYEE, request, USDC } from './samples'

const only = (value: string, changes = {}) => {
  const [offer] = offersIn([value], changes)
  if (!offer) throw new Error('There is no offer.')
  return offer
}
const details = (changes: object) => chargeRequest({ methodDetails: { ...chargeRequest().methodDetails, ...changes } })

describe('an MPP charge on EVM', () => {
  test('is an offer like any other', () => {
    const reading = readAuth([payment()])
    expect(reading).toMatchObject({
      ok: true,
      challenge: { site: 'https://shop.example', description: 'An article', foreignResource: false, hearsay: false },
    })
    expect(only(payment())).toMatchObject({
      dialect: 'mpp',
      scheme: 'evm/charge',
      network: 'eip155:84532',
      assetAddress: USDC,
      units: 20_000n,
      price: 20_000n,
      payTo: PAYEE,
      problem: null,
      terms: { rail: 'mpp-charge', nonce: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    })
    expect(only(payment()).maxTimeoutSeconds).toBeGreaterThan(290)
  })

  test('is the same purchase however often it is asked for, until what is bought changes', () => {
    const intent = (value: string) => intentOf(request(), only(value))
    const again = payment({ id: 'other', expires: new Date(Date.now() + 60_000).toISOString(), opaque: 'e30' })
    expect(intent(again)).toBe(intent(payment()))
    for (const other of [
      payment({}, chargeRequest({ amount: '20001' })),
      payment({}, chargeRequest({ externalId: '7' })),
      payment({ realm: 'elsewhere' }),
      payment({ description: 'Another article' }),
    ])
      expect(intent(other)).not.toBe(intent(payment()))
  })

  test('stands beside others in one header or several, whatever the order', () => {
    const stripe = payment({ method: 'stripe' }, { amount: '500', currency: 'usd', methodDetails: {} })
    const both = [`Basic realm="x, y", ${stripe}, ${payment()}`]
    expect(offersIn(both).map(({ scheme }) => scheme)).toEqual(['stripe/charge', 'evm/charge'])
    expect(offersIn([payment(), stripe]).filter(isPayable)).toHaveLength(1)
    expect(offersIn(['Payment id="damaged', payment()]).filter(isPayable)).toHaveLength(1)
  })

  test('comes after an x402 offer of the same answer, and is none of its own where it asks for the same transfer', () => {
    const dialects = (...values: string[]) => {
      const auth = values.map((value) => ({ name: 'www-authenticate', value }))
      const reading = readChallenge(request(), answer([...auth, { name: 'payment-required', value: header() }]))
      return reading.ok && reading.challenge.offers.map(({ dialect }) => dialect)
    }
    expect(dialects(payment())).toEqual(['x402-v2'])
    const others = [{ amount: '19999' }, { recipient: PAYER }, { currency: PAYEE }].map((changes) =>
      payment({}, chargeRequest(changes)),
    )
    expect(dialects(...others)).toEqual(['x402-v2', 'mpp', 'mpp', 'mpp'])
  })

  test.each([
    ['expired', payment({ expires: new Date(Date.now() - 1_000).toISOString() })],
    ['expired', payment({ expires: new Date(Date.now() + 15_000).toISOString() })],
    ['raw_transaction', payment({}, details({ credentialTypes: undefined }))],
    ['raw_transaction', payment({}, details({ credentialTypes: ['transaction', 'hash'] }))],
    ['unsupported_transfer_method', payment({}, details({ credentialTypes: ['permit2'] }))],
    ['unsupported_transfer_method', payment({}, details({ splits: [{ recipient: PAYEE, amount: '1' }] }))],
    ['unknown_network', payment({}, details({ chainId: 5 }))],
    ['unknown_asset', payment({}, chargeRequest({ currency: PAYEE }))],
    ['invalid_amount', payment({}, chargeRequest({ amount: '0' }))],
    ['invalid_amount', payment({}, chargeRequest({ amount: '0x10' }))],
    ['invalid_pay_to', payment({}, chargeRequest({ recipient: USDC }))],
    ['other_body', payment({ digest: 'sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=' })],
    ['other_body', payment({ digest: 'sha-256=nonsense' })],
  ])('is not paid: %s', (problem, value) => {
    expect(only(value)).toMatchObject({ problem, terms: null })
  })

  test('is bound to the body that was sent', () => {
    const sha = createHash('sha256').update('{"city":"Oslo"}')
    const bodyDigest = sha.copy().digest('hex')
    const digest = sha.digest('base64')
    for (const written of [`sha-256=${digest}`, `sha-256=:${digest}:`, `sha-512=:AA==:, sha-256=:${digest}:`])
      expect(only(payment({ digest: written }), { method: 'POST', bodyDigest }).problem).toBeNull()
    expect(only(payment({ digest: `sha-256=:${digest}:` })).problem).toBe('other_body')
    const nothing = createHash('sha256').digest('base64')
    expect(only(payment({ digest: `sha-256=:${nothing}:` })).problem).toBeNull()
  })

  test('never takes the place of the page’s own sign-in', () => {
    expect(only(payment(), { isAuthorized: true }).problem).toBe('authorization_taken')
    expect(only(payment({ header: 'Payment-Authorization' }), { isAuthorized: true }).problem).toBeNull()
  })
})

test('a token that is not known to do EIP-3009 is not taught it by a server', () => {
  const asset = ASSETS.find((known) => known.family === 'evm' && known.method === 'permit2')
  const chainId = Number(asset?.network.split(':')[1])
  const sold = { ...details({ chainId }), currency: asset?.address }
  expect(only(payment({}, sold))).toMatchObject({ asset, problem: 'unsupported_transfer_method', terms: null })
})

describe('an MPP challenge cannot be read', () => {
  test.each([
    ['wrong_shape', 'Payment realm="r"'],
    ['wrong_shape', payment({ header: 'Cookie' })],
    ['wrong_shape', payment().replace(', expires', ', header="Authorization", expires')],
    ['wrong_shape', payment({ method: 'EVM' })],
    ['wrong_shape', payment({ expires: 'tomorrow' })],
    ['wrong_shape', payment({}, { amount: 20000 })],
    ['wrong_shape', 'Payment id="a", id="b", realm="r", method="evm", intent="charge", request="e30"'],
    ['wrong_shape', 'Payment id="a", realm="r", method="evm", intent="charge", request="e30!"'],
    ['wrong_shape', 'Payment id="a", realm="r", method="evm", intent="charge", request="W10"'],
    ['not_base64', 'Payment id="a", realm="r", method="evm", intent="charge", request="a"'],
    ['not_json', 'Payment id="a", realm="r", method="evm", intent="charge", request="e3"'],
    ['too_deep', payment({}, chargeRequest({ x: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) as unknown }))],
  ])('%s: %s', (problem, value) => {
    expect(readAuth([value])).toEqual({ ok: false, problem })
  })
})

describe('other MPP methods are named', () => {
  test.each([
    [
      'tempo',
      'charge',
      { amount: '10000', currency: '0x20c0000000000000000000000000000000000000' },
      'tempo',
      '0.01 pathUSD',
    ],
    ['tempo', 'session', { amount: '25', currency: PAYEE }, 'tempo', null],
    ['stripe', 'charge', { amount: '500', currency: 'usd' }, 'fiat', 'USD 5.00'],
    ['card', 'charge', { amount: '500', currency: 'JPY' }, 'fiat', 'JPY 500'],
    ['lightning', 'charge', { amount: '1000', currency: 'sat' }, 'lightning', '1,000 sats'],
    ['solana', 'charge', { amount: '1000', currency: USDC }, 'unknown_scheme', null],
    ['evm', 'session', { amount: '1000', currency: USDC }, 'unknown_scheme', null],
    ['evm', 'subscription', {}, 'unknown_scheme', null],
  ])('%s %s', (method, intent, sold, problem, stated) => {
    const offer = only(payment({ method, intent }, sold))
    expect(offer).toMatchObject({ scheme: `${method}/${intent}`, problem, stated, price: null, terms: null })
  })
})

describe('the credential and the receipt', () => {
  test('the challenge goes back as it came, and mppx finds it untouched', () => {
    const secretKey = 'a secret key that is long enough for mppx'
    const challenge = Challenge.from({
      secretKey,
      realm: 'shop.example',
      method: 'evm',
      intent: 'charge',
      description: 'Dinner — for “two”',
      expires: new Date(Date.now() + 300_000).toISOString(),
      digest: `sha-256=${createHash('sha256').digest('base64')}`,
      meta: { order: '7' },
      request: chargeRequest(),
    })
    const offer = only(Challenge.serialize(challenge))
    const [header, ...others] = mpp.payment?.credential(offer, { payload: { type: 'authorization' } }).headers ?? []
    expect([header?.name, others]).toEqual(['Authorization', []])
    const [, encoded = ''] = header?.value.split(' ') ?? []
    const sent = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as { challenge: { request: string } }
    const request = JSON.parse(Buffer.from(sent.challenge.request, 'base64url').toString()) as Record<string, unknown>
    expect(Challenge.verify({ ...sent.challenge, request } as Challenge.Challenge, { secretKey })).toBe(true)
    expect({ ...sent.challenge, request }).toEqual({ ...challenge, meta: undefined })
    const besides = mpp.payment?.credential(only(payment({ header: 'Payment-Authorization' })), {})
    expect(besides?.headers[0]?.name).toBe('Payment-Authorization')
  })

  test('a receipt tells the transaction', () => {
    const receipt = (value: string) => mpp.payment?.receipt([{ name: 'Payment-Receipt', value }])
    const written = Receipt.serialize({
      method: 'evm',
      reference: '0xabc',
      status: 'success',
      timestamp: new Date().toISOString(),
    })
    expect(receipt(written)).toEqual({ success: true, transaction: '0xabc', errorReason: null })
    expect([receipt('!'), receipt('e30'), receipt('bm90IGpzb24'), mpp.payment?.receipt([])]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})
