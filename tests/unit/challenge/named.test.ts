import { bech32m } from '@scure/base'
import { describe, expect, test } from 'vitest'
import { readChallenge } from '@/lib/payment/reading'
import { offersIn } from './mpp-samples'
import { answer, challengeOf, entry, headerOf, message, request } from './samples'

describe('Lightning', () => {
  const DATA = 'pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf'
  const stated = (invoice: string) => offersIn([`L402 macaroon="AGI=", invoice="${invoice}"`])[0]?.stated

  // BOLT 11's own examples, and what else may be written.
  test.each([
    [`lnbc2500u1${DATA}`, '250,000 sats'],
    [`lnbc20m1${DATA}`, '2,000,000 sats'],
    [`LNBC10U1${DATA.toUpperCase()}`, '1,000 sats'],
    [`lnbc9678785340p1${DATA}`, '967,878.534 sats'],
    [`lnbc10n1${DATA}`, '1 sat'],
    [`lnbc11${DATA}`, '100,000,000 sats'],
    [`lntb20m1${DATA}`, 'test 2,000,000 sats'],
    [`lntbs1u1${DATA}`, 'test 100 sats'],
    [`lnbc1${DATA}`, null],
    [`lnbc1p1${DATA}`, null],
    [`lnbc2500x1${DATA}`, null],
    ['', null],
    ['lightning:1000', null],
  ])('%s is for %s', (invoice, words) => {
    expect(stated(invoice)).toBe(words)
  })

  test('is known by its new name and its old one, without an invoice too', () => {
    const offers = offersIn(['LSAT macaroon=AGI=, invoice=lnbc10u1pvjluez', 'L402 version="0", token="AGI="'])
    expect(offers).toMatchObject([
      {
        dialect: 'l402',
        scheme: 'LSAT',
        network: 'lightning',
        problem: 'lightning',
        stated: '1,000 sats',
        terms: null,
      },
      { dialect: 'l402', scheme: 'L402', problem: 'lightning', stated: null },
    ])
  })
})

describe('Cashu', () => {
  const offer = (value: string) => {
    const reading = readChallenge(request(), answer([{ name: 'X-Cashu', value }]))
    return reading.ok && { ...reading.challenge.offers[0], description: reading.challenge.description }
  }
  const A =
    'creqApWF0gaNhdGVub3N0cmFheKlucHJvZmlsZTFxeTI4d3VtbjhnaGo3dW45ZDNzaGp0bnl2OWtoMnVld2Q5aHN6OW1od2RlbjV0ZTB3ZmprY2N0ZTljdXJ4dmVuOWVlaHFjdHJ2NWhzenJ0aHdkZW41dGUwZGVoaHh0bnZkYWtxcWd5ZGFxeTdjdXJrNDM5eWtwdGt5c3Y3dWRoZGh1NjhzdWNtMjk1YWtxZWZkZWhrZjBkNDk1Y3d1bmw1YWeBgmFuYjE3YWloYjdhOTAxNzZhYQphdWNzYXRhbYF4Imh0dHBzOi8vbm9mZWVzLnRlc3RudXQuY2FzaHUuc3BhY2U='
  const B =
    'CREQB1QYQQWER9D4HNZV3NQGQQSQQQQQQQQQQRAQPSQQGQQSQQZQG9QQVXSAR5WPEN5TE0D45KUAPWV4UXZMTSD3JJUCM0D5RQQRJRDANXVET9YPCXZ7TDV4H8GXHR3TQ'

  // The examples of NUT-18 and NUT-26.
  test.each([
    [A, { stated: '10 sats', description: null }],
    [B, { stated: '1,000 sats', description: 'Coffee payment' }],
    [B.toLowerCase(), { stated: '1,000 sats' }],
    [`${B.slice(0, -1)}P`, { stated: null }],
    ['creqAoWFhGQH0', { stated: null }], // {"a": 500}
    ['creqAomFhGQH0YXVjdXNk', { stated: 'USD 5.00' }], // {"a": 500, "u": "usd"}
    ['creqAomFhGQH0YXVjYXBp', { stated: '500 api' }], // {"a": 500, "u": "api"}
    ['creqA', { stated: null }],
    [
      bech32m.encode('other', bech32m.decode(B.toLowerCase() as `creqb1${string}`, false).words, false),
      { stated: null },
    ],
    ['nonsense', { stated: null }],
    ['', { stated: null }],
  ])('%s', (header, read) => {
    expect(offer(header)).toMatchObject({ dialect: 'cashu', scheme: 'Cashu', problem: 'cashu', terms: null, ...read })
  })
})

describe('an x402 offer', () => {
  const offer = (changes: object) =>
    challengeOf(headerOf({ ...message(), accepts: [{ ...entry(), ...changes }] })).offers[0]

  test('of Circle Gateway is known by its name', () => {
    const extra = {
      name: 'GatewayWalletBatched',
      version: '1',
      verifyingContract: '0x0077777d7eba4688bdef3e311b846f25870a19b9',
    }
    expect(offer({ extra })).toMatchObject({ problem: 'circle_gateway', price: 20_000n, terms: null })
  })

  test('of money of a state is known by its currency', () => {
    expect(offer({ network: 'card:us', asset: 'USD', amount: '500' })).toMatchObject({
      problem: 'fiat',
      stated: 'USD 5.00',
    })
    expect(offer({ scheme: 'ach', network: 'ach', asset: 'eur', amount: '500' })).toMatchObject({
      problem: 'fiat',
      stated: 'EUR 5.00',
    })
    expect(offer({ network: 'card:us', asset: 'XYZ', amount: '500' })).toMatchObject({
      problem: 'unknown_network',
      stated: null,
    })
  })
})
