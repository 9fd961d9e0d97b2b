import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { AnswerHeader } from '@/lib/challenge/answer'
import { type Challenge, isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import { intentOf } from '@/lib/challenge/intent'
import { ASSETS, type Asset } from '@/lib/money/assets'
import { usd } from '@/lib/money/usd'
import { readChallenge } from '@/lib/payment/reading'
import { decide, type Situation } from '@/lib/policy/decide'
import { railOf } from '@/lib/rails/rails'
import { type Expected, transferGate } from '@/lib/wallet/gate'
import { signerFor } from '@/lib/wallet/signer'
import { importVault } from '@/lib/wallet/vault'
import { effort } from '../effort'
import { answer, entry, headerOf, message, PAYEE, request, USDC } from '../unit/challenge/samples'
import { GENEROUS } from '../unit/hostile-quotes'
import { NO_SIGNERS } from '../unit/payment/signers'
import { auto, context, funds, READER, rules, SHOP, situation } from '../unit/policy/situations'
import { evmAsset, KEY, PAYER } from '../unit/wallet/typed-data'

/** FUZZ_SEED plays a failure again; otherwise every run is another one. */
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const ANSWERS = effort(100_000, 2_000_000)
const SIGNATURES = effort(1_000, 20_000)
const TIMEOUT_MS = effort(120_000, 3_600_000)
console.log(`Fuzzed 402s: FUZZ_SEED=${SEED} plays these again.`)

const BASE_USDC = ASSETS.find(({ network }) => network === 'eip155:8453')?.address ?? ''
const BASES: readonly string[] = [
  message(),
  message({
    accepts: [entry({ amount: '1' }), entry({ network: 'eip155:8453', asset: BASE_USDC }), entry({ scheme: 'upto' })],
  }),
  { ...message(), extensions: { bazaar: { info: { deep: [1, { a: null }] } } } },
  {
    ...message(),
    resource: null,
    accepts: [{ ...entry(), extra: { assetTransferMethod: 'eip3009', verifyingContract: USDC } }],
  },
  { x402Version: 2, accepts: [entry()] },
].map((base) => JSON.stringify(base))

/** What stands for a value in a hostile message: JSON text, so that it may be what no object can hold. */
const anyLiteral = fc.oneof(
  fc.constantFrom(
    ...[
      'null',
      'true',
      '0',
      '-0',
      '2',
      '60',
      '1e999',
      '-1e999',
      '1.5',
      '9007199254740993',
      '""',
      '[]',
      '{}',
      '[[[[]]]]',
    ],
    ...['"0"', '"1"', '"-1"', '"+1"', '"01"', '"1e3"', '"0x10"', '"1.0"', '" 1"', '"٢٠"', '"90000000"', '"100000001"'],
    ...[
      '"exact"',
      '"upto"',
      '"Exact"',
      '"eip155:8453"',
      '"eip155:84532"',
      '"eip155:1"',
      '"base"',
      '"permit2"',
      '"eip3009"',
    ],
    ...[PAYEE, PAYEE.toLowerCase(), USDC, BASE_USDC, `0x${'0'.repeat(40)}`, `0x${'1'.padStart(40, '0')}`].map(
      (address) => `"${address}"`,
    ),
    ...[
      '"https://shop.example/"',
      '"https://evil.example/"',
      '"//evil.example"',
      '"/article"',
      '"javascript:1"',
      '"https:evil.example"',
    ],
    ...[
      '"NaN"',
      'NaN',
      'undefined',
      '"\\u0000"',
      '"\\ud800"',
      '{"__proto__":{"amount":"1"}}',
      '{"toString":null,"toJSON":1}',
    ],
    `"${'9'.repeat(78)}"`,
    `"${(2n ** 256n).toString()}"`,
    `"${'a'.repeat(9000)}"`,
  ),
  fc.bigInt(0n, 300_000_000n).map((units) => `"${units}"`),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.double().map(String),
)
/** Values of the right kind, so that what is looked at behind the shape gets its share. */
const fitting: Readonly<Record<string, fc.Arbitrary<string>>> = {
  scheme: fc.constantFrom('exact', 'exact', 'exact', 'upto', 'Exact', 'exact ', 'еxact'),
  network: fc.constantFrom(
    'eip155:84532',
    'eip155:84532',
    'eip155:8453',
    'eip155:1',
    'base',
    'EIP155:84532',
    '__proto__',
  ),
  amount: fc.oneof(
    fc.bigInt(-2n, 300_000_000n).map(String),
    fc.bigInt(2n ** 256n - 2n, 2n ** 256n + 2n).map(String),
    fc.constantFrom('01', '1e3', '0x10', '1.0', ' 1', '1 ', '٢٠', '+1', '100000000', '100000001'),
  ),
  asset: fc.constantFrom(USDC, USDC.toLowerCase(), BASE_USDC, PAYEE, 'USDC', `${USDC} `),
  payTo: fc.oneof(
    fc.constantFrom(
      PAYEE,
      PAYEE.toLowerCase(),
      USDC,
      `0x${'0'.repeat(40)}`,
      PAYEE.replace('C', 'c'),
      'vitalik.eth',
      PAYER,
    ),
    fc.bigInt(0n, 2n ** 17n).map((number) => `0x${number.toString(16).padStart(40, '0')}`),
    fc.bigInt(0n, 2n ** 161n).map((number) => `0x${number.toString(16).padStart(40, '0')}`),
  ),
  url: fc.oneof(
    fc.webUrl(),
    fc.webPath(),
    fc.constantFrom(
      'https://shop.example/',
      '//shop.example',
      'https:evil.example',
      'https://shop.example@evil.example/',
    ),
  ),
  assetTransferMethod: fc.constantFrom('eip3009', 'permit2', 'EIP3009', ''),
  verifyingContract: fc.constantFrom(USDC, USDC.toLowerCase(), PAYEE, BASE_USDC, ''),
  name: fc.string(),
}
const anyKey = fc.constantFrom(
  ...['x402Version', 'accepts', 'resource', 'url', 'extensions', 'extra', 'error', 'description'],
  ...['scheme', 'network', 'amount', 'asset', 'payTo', 'maxTimeoutSeconds', 'assetTransferMethod', 'verifyingContract'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'toJSON',
    'then',
    'length',
    '0',
    'Amount',
    'payto',
    'maxAmountRequired',
    '',
  ],
)

/** One change of a message's text. `at` says where, as a share of all places there are. */
type Change = (text: string) => string
const MEMBER = /"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|-?[\d.]+|null|true|false)/g

/** The value at this share of a list. */
const pick = <Value>(values: readonly Value[], at: number): Value | undefined => values[Math.floor(at * values.length)]
const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** Puts another text in the place of the matches' `at`-th. */
function replaceOne(text: string, pattern: RegExp, at: number, change: (match: string) => string): string {
  const match = pick([...text.matchAll(pattern)], at)
  return match ? text.slice(0, match.index) + change(match[0]) + text.slice(match.index + match[0].length) : text
}

const anyFittingChange: fc.Arbitrary<Change> = fc.oneof(
  ...Object.entries(fitting).map(([key, value]) =>
    fc.tuple(at, value).map(
      ([at, value]): Change =>
        (text) =>
          replaceOne(text, new RegExp(`"${key}":"[^"]*"`, 'g'), at, () => `"${key}":${JSON.stringify(value)}`),
    ),
  ),
  fc.tuple(at, fc.double()).map(
    ([at, seconds]): Change =>
      (text) =>
        replaceOne(text, /"maxTimeoutSeconds":\d+/g, at, () => `"maxTimeoutSeconds":${seconds}`),
  ),
  // An offer more, and one of them then changed again.
  fc.tuple(at, fitting.amount ?? fc.constant('1')).map(
    ([at, amount]): Change =>
      (text) =>
        replaceOne(
          text,
          /\{"scheme"[^{}]*(?:\{[^{}]*\})?[^{}]*\}/g,
          at,
          (offer) => `${offer},${offer.replace(/"amount":"[^"]*"/, `"amount":"${amount}"`)}`,
        ),
  ),
)

const anyBreakingChange: fc.Arbitrary<Change> = fc.oneof(
  // Another value for a field.
  fc.tuple(at, anyLiteral).map(
    ([at, literal]): Change =>
      (text) =>
        replaceOne(text, MEMBER, at, (member) => `${member.slice(0, member.indexOf('":') + 2)}${literal}`),
  ),
  // Another value for a field by its name.
  fc.tuple(anyKey, anyLiteral).map(
    ([key, literal]): Change =>
      (text) =>
        replaceOne(text, new RegExp(`"${key}":(?:"[^"]*"|[\\d.]+|null)`, 'g'), 0, () => `"${key}":${literal}`),
  ),
  // A field more, known or not, maybe for the second time, before the others or after them.
  fc.tuple(at, anyKey, anyLiteral).map(
    ([at, key, literal]): Change =>
      (text) =>
        replaceOne(text, /\{(?=")/g, at, () => `{"${key}":${literal},`),
  ),
  fc.tuple(at, anyKey, anyLiteral).map(
    ([at, key, literal]): Change =>
      (text) =>
        replaceOne(text, /(?<=["\d])\}/g, at, () => `,"${key}":${literal}}`),
  ),
  // A field under another name, or none.
  fc.tuple(at, anyKey).map(
    ([at, key]): Change =>
      (text) =>
        replaceOne(text, /"\w+":/g, at, () => `"${key}":`),
  ),
  at.map(
    (at): Change =>
      (text) =>
        replaceOne(text, new RegExp(`${MEMBER.source},`, 'g'), at, () => ''),
  ),
  // Something wrapped into a list, or twice.
  at.map(
    (at): Change =>
      (text) =>
        replaceOne(text, MEMBER, at, (member) => member.replace(/":(.*)$/s, '":[$1]')),
  ),
  at.map(
    (at): Change =>
      (text) =>
        replaceOne(text, /\{[^{}]*\}/g, at, (child) => `${child},${child}`),
  ),
)

/** Damage to bytes or letters: one replaced, put in, or everything behind one cut off. */
const anyDamage: fc.Arbitrary<Change> = fc
  .tuple(at, fc.constantFrom('replace', 'insert', 'cut'), fc.integer({ min: 0, max: 255 }))
  .map(([at, how, code]) => (text) => {
    const place = Math.floor(at * text.length)
    const letter = String.fromCharCode(code)
    if (how === 'cut') return text.slice(0, place)
    return text.slice(0, place) + letter + text.slice(place + (how === 'replace' ? 1 : 0))
  })

const applied = (text: string, changes: readonly Change[]): string =>
  changes.reduce((changed, change) => change(changed), text)
const some = (change: fc.Arbitrary<Change>, most: number) => fc.array(change, { minLength: 1, maxLength: most })
const base = fc.constantFrom(...BASES)

/** A valid message with changes that keep its structure. */
const mutated = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(base, some(anyFittingChange, 4)) },
    { weight: 1, arbitrary: fc.tuple(base, some(fc.oneof(anyFittingChange, anyBreakingChange), 3)) },
  )
  .map(([text, changes]) => headerOf(applied(text, changes)))

const anyHeader = fc.oneof(
  { weight: 12, arbitrary: mutated },
  // Damaged letters of the message, damaged bytes of the header.
  { weight: 2, arbitrary: fc.tuple(base, some(anyDamage, 3)).map(([text, damage]) => headerOf(applied(text, damage))) },
  { weight: 2, arbitrary: fc.tuple(mutated, some(anyDamage, 3)).map(([header, damage]) => applied(header, damage)) },
  // Two messages grown together.
  {
    weight: 1,
    arbitrary: fc
      .tuple(base, base, at, at)
      .map(([one, other, from, to]) =>
        headerOf(one.slice(0, Math.floor(from * one.length)) + other.slice(Math.floor(to * other.length))),
      ),
  },
  // Noise.
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => btoa(String.fromCharCode(...bytes))) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 4 }).map((text) => headerOf(text)) },
)

const anyName = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('PAYMENT-REQUIRED', 'payment-required', 'Payment-Required') },
  { weight: 1, arbitrary: fc.constantFrom('PAYMENT-REQUIRED ', 'X-PAYMENT-REQUIRED', 'PAYMENT-RESPONSE', '', 'date') },
)

/** A 402's headers. */
const anyAnswer: fc.Arbitrary<readonly AnswerHeader[]> = fc.oneof(
  { weight: 15, arbitrary: fc.tuple(fc.record({ name: anyName, value: anyHeader })) },
  { weight: 1, arbitrary: fc.array(fc.record({ name: anyName, value: anyHeader }), { maxLength: 4 }) },
)

/** Situations in which nothing may be paid unasked, each for a reason of its own. */
const GUARDED: readonly Partial<Situation>[] = [
  { rules: rules({ autoPay: false }) },
  { rules: rules({ sites: { [SHOP]: { mode: 'ask' } } }) },
  { rules: rules({ sites: { [SHOP]: { mode: 'block' } } }) },
  { rules: rules({ autoPay: false, sites: { [SHOP]: auto(1000n) } }), context: context({ page: READER }) },
  { rules: rules({ mostPerPayment: usd(0n) }) },
  { rules: rules({ mostPerDay: usd(0n) }) },
  { context: context({ activeTab: false }) },
  { context: context({ fromHistory: true }) },
  { context: context({ afterRedirect: true }) },
  { context: context({ maybePaid: true }) },
  { context: context({ obstacle: 'redirected' }) },
  { context: context({ clockSkew: 86_400 }) },
  { context: context({ pageMaximum: usd(0n) }) },
  { funds: funds({ payer: { state: 'locked' } }) },
  { funds: funds({ payer: { state: 'missing' } }) },
  { funds: funds({ available: () => 0n }) },
]

/** What must hold of anything that can be paid, told from the server's own words and not from how we read them. */
function expectTrue({ challenge, offer }: { challenge: Challenge; offer: PayableOffer }): void {
  const { accepted, asset, units, price } = offer
  const { scheme, network, amount, payTo, maxTimeoutSeconds, extra } = accepted as Record<string, unknown>
  const { assetTransferMethod = null, verifyingContract = null } = (extra ?? {}) as Record<string, unknown>
  const complaints = [
    scheme === 'exact',
    (ASSETS as readonly Asset[]).includes(asset) &&
      network === asset.network &&
      String(accepted.asset).toLowerCase() === asset.address,
    typeof amount === 'string' && amount === String(units) && units > 0n && units < 2n ** 256n && price === units,
    typeof payTo === 'string' && payTo === offer.payTo && /^0x(?!0{36})[0-9a-fA-F]{40}$/.test(payTo),
    String(payTo).toLowerCase() !== asset.address,
    Number.isSafeInteger(maxTimeoutSeconds) && Number(maxTimeoutSeconds) > 0,
    assetTransferMethod === null || assetTransferMethod === 'eip3009',
    verifyingContract === null || String(verifyingContract).toLowerCase() === asset.address,
    challenge.site === SHOP,
  ]
  // One `expect` for all of it: a hundred thousand times ten would take longer than all the rest.
  if (complaints.includes(false)) expect({ complaints, accepted }).toBeNull()
}

describe(`fuzzed 402s (seed ${SEED})`, () => {
  test(
    'never crash anything, and are never paid where nothing may be paid unasked',
    () => {
      const seen = { unreadable: 0, read: 0, payable: 0, paid: 0 }
      fc.assert(
        fc.property(anyAnswer, fc.constantFrom(...GUARDED), (headers, guarded) => {
          const reading = readChallenge(request(), answer(headers))
          if (!reading.ok) {
            seen.unreadable += 1
            return /^[a-z0-9_]+$/.test(reading.problem)
          }
          seen.read += 1
          const { challenge } = reading
          for (const offer of challenge.offers.filter(isPayable)) {
            seen.payable += 1
            expectTrue({ challenge, offer })
            if (!/^0x[0-9a-f]{64}$/.test(intentOf(challenge.request, offer))) return false
          }
          const decision = decide(situation({ ...GENEROUS, challenge }))
          if (decision.action === 'pay') {
            seen.paid += 1
            if (challenge.foreignResource || decision.offer.price > 100_000_000n) return false
          }
          return decide(situation({ ...GENEROUS, ...guarded, challenge })).action !== 'pay'
        }),
        { seed: SEED, numRuns: ANSWERS },
      )
      console.log(`Fuzzed 402s: ${JSON.stringify(seen)}`)
      // Were all of them broken in the same way, this would say nothing.
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(ANSWERS / 20)
    },
    TIMEOUT_MS,
  )

  describe('that can be paid', () => {
    beforeAll(() => importVault(KEY, 'correct horse'), 30_000)

    /** What was decided on differs from what is to be signed in one thing. */
    const anyDifference = fc.constantFrom<(expected: Expected) => Expected>(
      (expected) => ({ ...expected, units: expected.units + 1n }),
      (expected) => ({ ...expected, units: expected.units - 1n }),
      (expected) => ({ ...expected, to: expected.asset.address }),
      (expected) => ({ ...expected, from: PAYEE }),
      (expected) => ({ ...expected, latestValidBefore: expected.latestValidBefore - 30 }),
      (expected) => ({ ...expected, asset: evmAsset(ASSETS.find((asset) => asset !== expected.asset)) }),
      (expected) => ({ ...expected, asset: { ...expected.asset, domain: { name: 'Tether', version: '2' } } }),
    )

    test(
      'are not signed when something else was decided on, and are when it was this',
      async () => {
        let refused = 0
        await fc.assert(
          fc.asyncProperty(mutated, anyDifference, async (value, differing) => {
            const reading = readChallenge(request(), answer([{ name: 'PAYMENT-REQUIRED', value }]))
            const offer = reading.ok ? reading.challenge.offers.find(isPayable) : undefined
            fc.pre(reading.ok && offer !== undefined)
            if (!reading.ok || !offer) return
            const record = vi.fn(async () => undefined)
            const { asset, units, payTo } = offer
            const latestValidBefore = Math.floor(Date.now() / 1000) + 61
            const decided: Expected = {
              purpose: 'payment',
              asset: evmAsset(asset),
              units,
              from: PAYER,
              to: payTo,
              latestValidBefore,
            }
            const { terms } = offer
            const pay = await railOf(terms).prepare({ offer, terms, from: PAYER })
            const by = (expected: Expected) => ({
              ...signerFor(transferGate(expected), record, new AbortController().signal),
              address: PAYER,
            })
            const payingFor = (expected: Expected) =>
              pay({
                validSeconds: 60,
                signers: { ...NO_SIGNERS, typedData: () => by(expected) },
                extend: NO_SIGNERS.allowance,
              })
            await expect(payingFor(differing(decided))).rejects.toMatchObject({ code: 'signing_refused' })
            refused += 1
            expect(record).not.toHaveBeenCalled()
            if (refused % 20 > 0) return
            expect(await payingFor(decided)).toHaveProperty('signature')
            expect(record).toHaveBeenCalledOnce()
          }),
          { seed: SEED, numRuns: SIGNATURES },
        )
        expect(refused).toBe(SIGNATURES)
      },
      TIMEOUT_MS,
    )
  })
})
