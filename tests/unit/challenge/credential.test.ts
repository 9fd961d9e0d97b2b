import { decodePaymentSignatureHeader } from '@x402/core/http'
import { describe, expect, test } from 'vitest'
import { toCredential } from '@/lib/challenge/credential'
import { challengeOf, entry, headerOf, message } from './samples'

const PAYLOAD = { signature: '0x00', authorization: {} }

function credentialFor(changes: Readonly<Record<string, unknown>>) {
  const challenge = challengeOf(headerOf({ ...message(), ...changes }))
  const [offer] = challenge.offers
  if (!offer) throw new Error('The message has no offer.')
  return toCredential(challenge, offer, PAYLOAD)
}

describe('a credential', () => {
  test("is the server's own offer, resource and extensions, unchanged, with the payload", () => {
    const resource = { url: '/article', description: 'Ödön’s 寿司', tags: ['a'], unheardOf: { deep: [1, null] } }
    const extensions = { bazaar: { info: { x: 1 }, schema: {} }, 'unheard-of': { info: [] } }
    const accepts = [{ ...entry(), extra: { name: 'Lie', nested: { list: [1, 'two', null] } }, unheardOf: true }]
    const { header, value } = credentialFor({ resource, extensions, accepts })
    expect(header).toBe('PAYMENT-SIGNATURE')
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
