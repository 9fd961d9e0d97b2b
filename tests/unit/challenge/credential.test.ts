import { decodePaymentSignatureHeader } from '@x402/core/http'
import { describe, expect, test } from 'vitest'
import { x402V2 } from '@/lib/challenge/dialects/x402-v2'
import { challengeOf, entry, headerOf, message } from './samples'

const PAYLOAD = { signature: '0x00', authorization: {} }

function credentialFor(changes: Readonly<Record<string, unknown>>) {
  const [offer] = challengeOf(headerOf({ ...message(), ...changes })).offers
  const [header] = (offer && x402V2.payment?.credential(offer, PAYLOAD).headers) ?? []
  if (!header) throw new Error('The message has no offer.')
  return header
}

describe('a credential', () => {
  test("is the server's own offer, resource and extensions, unchanged, with the payload", () => {
    const resource = { url: '/article', description: 'Ödön’s 寿司', tags: ['a'], unheardOf: { deep: [1, null] } }
    const extensions = { bazaar: { info: { x: 1 }, schema: {} }, 'unheard-of': { info: [] } }
    const accepts = [{ ...entry(), extra: { name: 'Lie', nested: { list: [1, 'two', null] } }, unheardOf: true }]
    const { name, value } = credentialFor({ resource, extensions, accepts })
    expect(name).toBe('PAYMENT-SIGNATURE')
    expect(decodePaymentSignatureHeader(value)).toEqual({
      x402Version: 2,
      payload: PAYLOAD,
      accepted: accepts[0],
      resource,
      extensions,
    })
  })

  test('adds no resource and no extensions of its own', () => {
    const { value } = credentialFor({ resource: undefined, extensions: undefined })
    expect(Object.keys(decodePaymentSignatureHeader(value)).toSorted()).toEqual(['accepted', 'payload', 'x402Version'])
  })

  test('is standard base64, which is all that servers of the SDK read', () => {
    expect(credentialFor({ resource: { url: '/?~~~???>>>' } }).value).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
  })
})
