import { describe, expect, test } from 'vitest'
import { usd } from '@/lib/money/usd'
import { type Decision, decide, type Situation } from '@/lib/policy/decide'
import { dayCounter, siteDayCounter } from '@/lib/policy/limits'
import { ASK_REASONS, type AskReason, REFUSE_REASONS, type RefuseReason } from '@/lib/policy/reasons'
import { challengeOf, entry, header } from '../challenge/samples'
import { auto, CENT, context, DAY, funds, priced, READER, rules, SHOP, situation, spent } from './situations'

const decideOn = (changes: Partial<Situation> = {}): Decision => decide(situation(changes))
const codesOf = ({ reasons }: Decision): string[] => reasons.map(({ code }) => code)
const hasDay = spent({ [dayCounter('test', DAY)]: 499n * CENT })
const hasSiteDay = spent({ [siteDayCounter('test', SHOP, DAY)]: 99n * CENT })

type Case<Code> = readonly [why: string, code: Code, changes: Partial<Situation>]

const DOUBTS: readonly Case<AskReason>[] = [
  ['auto-pay is off', 'auto_pay_off', { rules: rules({ autoPay: false }) }],
  ['the user wants to be asked for this site', 'site_asks', { rules: rules({ sites: { [SHOP]: { mode: 'ask' } } }) }],
  ['it costs more than one payment may', 'over_most_per_payment', { challenge: priced(11n * CENT) }],
  ['there is no wallet', 'wallet_missing', { funds: funds({ wallet: 'missing' }) }],
  ['the wallet is locked', 'wallet_locked', { funds: funds({ wallet: 'locked' }) }],
  ['it was paid for a moment ago', 'paid_recently', { context: context({ paidRecently: true }) }],
  ['it may have been paid for before', 'maybe_paid', { context: context({ maybePaid: true }) }],
  ['the back button led here', 'from_history', { context: context({ fromHistory: true }) }],
  ['nobody looks at the tab', 'background_tab', { context: context({ activeTab: false }) }],
  ['a redirect led here', 'after_redirect', { context: context({ afterRedirect: true }) }],
  [
    'something of another site is sold',
    'foreign_resource',
    { challenge: challengeOf(header({ resource: { url: 'https://other.example/' } })) },
  ],
  ["the server's clock is ahead", 'clock_skew', { context: context({ clockSkew: 61 }) }],
  ["the server's clock is behind", 'clock_skew', { context: context({ clockSkew: -61 }) }],
]

const REFUSALS: readonly Case<RefuseReason>[] = [
  ['no offer can be paid', 'nothing_payable', { challenge: priced(2n * CENT, { scheme: 'upto' }) }],
  [
    'it would go over plain http',
    'plain_http',
    { challenge: challengeOf(header(), { url: 'http://shop.example/article' }) },
  ],
  ['the answer came from elsewhere', 'redirected', { context: context({ obstacle: 'redirected' }) }],
  ['a form was sent', 'form_post', { context: context({ obstacle: 'form_post' }) }],
  ['the site is blocked', 'site_blocked', { rules: rules({ sites: { [SHOP]: { mode: 'block' } } }) }],
  [
    'a blocked page asks for it',
    'site_blocked',
    { rules: rules({ sites: { [READER]: { mode: 'block' } } }), context: context({ page: READER }) },
  ],
  [
    "it is above the page's own maximum",
    'over_page_maximum',
    { context: context({ pageMaximum: usd(2n * CENT - 1n) }) },
  ],
  ["the day's limit is reached", 'over_day_limit', { totals: hasDay }],
  ["the site's limit of the day is reached", 'over_site_day_limit', { totals: hasSiteDay }],
  ['the wallet has too little', 'insufficient_funds', { funds: funds({ available: () => 2n * CENT - 1n }) }],
]

test('two cents to a site, with nothing against it, are paid', () => {
  expect(decideOn()).toMatchObject({ action: 'pay', offer: { units: 20_000n }, reasons: [] })
})

describe('a person is asked when', () => {
  test.each(DOUBTS)('%s: %s', (_, code, changes) => {
    const decision = decideOn(changes)
    expect(decision.action).toBe('ask')
    expect(codesOf(decision)).toEqual([code])
  })

  test('every reason there is to ask is among these', () => {
    expect(new Set(DOUBTS.map(([, code]) => code))).toEqual(new Set(ASK_REASONS))
  })

  test('several doubts at once are all named', () => {
    const decision = decideOn({
      rules: rules({ autoPay: false }),
      context: context({ fromHistory: true, activeTab: false }),
      funds: funds({ wallet: 'locked' }),
    })
    expect(codesOf(decision).toSorted()).toEqual(['auto_pay_off', 'background_tab', 'from_history', 'wallet_locked'])
  })

  test('but a minute of clock skew is none, and neither is a clock that says nothing', () => {
    for (const clockSkew of [60, -60, null]) expect(decideOn({ context: context({ clockSkew }) }).action).toBe('pay')
  })
})

describe('it is refused when', () => {
  test.each(REFUSALS)('%s: %s', (_, code, changes) => {
    const decision = decideOn(changes)
    expect(decision.action).toBe('refuse')
    expect(codesOf(decision)).toEqual([code])
  })

  test('every reason to refuse that lies in the situation is among these', () => {
    const elsewhere: RefuseReason[] = [
      'unreadable',
      'declined',
      'no_answer',
      'outcome_open',
      'page_gone',
      'not_repeatable',
      'failed',
    ]
    const here = REFUSE_REASONS.filter((code) => !elsewhere.includes(code))
    expect(new Set(REFUSALS.map(([, code]) => code))).toEqual(new Set(here))
  })

  test('a refusal comes before any doubt', () => {
    const decision = decideOn({ rules: rules({ autoPay: false }), totals: hasDay })
    expect(decision.action).toBe('refuse')
    expect(codesOf(decision)).toEqual(['over_day_limit'])
  })

  test('with the figures of its sentence', () => {
    expect(decideOn({ totals: hasSiteDay }).reasons).toEqual([
      { code: 'over_site_day_limit', values: { site: 'shop.example', total: '$1.01', cap: '$1.00' } },
    ])
    expect(decideOn({ funds: funds({ available: () => -5n }) }).reasons).toEqual([
      { code: 'insufficient_funds', values: { needed: '0.02 USDC', available: '0 USDC' } },
    ])
    expect(decideOn({ challenge: priced(CENT, { network: 'eip155:1' }) }).reasons).toEqual([
      { code: 'nothing_payable', values: { problems: 'unknown_network' } },
    ])
  })
})

describe('an approval', () => {
  const overruled = DOUBTS.filter(([, code]) => code !== 'wallet_missing' && code !== 'wallet_locked')

  test.each(overruled)('answers that %s', (_, __, changes) => {
    const { action } = decideOn({ ...changes, context: context({ ...changes.context, approved: true }) })
    expect(action).toBe('pay')
  })

  test.each(['missing', 'locked'] as const)('cannot sign with a wallet that is %s', (wallet) => {
    const decision = decideOn({ funds: funds({ wallet }), context: context({ approved: true }) })
    expect(decision.action).toBe('ask')
    expect(codesOf(decision)).toEqual([`wallet_${wallet}`])
  })

  test.each(REFUSALS)('overrules nothing when %s', (_, code, changes) => {
    const decision = decideOn({ ...changes, context: context({ ...changes.context, approved: true }) })
    expect(decision.action).toBe('refuse')
    expect(codesOf(decision)).toEqual([code])
  })
})

describe('limits are exact to the millionth of a dollar', () => {
  const price = 2n * CENT

  test('at the most per payment it is paid, one above it is asked', () => {
    expect(decideOn({ rules: rules({ mostPerPayment: usd(price) }) }).action).toBe('pay')
    expect(decideOn({ rules: rules({ mostPerPayment: usd(price - 1n) }) }).action).toBe('ask')
  })

  test.each([
    ["day's", dayCounter('test', DAY), 500n * CENT],
    ["site's", siteDayCounter('test', SHOP, DAY), 100n * CENT],
  ])('at the %s limit it is paid, one above it is refused', (_, counter, cap) => {
    expect(decideOn({ totals: spent({ [counter]: cap - price }) }).action).toBe('pay')
    expect(decideOn({ totals: spent({ [counter]: cap - price + 1n }) }).action).toBe('refuse')
  })

  test('with exactly the money it is paid, one unit short it is refused', () => {
    expect(decideOn({ funds: funds({ available: () => price }) }).action).toBe('pay')
    expect(decideOn({ funds: funds({ available: () => price - 1n }) }).action).toBe('refuse')
  })

  test('a balance that nobody knows stands in no way', () => {
    expect(decideOn({ funds: funds({ available: () => null }) }).action).toBe('pay')
  })

  test.each([
    ['real money', dayCounter('main', DAY)],
    ['another day', dayCounter('test', '2026-11-20')],
    ['another site', siteDayCounter('test', READER, DAY)],
  ])('and %s does not count', (_, counter) => {
    expect(decideOn({ totals: spent({ [counter]: 10n ** 12n }) }).action).toBe('pay')
  })
})

describe("a site's own rule", () => {
  const off = { autoPay: false }

  test('lets its own pages spend, even with auto-pay off, up to its own most', () => {
    const allowed = rules({ ...off, sites: { [SHOP]: auto(2n) } })
    expect(decideOn({ rules: allowed }).action).toBe('pay')
    expect(codesOf(decideOn({ rules: allowed, challenge: priced(2n * CENT + 1n) }))).toEqual(['over_most_per_payment'])
  })

  test('may allow more than the general most', () => {
    const generous = rules({ sites: { [SHOP]: auto(50n) } })
    expect(decideOn({ rules: generous, challenge: priced(50n * CENT) }).action).toBe('pay')
  })

  test('may allow less than the general most', () => {
    const sparing = rules({ sites: { [SHOP]: auto(1n) } })
    expect(codesOf(decideOn({ rules: sparing }))).toEqual(['over_most_per_payment'])
  })

  test("never lifts a day's limit", () => {
    const generous = rules({ sites: { [SHOP]: auto(1000n) } })
    expect(codesOf(decideOn({ rules: generous, challenge: priced(101n * CENT) }))).toEqual(['over_site_day_limit'])
  })

  test('a site’s lower maximum holds for other sites’ pages too', () => {
    const general = rules({ sites: { [SHOP]: auto(1n) } })
    expect(decide(situation({ rules: general, context: context({ page: READER }) })).action).toBe('ask')
  })

  test("lets another site's pages spend only when they are listed", () => {
    const fromReader = context({ page: READER })
    const own = rules({ ...off, sites: { [SHOP]: auto(10n) } })
    const listed = rules({ ...off, sites: { [SHOP]: auto(10n, [READER]) } })
    expect(codesOf(decideOn({ rules: own, context: fromReader }))).toEqual(['auto_pay_off'])
    expect(decideOn({ rules: listed, context: fromReader }).action).toBe('pay')
    expect(decideOn({ rules: listed, context: context({ page: 'https://www.reader.example' }) }).action).toBe('ask')
  })

  test('to ask goes before auto-pay', () => {
    const asking = rules({ sites: { [SHOP]: { mode: 'ask' } } })
    expect(codesOf(decideOn({ rules: asking, challenge: priced(1n) }))).toEqual(['site_asks'])
  })

  test('holds for exactly its origin', () => {
    for (const url of ['https://www.shop.example/', 'https://shop.example:8443/']) {
      const challenge = challengeOf(header({ resource: { url } }), { url })
      const { action } = decideOn({
        challenge,
        rules: rules({ ...off, sites: { [SHOP]: auto(10n) } }),
        context: context({ page: new URL(url).origin }),
      })
      expect(action).toBe('ask')
    }
  })

  test('is not inherited from anywhere', () => {
    const polluted = rules({ ...off, sites: Object.create({ [SHOP]: auto(10n) }) as Record<string, never> })
    expect(decideOn({ rules: polluted }).action).toBe('ask')
  })
})

describe("a page's own maximum", () => {
  test('refuses what is above it', () => {
    expect(decideOn({ context: context({ pageMaximum: usd(2n * CENT) }) }).action).toBe('pay')
    expect(codesOf(decideOn({ context: context({ pageMaximum: usd(0n) }) }))).toEqual(['over_page_maximum'])
  })

  test("never raises the user's", () => {
    const decision = decideOn({ challenge: priced(11n * CENT), context: context({ pageMaximum: usd(10n ** 12n) }) })
    expect(codesOf(decision)).toEqual(['over_most_per_payment'])
  })
})

describe('of several offers', () => {
  const OTHER = 'eip155:8453'
  const BASE_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
  const offers = (...accepts: Parameters<typeof entry>[0][]) =>
    challengeOf(header({ accepts: accepts.map((changes) => entry(changes)) }))
  const unitsOf = ({ offer }: Decision) => offer?.units

  test('one that can be paid is picked, however dear', () => {
    const challenge = offers({ amount: '1', scheme: 'upto' }, { amount: '2', payTo: 'merchant' }, { amount: '30000' })
    expect(unitsOf(decideOn({ challenge }))).toBe(30_000n)
  })

  test('the cheapest is picked', () => {
    expect(unitsOf(decideOn({ challenge: offers({ amount: '3000' }, { amount: '1000' }, { amount: '2000' }) }))).toBe(
      1000n,
    )
  })

  test("of equally cheap ones, the server's first is picked", () => {
    const challenge = offers({ maxTimeoutSeconds: 1 }, { maxTimeoutSeconds: 2 })
    expect(decideOn({ challenge }).offer?.maxTimeoutSeconds).toBe(1)
  })

  test('one that the wallet has the money for is picked before a cheaper one', () => {
    const challenge = offers({ amount: '1000', network: OTHER, asset: BASE_USDC }, { amount: '2000' })
    const available = ({ network }: { network: string }) => (network === OTHER ? 0n : 1_000_000n)
    expect(decideOn({ challenge, funds: funds({ available }) })).toMatchObject({
      action: 'pay',
      offer: { units: 2000n },
    })
  })

  test('each kind of trouble is named once when none can be paid', () => {
    const challenge = offers({ scheme: 'upto' }, { scheme: 'batch-settlement' }, { amount: '0' })
    expect(decideOn({ challenge }).reasons[0]?.values).toEqual({ problems: 'unknown_scheme, invalid_amount' })
  })
})

describe('plain http', () => {
  test.each(['http://localhost/', 'http://shop.localhost:3000/', 'http://127.0.0.1:8402/', 'http://[::1]/'])(
    'is paid on this computer alone: %s',
    (url) => {
      const challenge = challengeOf(header({ resource: { url } }), { url })
      expect(decideOn({ challenge, context: context({ page: new URL(url).origin }) }).action).toBe('pay')
    },
  )

  test.each([
    'http://shop.example/',
    'http://localhost.example/',
    'http://127.0.0.1.example/',
    'http://127.0.0.2/',
    'http://192.168.0.1/',
    'http://notlocalhost/',
    'ftp://localhost/',
  ])('is refused elsewhere: %s', (url) => {
    const challenge = challengeOf(header({ resource: { url } }), { url })
    expect(codesOf(decideOn({ challenge }))).toContain('plain_http')
  })
})
