import fc from 'fast-check'
import { Challenge } from 'mppx'
import { describe, expect, test } from 'vitest'
import { encodeBase64Url } from '@/lib/challenge/base64'
import { readCbor } from '@/lib/challenge/cbor'
import { isPayable } from '@/lib/challenge/challenge'
import { parseChallenges } from '@/lib/challenge/www-authenticate'
import { readChallenge } from '@/lib/payment/reading'
import { chargeRequest, offersIn, payment } from '../unit/challenge/mpp-samples'
import { answer, PAYEE, request } from '../unit/challenge/samples'

const HEADERS = ['www-authenticate', 'x-cashu', 'payment-required'] as const

/** Text made of what these headers are made of. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom('Payment ', 'L402 ', 'LSAT ', ', ', ' ', '=', '"', '\\', '\\u00e9', '=="', 'creqA', 'creqb1'),
      fc.constantFrom(
        'id',
        'realm',
        'method="evm"',
        'intent="charge"',
        'request="e30"',
        'invoice="lnbc10u1p"',
        'expires',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ maxLength: 12 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

describe('whatever a server writes', () => {
  test('is read or refused, never paid by accident, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...HEADERS), pieces), { maxLength: 4 }), (headers) => {
        const reading = readChallenge(request(), answer(headers.map(([name, value]) => ({ name, value }))))
        if (!reading.ok) {
          expect(reading.problem).toMatch(/^[a-z0-9_]+$/)
          return
        }
        expect(reading.challenge.offers.length).toBeGreaterThan(0)
        expect(reading.challenge.offers.filter(isPayable)).toEqual([])
      }),
    )
  })

  test('of a charge is paid to nobody else, and for no other amount', () => {
    const anything = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string(), { maxLength: 3 }))
    const key = fc.constantFrom('amount', 'currency', 'recipient', 'methodDetails', '__proto__', 'other')
    fc.assert(
      fc.property(key, anything, (name, value) => {
        const sold = JSON.parse(JSON.stringify(chargeRequest())) as Record<string, unknown>
        Object.defineProperty(sold, name, { value, enumerable: true })
        const header = payment().replace(/request="[^"]*"/, `request="${encodeBase64Url(JSON.stringify(sold))}"`)
        const reading = readChallenge(request(), answer([{ name: 'www-authenticate', value: header }]))
        for (const offer of reading.ok ? reading.challenge.offers.filter(isPayable) : []) {
          expect(offer.units?.toString()).toBe(sold.amount)
          expect(offer.payTo).toBe(sold.recipient)
        }
      }),
    )
  })

  test('takes time in proportion to its length', () => {
    const long = 64 * 1024
    const attacks = ['Payment ', 'a,', '"', '\\', 'A x="', ' ', 'a=', 'L402 invoice="lnbc1', 'A\t', '= ,'].map(
      (piece) => piece.repeat(long / piece.length),
    )
    const started = performance.now()
    for (const attack of [...attacks, `A x="${'\\'.repeat(long)}`, `A ${'a'.repeat(long)}!`])
      for (const name of HEADERS) readChallenge(request(), answer([{ name, value: attack }]))
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

test('challenges that mppx writes are read as they were meant', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !/[\r\n]/.test(value))
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), text, text, (id, realm, description) => {
      const header = payment({ id, realm, description })
      const [offer] = offersIn([`Basic realm="x", ${header}, ${payment()}`])
      const { id: readId, realm: readRealm } = Challenge.deserialize(header)
      expect([offer?.envelope.id, offer?.accepted.realm]).toEqual([readId, readRealm])
      expect(offer).toMatchObject({ problem: null, units: 20_000n, payTo: PAYEE })
    }),
  )
})

test('bytes that are no CBOR throw nothing, and take no more room than they are long', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readCbor(Uint8Array.from(bytes))
      parseChallenges(String.fromCharCode(...bytes))
    }),
  )
})
