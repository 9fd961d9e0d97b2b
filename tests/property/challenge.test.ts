import { isPaymentRequiredV2 } from '@x402/core/schemas'
import type { PaymentRequirements } from '@x402/core/types'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from '@/lib/challenge/base64'
import { isPayable, type Reading } from '@/lib/challenge/challenge'
import { x402V2 } from '@/lib/challenge/dialects/x402-v2'
import { intentOf } from '@/lib/challenge/intent'
import { readSettlement } from '@/lib/challenge/receipt'
import { cleanText } from '@/lib/challenge/text'
import { readChallenge } from '@/lib/payment/reading'
import { answer, challengeOf, entry, headerOf, message, read, request } from '../unit/challenge/samples'

/** Text of all of Unicode, with the characters that matter here often among them. */
const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0x20, max: 0x7e }),
      fc.constantFrom(0x00, 0x09, 0x0a, 0xa0, 0x200b, 0x202e, 0x2066, 0x2028, 0xfeff, 0x301, 0xfe0f, 0x1f600, 0xe0041),
      fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
    ),
    { maxLength: 400 },
  )
  .map((codes) => String.fromCodePoint(...codes))

/** What `JSON.parse` gives, keys like `__proto__` included. Minus zero is no value of its own: JSON may drop the sign. */
const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value))),
  fc
    .constantFrom('{"__proto__":{"a":1}}', '{"constructor":1,"toJSON":"x"}', '{"toString":null}')
    .map((text): unknown => JSON.parse(text)),
)

/** Every object and list within a value, itself included. */
function containersIn(value: unknown): (Record<string, unknown> | unknown[])[] {
  if (typeof value !== 'object' || value === null) return []
  const container = value as Record<string, unknown> | unknown[]
  return [container, ...Object.values(container).flatMap(containersIn)]
}

/** A valid message with something in it replaced, added or taken away. */
const mutatedMessage = fc
  .record({
    which: fc.nat(),
    key: fc.oneof(fc.nat(), fc.constantFrom('__proto__', 'x402Version', 'accepts', 'amount', 'extra', 'url', 'new')),
    change: fc.constantFrom('replace', 'remove'),
    value: anyJson,
  })
  .map(({ which, key, change, value }) => {
    const mutated = JSON.parse(JSON.stringify({ ...message(), extensions: { bazaar: { info: {} } } })) as unknown
    const containers = containersIn(mutated)
    const container = containers[which % containers.length] as Record<string, unknown>
    const names = Object.keys(container)
    const name = typeof key === 'number' ? (names[key % names.length] ?? 'new') : key
    if (change === 'remove') delete container[name]
    else Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true })
    return mutated
  })

function expectReading(reading: Reading): void {
  if (!reading.ok) {
    expect(reading.problem).toMatch(/^[a-z0-9_]+$/)
    return
  }
  expect(reading.challenge.site).toBe('https://shop.example')
  for (const offer of reading.challenge.offers.filter(isPayable)) {
    expect(offer).toMatchObject({ scheme: 'exact', price: offer.units })
    expect(offer.units).toBe(BigInt(offer.accepted.amount as string))
    expect(offer.units).toBeGreaterThan(0n)
    expect(offer.units).toBeLessThan(2n ** 256n)
    expect(offer.payTo).toBe(offer.accepted.payTo)
    expect(offer.payTo).toMatch(/^0x[0-9a-fA-F]{40}$/)
  }
}

describe('reading a challenge never throws', () => {
  test('whatever text the header is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expectReading(read(text))
        expectReading(readChallenge(request(), answer([{ name: 'payment-required', value: text }])))
      }),
    )
  })

  test('whatever bytes it encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectReading(read(btoa(String.fromCharCode(...bytes))))
      }),
    )
  })

  test('whatever JSON it encodes', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expectReading(read(headerOf(JSON.stringify(value))))
      }),
    )
  })

  test('whatever is changed in a valid message, and what is read is still true to it', () => {
    fc.assert(
      fc.property(mutatedMessage, (mutated) => {
        expectReading(read(headerOf(JSON.stringify(mutated))))
      }),
      { numRuns: 500 },
    )
  })

  test('and neither does reading a receipt', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          anyJson.map((value) => headerOf(JSON.stringify(value))),
        ),
        (text) => {
          const receipt = readSettlement(text)
          if (receipt) expect(typeof receipt.success).toBe('boolean')
        },
      ),
    )
  })
})

describe('what the SDK accepts can be read', () => {
  const offers = fc.array(
    fc.record({
      scheme: fc.constantFrom('exact', 'upto', 'batch-settlement', 'x'),
      network: fc.constantFrom('eip155:84532', 'eip155:1', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', 'cloudflare:402'),
      amount: fc.constantFrom('1', '20000', '0', '-1', '0.05', (2n ** 256n).toString()),
      asset: fc.constantFrom(entry().asset, 'USD', '0x00'),
      payTo: fc.constantFrom(entry().payTo, 'merchant'),
      maxTimeoutSeconds: fc.integer({ min: 1, max: 1e9 }),
      extra: fc.option(fc.dictionary(fc.string(), anyJson, { maxKeys: 3, noNullPrototype: true }), { nil: null }),
    }),
    { minLength: 1, maxLength: 5 },
  )

  test('offer by offer, even those that cannot be paid', () => {
    fc.assert(
      fc.property(offers, (accepts) => {
        const written = { ...message(), accepts }
        fc.pre(isPaymentRequiredV2(written))
        expect(challengeOf(headerOf(JSON.stringify(written))).offers).toHaveLength(accepts.length)
      }),
    )
  })
})

describe('the echo', () => {
  const anyRecord = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '0')), anyJson, {
    maxKeys: 4,
    noNullPrototype: true,
  })

  test('of offer, resource and extensions is the very text that the server sent', () => {
    fc.assert(
      fc.property(anyRecord, anyRecord, anyRecord, anyRecord, (unknownFields, extra, more, extensions) => {
        const sent = JSON.parse(
          JSON.stringify({
            ...message(),
            accepts: [{ ...unknownFields, ...entry(), extra }],
            resource: { ...more, url: '/article', description: 'x' },
            extensions,
          }),
        ) as { accepts: [unknown]; resource: unknown; extensions: unknown }
        const reading = read(headerOf(JSON.stringify(sent)))
        fc.pre(reading.ok)
        const [offer] = reading.challenge.offers
        if (!offer) throw new Error('The message has no offer.')

        const [sentBack] = x402V2.payment?.credential(offer, {}).headers ?? []
        const value = sentBack?.value ?? ''
        const echoed = JSON.parse(new TextDecoder().decode(decodeBase64(value) ?? undefined)) as Record<string, unknown>
        expect(JSON.stringify(echoed.accepted)).toBe(JSON.stringify(sent.accepts[0]))
        expect(JSON.stringify(echoed.resource)).toBe(JSON.stringify(sent.resource))
        expect(JSON.stringify(echoed.extensions)).toBe(JSON.stringify(sent.extensions))
      }),
    )
  })
})

describe('base64', () => {
  test('gives back every text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(decodeBase64(encodeBase64(text)) ?? undefined),
        ).toBe(text)
      }),
    )
  })
})

describe('an intent', () => {
  const accepted = fc
    .record({ extra: fc.dictionary(fc.string(), anyJson, { maxKeys: 3, noNullPrototype: true }), memo: anyJson })
    .map((fields) => JSON.parse(JSON.stringify({ ...entry(), ...fields })) as PaymentRequirements)

  function intent(offered: unknown): string | null {
    const reading = read(headerOf(JSON.stringify({ ...message(), accepts: [offered] })))
    const offer = reading.ok ? reading.challenge.offers[0] : undefined
    return offer ? intentOf(request(), offer) : null
  }

  const shuffled = (value: unknown, order: number): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((child) => shuffled(child, order))
    const fields = Object.entries(value).map(([key, child]): [string, unknown] => [key, shuffled(child, order)])
    const turn = order % Math.max(fields.length, 1)
    return Object.fromEntries([...fields.slice(turn), ...fields.slice(0, turn)].toReversed())
  }

  const sameValue = (a: unknown, b: unknown): boolean => {
    const sorted = (value: unknown): unknown =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? Array.isArray(value)
          ? value.map(sorted)
          : value
        : Object.entries(value)
            .toSorted(([x], [y]) => (x < y ? -1 : 1))
            .map(([key, child]) => ({ key, child: sorted(child) }))
    return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
  }

  test('does not depend on the order of fields, at any depth', () => {
    fc.assert(
      fc.property(accepted, fc.nat({ max: 20 }), (offered, order) => {
        expect(intent(shuffled(offered, order))).toBe(intent(offered))
      }),
    )
  })

  test('changes with every change of any field, at any depth', () => {
    fc.assert(
      fc.property(
        accepted,
        fc.nat(),
        fc.nat(),
        fc.option(anyJson, { nil: undefined }),
        (offered, which, key, value) => {
          const changed = structuredClone(offered)
          const containers = containersIn(changed)
          const container = containers[which % containers.length] as Record<string, unknown>
          const names = Object.keys(container)
          const name = names[key % (names.length + 1)] ?? 'new'
          if (value === undefined && !Array.isArray(container)) delete container[name]
          else Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true })
          fc.pre(!sameValue(JSON.parse(JSON.stringify(changed)), offered))
          expect(intent(changed)).not.toBe(intent(offered))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe("a merchant's words", () => {
  test('come out as one short line of visible characters, or not at all', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanText(text)
        if (clean === null) return
        expect([...clean].length).toBeLessThanOrEqual(140)
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u)
        expect(clean).toBe(clean.trim())
        expect(clean).not.toMatch(/\s\s/)
        expect(clean.isWellFormed()).toBe(true)
        expect(cleanText(clean)).toBe(clean)
      }),
    )
  })
})
