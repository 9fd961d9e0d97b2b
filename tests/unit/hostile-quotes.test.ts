import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { describe, expect, test } from 'vitest'
import { ASSETS } from '@/lib/money/assets'
import { readChallenge } from '@/lib/payment/reading'
import { type Decision, decide } from '@/lib/policy/decide'
import { answer, entry, header, headerOf, message, PAYEE, request, USDC } from './challenge/samples'
import { GENEROUS, HOSTILE_QUOTES, type Quote } from './hostile-quotes'
import { situation } from './policy/situations'
import { PAYER } from './wallet/typed-data'

/** As few as these, and the SDK has become a better guard than the docs say. */
const SIGNED_BY_SDK = 90

/** What Tuppence makes of a quote: the action, and why. */
function verdictOn({ headers, url, changes }: Pick<Quote, 'headers' | 'url' | 'changes'>): string {
  const reading = readChallenge(request(url ? { url } : {}), answer(headers))
  if (!reading.ok) return `unreadable: ${reading.problem}`
  const { action, reasons } = decide(situation({ ...GENEROUS, ...changes, challenge: reading.challenge }))
  const [first] = reasons
  if (first?.code === 'nothing_payable' || first?.code === 'other_way')
    return reasons.map(({ code, values }) => `${code}: ${values.problems ?? values.way}`).join('; ')
  return `${action}: ${reasons.map(({ code }) => code).join(', ')}`
}

const headersOf = (value: string) => [{ name: 'PAYMENT-REQUIRED', value }]

function decisionOn(value: string): Decision {
  const reading = readChallenge(request(), answer(headersOf(value)))
  if (!reading.ok) throw new Error(`The message cannot be read: ${reading.problem}`)
  return decide(situation({ ...GENEROUS, challenge: reading.challenge }))
}

describe('a hostile quote is not paid unasked', () => {
  test.each(HOSTILE_QUOTES)('$verdict: $idea', (quote) => {
    expect(verdictOn(quote)).toBe(quote.verdict)
  })

  test('and an honest one is, or none of this would say anything', () => {
    expect(verdictOn({ headers: headersOf(header()) })).toBe('pay: ')
    expect(verdictOn({ headers: headersOf(header({ accepts: [entry({ amount: '100000000' })] })) })).toBe('pay: ')
  })

  test('and they are many, all different', () => {
    const told = HOSTILE_QUOTES.map(({ headers, url = '', changes = {} }) =>
      JSON.stringify([headers, url, Object.keys(changes)]),
    )
    const ideas = HOSTILE_QUOTES.map(({ idea, verdict }) => `${verdict}: ${idea}`)
    expect(new Set(ideas).size).toBe(ideas.length)
    expect(new Set(told).size).toBeGreaterThan(300)
  })
})

describe('what is smuggled along with an honest price changes nothing of it', () => {
  const smuggled: readonly (readonly [string, object])[] = [
    ["another token's name and version", { extra: { name: 'Tether', version: '9' } }],
    ['decimals that would make it a fortune', { extra: { decimals: 0 } }],
    ['another chain for the signature', { extra: { chainId: 1, domain: { chainId: 1, verifyingContract: PAYEE } } }],
    ['ten years of time', { maxTimeoutSeconds: 315_360_000 }],
    ['another payee and amount, to be inherited', JSON.parse(`{"__proto__":{"payTo":"${USDC}","amount":"9"}}`)],
    ["another payee and amount of the constructor's", { constructor: { prototype: { payTo: USDC, amount: '9' } } }],
    ['another method, to be inherited', { extra: JSON.parse('{"__proto__":{"toString":"x","decimals":0}}') }],
    ['methods of its own', { toString: 'x', valueOf: 'y', toJSON: 'z', hasOwnProperty: 1 }],
    ['methods of its own in the extra', { extra: { toString: 'x', toJSON: {}, hasOwnProperty: null } }],
    ['a price under the older name', { maxAmountRequired: '90000000' }],
    ['fields in other letters', { AMOUNT: '90000000', payto: USDC, Network: 'eip155:1' }],
  ]

  test.each(smuggled)('%s', (_, changes) => {
    const decision = decisionOn(headerOf({ ...message(), accepts: [{ ...entry(), ...changes }] }))
    expect(decision).toMatchObject({ action: 'pay', offer: { units: 20_000n, price: 20_000n, payTo: PAYEE } })
    expect(decision.offer?.asset).toBe(ASSETS.find(({ network }) => network === 'eip155:84532'))
    expect(({} as { amount?: string }).amount).toBeUndefined()
  })

  test('of two amounts in one offer, the one that is decided on is the one that is echoed', () => {
    const twice = JSON.stringify(message()).replace('"amount":"20000"', '"amount":"90000000","amount":"20000"')
    const { offer } = decisionOn(headerOf(twice))
    expect(offer?.units).toBe(20_000n)
    expect(offer?.accepted.amount).toBe('20000')
  })
})

test('the bare SDK signs many of these quotes', async () => {
  const told = new Map(
    HOSTILE_QUOTES.filter(({ changes }) => !changes).map((quote) => [JSON.stringify(quote.headers), quote]),
  )
  const signed: string[] = []
  for (const quote of told.values()) if (await isSignedBySdk(quote)) signed.push(quote.idea)
  console.log(`The bare SDK signs ${signed.length} of ${told.size} hostile quotes.`)
  expect(signed).toEqual(
    expect.arrayContaining(['more seconds than a number counts', 'another host', 'nobody: the zero address']),
  )
  expect(signed.length).toBeGreaterThan(SIGNED_BY_SDK)
})

/** Whether `@x402/fetch` with its defaults signs something for a server that answers 402 with this quote. */
async function isSignedBySdk({ headers, url }: Quote): Promise<boolean> {
  let signed = false
  const signer = {
    address: PAYER,
    signTypedData: async () => {
      signed = true
      return `0x${'11'.repeat(65)}` as const
    },
  }
  const client = new x402Client().register('eip155:*', new ExactEvmScheme(signer))
  const answer = async () =>
    new Response(null, { status: 402, headers: headers.map(({ name, value }) => [name, value]) })
  // What the SDK cannot read, or the platform cannot carry, is thrown.
  await wrapFetchWithPayment(answer, client)(url ?? request().url).catch(() => undefined)
  return signed
}
