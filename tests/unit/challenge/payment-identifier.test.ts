import { decodePaymentSignatureHeader } from '@x402/core/http'
import {
  declarePaymentIdentifierExtension,
  extractAndValidatePaymentIdentifier,
} from '@x402/extensions/payment-identifier'
import { describe, expect, test } from 'vitest'
import { x402V2 } from '@/lib/challenge/dialects/x402-v2'
import { identified } from '@/lib/challenge/payment-identifier'
import { challengeOf, header } from './samples'

const EXTENSIONS = { 'payment-identifier': declarePaymentIdentifierExtension(true), bazaar: { info: { deep: [1] } } }

/** What is sent for an offer of a server with these extensions. */
function sent(extensions: Record<string, unknown>) {
  const [offer] = challengeOf(header({ extensions })).offers
  const credential = offer && x402V2.payment?.credential(offer, {})
  return decodePaymentSignatureHeader(credential?.headers[0]?.value ?? '')
}

describe('a payment to a server that names payments', () => {
  test('gets a name as the extension’s own package wants it, and nothing else is changed', () => {
    const message = sent(EXTENSIONS)
    const { id, validation } = extractAndValidatePaymentIdentifier(message)
    expect(validation).toEqual({ valid: true })
    expect(id).toMatch(/^pay_[0-9a-f]{32}$/)
    const { 'payment-identifier': named, ...others } = message.extensions ?? {}
    expect(named).toEqual({ ...EXTENSIONS['payment-identifier'], info: { required: true, id } })
    expect(others).toEqual({ bazaar: EXTENSIONS.bazaar })
  })

  test('gets another each time, since each is another purchase', () => {
    expect(extractAndValidatePaymentIdentifier(sent(EXTENSIONS)).id).not.toBe(
      extractAndValidatePaymentIdentifier(sent(EXTENSIONS)).id,
    )
  })

  test.each([
    ['nothing', {}],
    ['nothing of names', { extensions: { bazaar: {} } }],
    ['null', { extensions: { 'payment-identifier': null } }],
    ['no info', { extensions: { 'payment-identifier': { info: null } } }],
    ['not whether it is needed', { extensions: { 'payment-identifier': { info: { required: 'yes' } } } }],
    ['a name of its own', { extensions: { 'payment-identifier': { info: { required: true, id: 'mine' } } } }],
  ])('is left as it is where the server says %s', (_, envelope) => {
    expect(identified(envelope)).toBe(envelope)
  })
})
