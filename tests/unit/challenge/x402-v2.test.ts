import { isPaymentRequiredV2 } from '@x402/core/schemas'
import { describe, expect, test } from 'vitest'
import type { ChallengeProblem } from '@/lib/challenge/challenge'
import { readChallenge } from '@/lib/payment/reading'
import { answer, challengeOf, entry, header, headerOf, message, PAYEE, read, request, USDC } from './samples'

const problemOf = (text: string): ChallengeProblem | null => {
  const reading = read(text)
  return reading.ok ? null : reading.problem
}

describe("a server's message", () => {
  test('is read: who asks, for which request, what is sold, which offers', () => {
    const challenge = challengeOf(header())
    expect(challenge).toMatchObject({
      request: request(),
      site: 'https://shop.example',
      description: 'An article',
      foreignResource: false,
    })
    expect(challenge.offers).toEqual([
      {
        dialect: 'x402-v2',
        scheme: 'exact',
        network: 'eip155:84532',
        assetAddress: USDC,
        asset: expect.objectContaining({ symbol: 'USDC', network: 'eip155:84532' }),
        units: 20_000n,
        price: 20_000n,
        stated: null,
        payTo: PAYEE,
        terms: { rail: 'exact-eip3009', signers: ['vault', 'metamask'], asksChain: false },
        envelope: { resource: message().resource },
        maxTimeoutSeconds: 60,
        problem: null,
        accepted: entry(),
      },
    ])
  })

  test('may speak of anything: its words are UTF-8', () => {
    const description = 'Ödön’s café — 寿司 🍣'
    expect(challengeOf(header({ resource: { url: 'https://shop.example/', description } })).description).toBe(
      description,
    )
  })

  test('may be in base64url, and unpadded', () => {
    const standard = headerOf(JSON.stringify(message({ error: '~~~???>>>' })))
    const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_')
    expect(urlSafe).not.toBe(standard)
    for (const text of [urlSafe, standard.replace(/=+$/, ''), urlSafe.replace(/=+$/, ''), ` ${standard} `])
      expect(challengeOf(text)).toEqual(challengeOf(standard))
  })

  test('comes in a header of any case', () => {
    for (const name of ['PAYMENT-REQUIRED', 'payment-required', 'Payment-Required'])
      expect(readChallenge(request(), answer([{ name, value: header() }])).ok).toBe(true)
  })

  test('needs no resource, no extensions and no extra', () => {
    const { extra: _, ...plain } = entry()
    const challenge = challengeOf(headerOf({ x402Version: 2, accepts: [plain] }))
    expect(challenge).toMatchObject({ description: null, foreignResource: false })
    expect(challenge.offers[0]).toMatchObject({ problem: null, envelope: {} })
  })

  test('may list up to 32 offers, in its own order', () => {
    const accepts = Array.from({ length: 32 }, (_, index) => entry({ amount: String(index + 1) }))
    expect(challengeOf(header({ accepts })).offers.map(({ units }) => Number(units))).toEqual(
      accepts.map(({ amount }) => Number(amount)),
    )
  })

  test.each([
    ['error', { error: null }],
    ['extensions', { extensions: null }],
    ['description', { resource: { url: 'https://shop.example/', description: null } }],
    ['extra', { accepts: [{ ...entry(), extra: null }] }],
  ])("may say null for %s, as the SDK's own schema allows", (_, nulls) => {
    const written = { ...message(), ...nulls }
    expect(isPaymentRequiredV2(written)).toBe(true)
    expect(problemOf(headerOf(written))).toBeNull()
  })
})

describe('what cannot be read is named', () => {
  test('no header at all', () => {
    expect(readChallenge(request(), answer([]))).toEqual({ ok: false, problem: 'no_challenge' })
    expect(readChallenge(request(), answer([{ name: 'x-payment-required', value: header() }]))).toMatchObject({
      ok: false,
    })
  })

  const nested = (levels: number): unknown => (levels === 0 ? 'bottom' : { deeper: nested(levels - 1) })
  const { accepts: _, ...withoutOffers } = message()
  const { payTo: __, ...withoutPayee } = entry()

  const cases: [string, ChallengeProblem, string][] = [
    ['more than 64 KB', 'too_large', 'A'.repeat(64 * 1024 + 1)],
    ['other characters than base64 has', 'not_base64', '{"x402Version":2}'],
    ['a length that base64 cannot have', 'not_base64', 'AAAAA'],
    ['letters beyond ASCII', 'not_base64', 'é'],
    ['an empty header', 'not_json', ''],
    ['half a message', 'not_json', headerOf('{"x402Version":2,')],
    ['bytes that are no UTF-8', 'not_json', btoa('{"x402Version":2,"error":"\xff"}')],
    ['text behind the message', 'not_json', headerOf(`${JSON.stringify(message())} and more`)],
    ['a message too deep', 'too_deep', headerOf({ ...message(), extensions: { a: nested(16) } })],
    ['a list nested a thousand times', 'too_deep', headerOf(`${'['.repeat(1000)}${']'.repeat(1000)}`)],
    ['version 1', 'wrong_version', headerOf({ ...message(), x402Version: 1 })],
    ['a version in words', 'wrong_version', headerOf({ ...message(), x402Version: '2' })],
    ['no version', 'wrong_version', headerOf({ accepts: [entry()] })],
    ['null', 'wrong_shape', headerOf('null')],
    ['a number', 'wrong_shape', headerOf('402')],
    ['a list', 'wrong_shape', headerOf([message()])],
    ['no list of offers', 'wrong_shape', headerOf(withoutOffers)],
    ['offers by name', 'wrong_shape', headerOf({ ...message(), accepts: { first: entry() } })],
    ['an offer that is text', 'wrong_shape', headerOf({ ...message(), accepts: ['exact'] })],
    ['one bad offer among good ones', 'wrong_shape', headerOf({ ...message(), accepts: [entry(), null] })],
    ['an offer without a payee', 'wrong_shape', headerOf({ ...message(), accepts: [withoutPayee] })],
    ['a resource that is text', 'wrong_shape', headerOf({ ...message(), resource: 'https://shop.example/' })],
    ['a resource without a URL', 'wrong_shape', headerOf({ ...message(), resource: { description: 'x' } })],
    ['extensions in a list', 'wrong_shape', headerOf({ ...message(), extensions: [] })],
    ['33 offers', 'wrong_shape', headerOf({ ...message(), accepts: Array.from({ length: 33 }, () => entry()) })],
    ['no offer', 'no_offers', headerOf({ ...message(), accepts: [] })],
  ]
  test.each(cases)('%s: %s', (_, problem, text) => {
    expect(problemOf(text)).toBe(problem)
  })

  test.each([
    ['a list', ['20000']],
    ['a number', 20_000],
    ['an object', { toString: '20000' }],
    ['null', null],
    ['nothing', ''],
    ['129 digits', '1'.repeat(129)],
  ])('an amount that is %s', (_, amount) => {
    expect(problemOf(headerOf({ ...message(), accepts: [{ ...entry(), amount }] }))).toBe('wrong_shape')
  })

  test('but 64 KB and 16 levels are read', () => {
    const nearly = { ...message(), error: 'x'.repeat(48_000) }
    expect(headerOf(nearly).length).toBeLessThan(64 * 1024)
    expect(problemOf(headerOf(nearly))).toBeNull()
    expect(problemOf(headerOf({ ...message(), extensions: { a: nested(14) } }))).toBeNull()
  })
})

describe('the site that is paid', () => {
  test('is the origin of the requested URL, whatever the server says', () => {
    const resource = { url: 'https://bank.example/transfer' }
    expect(challengeOf(header({ resource })).site).toBe('https://shop.example')
  })

  test.each([
    ['the same URL', 'https://shop.example/article', false],
    ['another path', 'https://shop.example/other?x=1', false],
    ['a path alone', '/article', false],
    ['a path from here', 'article', false],
    ['nothing', '', false],
    ['the default port, spelled out', 'https://shop.example:443/article', false],
    ['another host', 'https://other.example/article', true],
    ['a subdomain', 'https://www.shop.example/article', true],
    ['another port', 'https://shop.example:8443/article', false],
    ['plain http', 'http://shop.example/article', false],
    ['another host without a scheme', '//other.example/article', true],
    ['a look-alike with a user name', 'https://shop.example@other.example/', true],
    ['no web address', 'mcp://tool/weather', true],
    ['no address at all', 'https://', true],
  ])('names as its resource %s', (_, url, foreign) => {
    const challenge = challengeOf(headerOf({ ...message(), resource: { url } }))
    expect(challenge.foreignResource).toBe(foreign)
  })
})

describe('prototype pollution', () => {
  const hostile = JSON.stringify({
    ...message(),
    accepts: [{ ...entry(), hostile: 0 }],
    hostile: 0,
  }).replaceAll(
    '"hostile":0',
    '"__proto__":{"polluted":true,"scheme":"upto"},"constructor":{"prototype":{"polluted":true}}',
  )

  test('reaches no prototype', () => {
    const challenge = challengeOf(headerOf(hostile))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((challenge as unknown as Record<string, unknown>).polluted).toBeUndefined()
    expect(challenge.offers[0]).toMatchObject({ scheme: 'exact', problem: null })
    expect(Object.getPrototypeOf(challenge.offers[0]?.accepted)).toBe(Object.prototype)
  })

  test('stays in the echo, where it is a field like any other', () => {
    expect(JSON.stringify(challengeOf(headerOf(hostile)).offers[0]?.accepted)).toBe(
      JSON.stringify((JSON.parse(hostile) as { accepts: unknown[] }).accepts[0]),
    )
  })

  test('supplies no field that the message itself does not have', () => {
    const inherited = `{"x402Version":2,"__proto__":{"accepts":[${JSON.stringify(entry())}]}}`
    expect(problemOf(headerOf(inherited))).toBe('wrong_shape')
  })
})
