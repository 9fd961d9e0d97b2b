import { describe, expect, test } from 'vitest'
import { intentOf, requestKey } from '@/lib/challenge/intent'
import { challengeOf, entry, headerOf, message, request } from './samples'

function intent(changes: Readonly<Record<string, unknown>> = {}, asked = request()): string {
  const challenge = challengeOf(headerOf({ ...message(), accepts: [{ ...entry(), ...changes }] }), asked)
  const [offer] = challenge.offers
  if (!offer) throw new Error('The message has no offer.')
  return intentOf(asked, offer)
}

describe('an intent', () => {
  test('is the same for the same request and offer, in whatever order the fields come', () => {
    const { scheme, ...others } = entry()
    const reordered = challengeOf(headerOf({ ...message(), accepts: [{ ...others, scheme }] })).offers[0]
    expect(reordered && intentOf(request(), reordered)).toBe(intent())
  })

  test.each([
    ['amount', { amount: '20001' }],
    ['payee', { payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C9' }],
    ["payee's letters", { payTo: entry().payTo.toLowerCase() }],
    ['network', { network: 'eip155:8453' }],
    ['token', { asset: '0x0000000000000000000000000000000000000bad' }],
    ['scheme', { scheme: 'upto' }],
    ['time limit', { maxTimeoutSeconds: 61 }],
    ['extra', { extra: { name: 'USDC', version: '3' } }],
    ['extra, deep down', { extra: { name: 'USDC', version: '2', more: [{ a: 1 }] } }],
    ['fields, by one that nobody knows', { memo: '' }],
    ['fields, by one named like a prototype', JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>],
  ])("changes with the offer's %s", (_, changes) => {
    expect(intent(changes)).not.toBe(intent())
  })

  test.each([
    ['method', { method: 'POST' }],
    ['path', { url: 'https://shop.example/articles' }],
    ['query', { url: 'https://shop.example/article?page=2' }],
    ['host', { url: 'https://shop.example.evil.example/article' }],
    ['scheme', { url: 'http://shop.example/article' }],
    ['body', { bodyDigest: '00'.repeat(32) }],
  ])("changes with the request's %s, and so does the request's key", (_, changes) => {
    expect(intent({}, request(changes))).not.toBe(intent())
    expect(requestKey(request(changes))).not.toBe(requestKey(request()))
  })

  test('is not the key of its request', () => {
    expect(intent()).not.toBe(requestKey(request()))
    expect(intent()).toMatch(/^0x[0-9a-f]{64}$/)
  })
})
