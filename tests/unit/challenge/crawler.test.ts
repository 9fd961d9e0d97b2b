import { describe, expect, test } from 'vitest'
import { isPayable, type Offer } from '@/lib/challenge/challenge'
import { crawler } from '@/lib/challenge/dialects/crawler'
import { CREDIT } from '@/lib/money/assets'
import { SCHEMES } from '@/lib/rails/rails'
import { request } from './samples'

const read = (...prices: string[]) =>
  crawler.read(
    request(),
    { status: 402, headers: prices.map((value) => ({ name: 'Crawler-Price', value })), body: null },
    SCHEMES,
  )

function offerFor(price: string): Offer {
  const reading = read(price)
  const offer = reading?.ok ? reading.challenge.offers[0] : undefined
  if (!offer) throw new Error('There is no offer.')
  return offer
}

const receipt = (headers: Record<string, string>) =>
  crawler.payment?.receipt(Object.entries(headers).map(([name, value]) => ({ name, value })))

describe('a price in the crawler’s header', () => {
  test.each([
    ['USD 0.01', 10_000n],
    ['USD 1', 1_000_000n],
    ['USD 12.5', 12_500_000n],
    ['USD 0.000001', 1n],
  ])('%s is so many dollars', (price, micros) => {
    const offer = offerFor(price)
    expect(offer).toMatchObject({ price: micros, units: micros, asset: CREDIT.micros, problem: null, stated: null })
    expect(isPayable(offer)).toBe(true)
  })

  test.each(['USD 0', 'USD 0.00', 'USD 0.0000001'])('%s is no price', (price) => {
    expect(offerFor(price).problem).toBe('invalid_amount')
  })

  test('in another currency is told, and not paid', () => {
    expect(offerFor('EUR 0.01')).toMatchObject({ problem: 'fiat', stated: 'EUR 0.01', price: null })
  })

  test.each(['0.01', 'USD', 'USD -1', 'USD 1e3', 'usd 0.01', 'USD 0.01 USD 0.02', 'USD 1,000', ''])(
    'cannot be read: %s',
    (price) => {
      expect(read(price)).toEqual({ ok: false, problem: 'wrong_shape' })
    },
  )

  test('that is there twice cannot be read either', () => {
    expect(read('USD 0.01', 'USD 0.02')).toEqual({ ok: false, problem: 'wrong_shape' })
  })

  test('that is missing is no answer of this kind', () => {
    expect(read()).toBeNull()
  })
})

describe('the answer', () => {
  test('agrees to exactly the price, in the server’s own words', () => {
    expect(crawler.payment?.credential(offerFor('USD 0.010'), {})).toEqual({
      headers: [{ name: 'crawler-exact-price', value: 'USD 0.010' }],
    })
  })
})

describe('the receipt', () => {
  test('says what is charged', () => {
    expect(receipt({ 'crawler-charged': 'USD 0.01' })).toEqual({
      success: true,
      transaction: null,
      errorReason: null,
      units: 10_000n,
    })
  })

  test('says what went wrong, whatever else it says', () => {
    expect(receipt({ 'crawler-error': 'PaymentFailed', 'crawler-charged': 'USD 0.01' })).toEqual({
      success: false,
      transaction: null,
      errorReason: 'PaymentFailed',
    })
  })

  test.each([{}, { 'crawler-charged': 'plenty' }, { 'crawler-charged': 'EUR 1' }])('says nothing: %j', (headers) => {
    expect(receipt(headers as Record<string, string>)).toBeNull()
  })
})
