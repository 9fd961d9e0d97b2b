import { describe, expect, test } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { usd } from '@/lib/money/usd'
import { type Decision, decide, type Outlay, type Payer, type Situation } from '@/lib/policy/decide'
import { agentScope, everything, siteScope } from '@/lib/policy/limits'
import { ASK_REASONS, type AskReason, because, REFUSE_REASONS, type RefuseReason } from '@/lib/policy/reasons'
import type { Rules } from '@/lib/policy/rules'
import { payeeId } from '@/lib/policy/site-record'
import { challengeOf, entry, FEE_PAYER, header, PAYEE, solanaEntry } from '../challenge/samples'
import {
  AGENT,
  auto,
  begun,
  budget,
  CENT,
  context,
  funds,
  known,
  NOON,
  priced,
  READER,
  rules,
  SHOP,
  situation,
  spent,
} from './situations'

const decideOn = (changes: Partial<Situation> = {}): Decision => decide(situation(changes))
const codesOf = ({ reasons }: Decision): string[] => reasons.map(({ code }) => code)
const ALL = everything('test')
const AT_SHOP = siteScope('test', SHOP)
const BY_AGENT = agentScope('test', AGENT)
const hasDay = spent({ [ALL]: 499n * CENT })
const hasSiteDay = spent({ [AT_SHOP]: 99n * CENT })

const spent2 = spent({ [ALL]: 2n * CENT, [AT_SHOP]: 2n * CENT })
const hasAgent = spent({ [BY_AGENT]: 2n * CENT })
const BASE_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const payee = payeeId({ network: 'eip155:84532', payTo: PAYEE })
/** The agent asks in place of the page. */
const byAgent = (its: Rules, tallies = spent({})): Partial<Situation> => ({
  context: context({ agent: AGENT }),
  rules: its,
  tallies,
})
const onSolana = () => challengeOf(header({ accepts: [solanaEntry()] }))
const spending = (changes: Parameters<typeof budget>[1]) => rules({ agents: { [AGENT]: budget(10n, changes) } })

type Case<Code> = readonly [why: string, code: Code, changes: Partial<Situation>]

/** Two cents that are paid from a prepaid tab. */
const tabbed = challengeOf(
  header({
    accepts: [
      entry({
        scheme: 'batch-settlement',
        extra: { receiverAuthorizer: PAYEE, withdrawDelay: 900, minDeposit: '200000' },
      }),
    ],
  }),
)
const opening: Outlay = { units: 200_000n, price: usd(20n * CENT), tab: 'open' }
const fromTab = (outlay: Outlay): Partial<Situation> => ({
  challenge: tabbed,
  outlays: new Map(tabbed.offers.filter(isPayable).map((offer) => [offer, outlay])),
})

const DOUBTS: readonly Case<AskReason>[] = [
  ['auto-pay is off', 'auto_pay_off', { rules: rules({ autoPay: false }) }],
  ['the user wants to be asked for this site', 'site_asks', { rules: rules({ sites: { [SHOP]: { mode: 'ask' } } }) }],
  ['it costs more than one payment may', 'over_most_per_payment', { challenge: priced(11n * CENT) }],
  ['there is no wallet', 'wallet_missing', { funds: funds({ payer: { state: 'missing' } }) }],
  ['the wallet is locked', 'wallet_locked', { funds: funds({ payer: { state: 'locked' } }) }],
  ['MetaMask signs', 'metamask_asks', { funds: funds({ payer: { signer: 'metamask' } }) }],
  ['it was paid for a moment ago', 'paid_recently', { context: context({ paidRecently: true }) }],
  ['it may have been paid for before', 'maybe_paid', { context: context({ maybePaid: true }) }],
  ['the back button led here', 'from_history', { context: context({ fromHistory: true }) }],
  ['nobody looks at the tab', 'background_tab', { context: context({ activeTab: false }) }],
  ['nobody asked for this part of a page', 'part_unasked', { context: context({ unasked: true }) }],
  ['a redirect led here', 'after_redirect', { context: context({ afterRedirect: true }) }],
  [
    'something of another site is sold',
    'foreign_resource',
    { challenge: challengeOf(header({ resource: { url: 'https://other.example/' } })) },
  ],
  [
    'only a page of another site says what is asked for',
    'hearsay',
    {
      challenge: { ...priced(20_000n), hearsay: true },
      rules: rules({ sites: { [SHOP]: auto(2n, [READER]) } }),
      context: context({ page: READER }),
    },
  ],
  ["the server's clock is ahead", 'clock_skew', { context: context({ clockSkew: 61 }) }],
  ["the server's clock is behind", 'clock_skew', { context: context({ clockSkew: -61 }) }],
  ['the site was never paid, and new ones are asked about', 'new_site', { rules: rules({ askNewSites: true }) }],
  ['the site has signed something else', 'signature_wrong', { signature: () => 'wrong' }],
  ['it was bought before, and would be opened free', 'bought_before', { bought: '0xbought' }],
  ['the site names somebody new to pay', 'new_payee', { site: known({ payees: ['another'] }) }],
  ['the site took money and brought nothing', 'site_denied', { site: known({ payees: [payee], denied: true }) }],
  ['three payments brought nothing', 'site_fruitless', { site: known({ payees: [payee], fruitless: 3 }) }],
  ['an agent without a budget asks', 'agent_asks', byAgent(rules())],
  ['an agent asks that is only to ask', 'agent_asks', byAgent(rules({ agents: { [AGENT]: { mode: 'ask' } } }))],
  [
    'an agent wants more than its payments may be',
    'over_agent_payment',
    byAgent(spending({ mostPerPayment: usd(1n) })),
  ],
  ["an agent's day is over", 'over_agent_day_limit', byAgent(spending({ mostPerDay: usd(3n * CENT) }), hasAgent)],
  ["an agent's week is over", 'over_agent_week_limit', byAgent(spending({ mostPerWeek: usd(3n * CENT) }), hasAgent)],
  ["an agent's month is over", 'over_agent_month_limit', byAgent(spending({ mostPerMonth: usd(3n * CENT) }), hasAgent)],
  [
    "an agent's minute is over",
    'over_agent_minute_limit',
    byAgent(spending({ mostPerMinute: 2 }), begun({ [BY_AGENT]: 2 })),
  ],
  ['it opens a prepaid tab', 'tab_opens', fromTab(opening)],
]

/** The general limits of the shop's rule, each with two cents spent. */
const shopMay = (changes: Parameters<typeof auto>[2]) => rules({ sites: { [SHOP]: auto(10n, [], changes) } })

const REFUSALS: readonly Case<RefuseReason>[] = [
  ['no offer can be paid', 'nothing_payable', { challenge: priced(2n * CENT, { network: 'eip155:5' }) }],
  ['it is asked for in another way', 'other_way', { challenge: priced(2n * CENT, { scheme: 'barter' }) }],
  [
    'it would go over plain http',
    'plain_http',
    { challenge: challengeOf(header(), { url: 'http://shop.example/article' }) },
  ],
  ['the answer came from elsewhere', 'redirected', { context: context({ obstacle: 'redirected' }) }],
  ['a form was sent that could not be read', 'form_post', { context: context({ obstacle: 'form_post' }) }],
  ['a form was sent with files', 'form_files', { context: context({ obstacle: 'form_files' }) }],
  ['another site’s form was sent', 'form_foreign', { context: context({ obstacle: 'form_foreign' }) }],
  ['the browser keeps the 402 of an image', 'part_cached', { context: context({ obstacle: 'part_cached' }) }],
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
  ["the day's limit is reached", 'over_day_limit', { tallies: hasDay }],
  ["the site's limit of the day is reached", 'over_site_day_limit', { tallies: hasSiteDay }],
  [
    "the week's limit is reached",
    'over_week_limit',
    { rules: rules({ mostPerWeek: usd(3n * CENT) }), tallies: spent2 },
  ],
  [
    "the month's limit is reached",
    'over_month_limit',
    { rules: rules({ mostPerMonth: usd(3n * CENT) }), tallies: spent2 },
  ],
  [
    'the minute has had its payments',
    'over_minute_limit',
    { rules: rules({ mostPerMinute: 2 }), tallies: begun({ [ALL]: 2 }) },
  ],
  [
    "the site's limit of the week is reached",
    'over_site_week_limit',
    { rules: shopMay({ mostPerWeek: usd(3n * CENT) }), tallies: spent2 },
  ],
  [
    "the site's limit of the month is reached",
    'over_site_month_limit',
    { rules: shopMay({ mostPerMonth: usd(3n * CENT) }), tallies: spent2 },
  ],
  [
    'the site had its payments of the minute',
    'over_site_minute_limit',
    { rules: shopMay({ mostPerMinute: 2 }), tallies: begun({ [AT_SHOP]: 2 }) },
  ],
  ['test money is off', 'test_money_off', { rules: rules({ tokens: [] }) }],
  [
    'the token is off',
    'token_off',
    { challenge: priced(CENT, { network: 'eip155:8453', asset: BASE_USDC }), rules: rules({ tokens: [] }) },
  ],
  [
    'it would pay the wallet itself',
    'own_payee',
    { funds: funds({ payer: { address: PAYEE.toUpperCase().replace('0X', '0x') } }) },
  ],
  [
    'the wallet itself would pay the network’s fee',
    'own_fee_payer',
    { challenge: onSolana(), funds: funds({ payer: { address: FEE_PAYER } }) },
  ],
  [
    'MetaMask is to pay what only the wallet can sign',
    'metamask_cannot',
    { challenge: onSolana(), funds: funds({ payer: { signer: 'metamask' } }) },
  ],
  [
    'nobody can be asked for a recent block',
    'rpc_needed',
    { challenge: onSolana(), funds: funds({ lacksRpc: () => true }) },
  ],
  [
    'Permit2 may not move the token, and nothing can be signed that lets it',
    'allowance_missing',
    { funds: funds({ obstacle: () => because('allowance_missing') }) },
  ],
  [
    'the site wants Permit2 to move all of a token for good',
    'approval_unlimited',
    { funds: funds({ obstacle: () => because('approval_unlimited') }) },
  ],
  ['the agent is blocked', 'agent_blocked', byAgent(rules({ agents: { [AGENT]: { mode: 'block' } } }))],
  [
    'the site has no account of its own yet',
    'no_site_account',
    { funds: funds({ payer: { state: 'no_site_account', address: null } }) },
  ],
  [
    'there is nobody yet who could be billed',
    'signature_agent_needed',
    { funds: funds({ payer: { state: 'no_signature_agent', address: null } }) },
  ],
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
      funds: funds({ payer: { state: 'locked' } }),
    })
    expect(codesOf(decision).toSorted()).toEqual(['auto_pay_off', 'background_tab', 'from_history', 'wallet_locked'])
  })

  test('but not about a part of a page whose site the user has set to be paid by itself', () => {
    const set = rules({ autoPay: false, sites: { [SHOP]: auto(10n) } })
    expect(decideOn({ rules: set, context: context({ unasked: true }) }).action).toBe('pay')
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
      'says_nothing',
      'asked_twice',
      'rpc_silent',
      'books_unusable',
      'rules_unusable',
      'silenced',
      'too_many_questions',
      'part_unasked',
      'rules_changed',
      'declined',
      'metamask_rejected',
      'metamask_failed',
      'no_answer',
      'outcome_open',
      'page_gone',
      'not_repeatable',
      'failed',
    ]
    // An agent's own limits ask.
    const here = REFUSE_REASONS.filter((code) => !elsewhere.includes(code) && !code.startsWith('over_agent_'))
    expect(new Set(REFUSALS.map(([, code]) => code))).toEqual(new Set(here))
  })

  test('a refusal comes before any doubt', () => {
    const decision = decideOn({ rules: rules({ autoPay: false }), tallies: hasDay })
    expect(decision.action).toBe('refuse')
    expect(codesOf(decision)).toEqual(['over_day_limit'])
  })

  test('with the figures of its sentence', () => {
    expect(decideOn({ tallies: hasSiteDay }).reasons).toEqual([
      { code: 'over_site_day_limit', values: { name: 'shop.example', total: '$1.01', cap: '$1.00' } },
    ])
    expect(decideOn({ funds: funds({ available: () => -5n }) }).reasons).toEqual([
      { code: 'insufficient_funds', values: { needed: '0.02 USDC', available: '0 USDC' } },
    ])
    expect(decideOn({ challenge: priced(CENT, { network: 'eip155:5' }) }).reasons).toEqual([
      { code: 'nothing_payable', values: { problems: 'unknown_network' } },
    ])
  })
})

describe('an approval', () => {
  // What a person did not see the figures of, they have not agreed to.
  const standing: readonly AskReason[] = ['wallet_missing', 'wallet_locked', 'tab_opens']
  const overruled = DOUBTS.filter(([, code]) => !standing.includes(code))

  test.each(overruled)('answers that %s', (_, __, changes) => {
    const { action } = decideOn({ ...changes, context: context({ ...changes.context, approved: true }) })
    expect(action).toBe('pay')
  })

  test.each(['missing', 'locked'] as const)('cannot sign with a wallet that is %s', (wallet) => {
    const decision = decideOn({ funds: funds({ payer: { state: wallet } }), context: context({ approved: true }) })
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
    ["day's", ALL, 500n * CENT],
    ["site's", AT_SHOP, 100n * CENT],
  ])('at the %s limit it is paid, one above it is refused', (_, scope, cap) => {
    expect(decideOn({ tallies: spent({ [scope]: cap - price }) }).action).toBe('pay')
    expect(decideOn({ tallies: spent({ [scope]: cap - price + 1n }) }).action).toBe('refuse')
  })

  test('with exactly the money it is paid, one unit short it is refused', () => {
    expect(decideOn({ funds: funds({ available: () => price }) }).action).toBe('pay')
    expect(decideOn({ funds: funds({ available: () => price - 1n }) }).action).toBe('refuse')
  })

  test('a balance that nobody knows stands in no way', () => {
    expect(decideOn({ funds: funds({ available: () => null }) }).action).toBe('pay')
  })

  test.each([
    ['real money', spent({ [everything('main')]: 10n ** 12n })],
    ['yesterday', spent({ [ALL]: 10n ** 12n, [AT_SHOP]: 10n ** 12n }, '2026-11-20')],
    ['another site', spent({ [siteScope('test', READER)]: 10n ** 12n })],
  ])('and %s does not count', (_, tallies) => {
    expect(decideOn({ tallies }).action).toBe('pay')
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
  const offers = (...accepts: Parameters<typeof entry>[0][]) =>
    challengeOf(header({ accepts: accepts.map((changes) => entry(changes)) }))
  const unitsOf = ({ offer }: Decision) => offer?.units

  test('one that can be paid is picked, however dear', () => {
    const challenge = offers(
      { amount: '1', scheme: 'deferred' },
      { amount: '2', payTo: 'merchant' },
      { amount: '30000' },
    )
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
    const challenge = offers({ network: 'eip155:5' }, { network: 'eip155:6' }, { amount: '0' })
    expect(decideOn({ challenge }).reasons[0]?.values).toEqual({ problems: 'unknown_network, invalid_amount' })
  })

  test('each other way is named once, with its price, before that; and not more of them than can be read', () => {
    const barter = { scheme: 'bar\u202eter' }
    const challenge = offers(
      barter,
      barter,
      { ...barter, asset: '0x0000000000000000000000000000000000000bad' },
      { amount: '0' },
    )
    const way = { way: 'unknown_scheme', scheme: 'barter' }
    expect(decideOn({ challenge }).reasons).toEqual([
      { code: 'other_way', values: { ...way, price: '$0.02' } },
      { code: 'other_way', values: way },
      { code: 'nothing_payable', values: { problems: 'invalid_amount' } },
    ])
    const many = offers(...Array.from({ length: 20 }, (_, index) => ({ scheme: `way-${index}` })))
    expect(decideOn({ challenge: many }).reasons).toHaveLength(5)
  })
})

describe('a prepaid tab', () => {
  const open: Outlay = { units: 0n, price: usd(0n), tab: 'spend' }

  test('is opened by nobody but a person who saw the deposit', () => {
    const [reason] = decideOn(fromTab(opening)).reasons
    expect(reason?.values).toMatchObject({ deposit: '$0.20', delay: '15 min' })
    const approved = (approvedDeposit: bigint | null) => context({ approved: true, approvedDeposit })
    for (const seen of [null, 199_999n, 200_001n])
      expect(codesOf(decideOn({ ...fromTab(opening), context: approved(seen) }))).toEqual(['tab_opens'])
    expect(decideOn({ ...fromTab(opening), context: approved(200_000n) }).action).toBe('pay')
  })

  test('counts its deposit against every limit, and needs it in the wallet', () => {
    const over = { ...fromTab(opening), tallies: spent({ [AT_SHOP]: 81n * CENT }) }
    expect(codesOf(decideOn(over))).toEqual(['over_site_day_limit'])
    const short = { ...fromTab(opening), funds: funds({ available: () => 199_999n }) }
    expect(codesOf(decideOn(short))).toEqual(['insufficient_funds'])
  })

  test('that is open pays within the rules, counts against no limit again and needs nothing in the wallet', () => {
    const used = { ...fromTab(open), tallies: hasDay, funds: funds({ available: () => 0n }) }
    expect(decideOn(used).action).toBe('pay')
    expect(codesOf(decideOn({ ...used, rules: rules({ mostPerPayment: usd(CENT) }) }))).toEqual([
      'over_most_per_payment',
    ])
    expect(codesOf(decideOn({ ...used, rules: rules({ sites: { [SHOP]: { mode: 'block' } } }) }))).toEqual([
      'site_blocked',
    ])
  })

  test('is used where it is open, and not opened where the site takes a payment without one', () => {
    const both = challengeOf(header({ accepts: [entry(), { ...entry(), ...tabbed.offers[0]?.accepted }] }))
    const [plain, other] = both.offers.filter(isPayable)
    if (!plain || !other) throw new Error('Both can be paid.')
    expect(decideOn({ challenge: both, outlays: new Map([[other, open]]) }).offer).toBe(other)
    expect(decideOn({ challenge: both, outlays: new Map([[other, opening]]) })).toMatchObject({
      action: 'pay',
      offer: plain,
    })
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

describe('of several offers, which is picked', () => {
  const TEST = { network: 'eip155:84532' } as const
  const MAIN = { network: 'eip155:8453', asset: BASE_USDC } as const
  const offers = (...accepts: Parameters<typeof entry>[0][]) =>
    challengeOf(header({ accepts: accepts.map((changes) => entry(changes)) }))
  const both = offers({ amount: '2000', ...MAIN }, { amount: '1000', ...TEST })

  test('is the one on the preferred network, even when it is dearer', () => {
    expect(decideOn({ challenge: both }).offer?.network).toBe(TEST.network)
    const preferring = rules({ preferredNetwork: MAIN.network })
    expect(decideOn({ challenge: both, rules: preferring }).offer?.network).toBe(MAIN.network)
  })

  test('is not the preferred network where the wallet has too little there', () => {
    const available = ({ network }: { network: string }) => (network === MAIN.network ? 0n : 1_000_000n)
    const preferring = rules({ preferredNetwork: MAIN.network })
    expect(decideOn({ challenge: both, rules: preferring, funds: funds({ available }) }).offer?.network).toBe(
      TEST.network,
    )
  })

  test('is not one that the wallet has no account for, where it has one for another', () => {
    const solanaFirst = challengeOf(header({ accepts: [solanaEntry(), entry()] }))
    const onEvm = funds()
    const missing: Payer = { signer: 'vault', state: 'missing', address: null }
    const payer = (network: string) => (network.startsWith('solana:') ? missing : onEvm.payer(network))
    const preferring = rules({ preferredNetwork: solanaEntry().network })
    expect(decideOn({ challenge: solanaFirst, rules: preferring }).offer?.asset.family).toBe('svm')
    expect(decideOn({ challenge: solanaFirst, rules: preferring, funds: { ...onEvm, payer } })).toMatchObject({
      action: 'pay',
      offer: { asset: { family: 'evm' } },
    })
  })

  test('is the first that is not refused', () => {
    const noTestMoney = rules({ tokens: rules().tokens.filter((token) => !token.startsWith(TEST.network)) })
    expect(decideOn({ challenge: both, rules: noTestMoney })).toMatchObject({
      action: 'pay',
      offer: { network: MAIN.network },
    })
    expect(
      decideOn({ challenge: both, tallies: hasDay, rules: rules({ mostPerDay: usd(499n * CENT) }) }),
    ).toMatchObject({
      action: 'pay',
      offer: { network: MAIN.network },
    })
  })

  test('is asked about rather than a later one paid', () => {
    const decision = decideOn({ challenge: both, rules: rules({ preferredNetwork: MAIN.network, autoPay: false }) })
    expect(decision).toMatchObject({ action: 'ask', offer: { network: MAIN.network } })
  })

  test('is asked about together with what could be paid in its place', () => {
    const asked = { challenge: both, rules: rules({ preferredNetwork: MAIN.network, autoPay: false }) }
    expect(decideOn(asked)).toMatchObject({ action: 'ask', others: [{ network: TEST.network }] })
    const noTestMoney = rules({
      autoPay: false,
      tokens: rules().tokens.filter((token) => !token.startsWith(TEST.network)),
    })
    expect(decideOn({ ...asked, rules: noTestMoney })).toMatchObject({ action: 'ask', others: [] })
  })

  test('says why the best was refused when all are', () => {
    const decision = decideOn({ challenge: both, rules: rules({ tokens: [] }) })
    expect(decision.reasons).toEqual([{ code: 'test_money_off', values: { token: 'USDC', network: 'Base Sepolia' } }])
  })
})

describe('an agent', () => {
  const asking = (its: Rules, changes: Parameters<typeof context>[0] = {}) =>
    decideOn({ rules: its, context: context({ agent: AGENT, ...changes }) })

  test('can only ask until it has a budget, whatever the general switch and the site say', () => {
    const generous = rules({ autoPay: true, sites: { [SHOP]: auto(100n) } })
    expect(asking(generous).reasons).toEqual([{ code: 'agent_asks', values: { agent: AGENT } }])
  })

  test('spends by its budget though auto-pay is off', () => {
    expect(asking(rules({ autoPay: false, agents: { [AGENT]: budget(2n) } })).action).toBe('pay')
  })

  test('asks for more than its payments may be, even where others need not', () => {
    const its = rules({ agents: { [AGENT]: budget(1n) } })
    expect(asking(its).reasons).toEqual([
      { code: 'over_agent_payment', values: { agent: AGENT, price: '$0.02', most: '$0.01' } },
    ])
    expect(decideOn({ rules: its }).action).toBe('pay')
  })

  test('asks above its own limits, and is refused above everybody’s', () => {
    const its = rules({ agents: { [AGENT]: budget(10n, { mostPerDay: usd(3n * CENT) }) } })
    const two = { [BY_AGENT]: 2n * CENT }
    const own = decideOn({ ...byAgent(its), tallies: spent(two) })
    expect(own).toMatchObject({
      action: 'ask',
      reasons: [{ code: 'over_agent_day_limit', values: { name: AGENT, total: '$0.04', cap: '$0.03' } }],
    })
    const all = decideOn({ ...byAgent(its), tallies: spent({ ...two, [ALL]: 499n * CENT }) })
    expect([all.action, codesOf(all)]).toEqual(['refuse', ['over_day_limit']])
  })

  test('is asked about where the site is, budget or not', () => {
    const its = rules({ agents: { [AGENT]: budget(10n) }, sites: { [SHOP]: { mode: 'ask' } } })
    expect(codesOf(asking(its))).toEqual(['site_asks'])
  })

  test('is not above a block of the site', () => {
    const its = rules({ agents: { [AGENT]: budget(10n) }, sites: { [SHOP]: { mode: 'block' } } })
    expect(codesOf(asking(its, { approved: true }))).toEqual(['site_blocked'])
  })

  test('may go above its own limits when a person approves', () => {
    const its = spending({ mostPerDay: usd(1n), mostPerMinute: 1 })
    expect(asking(its, { approved: true }).action).toBe('pay')
  })
})

describe('a tab that nobody looks at', () => {
  const behind = (its: Rules, changes: Parameters<typeof context>[0] = {}) =>
    codesOf(decideOn({ rules: its, context: context({ activeTab: false, ...changes }) }))
  const inBackground = auto(10n, [], { background: true })

  test('is paid for when the site was allowed it, for its own pages and those listed', () => {
    expect(behind(rules({ sites: { [SHOP]: inBackground } }))).toEqual([])
    expect(behind(rules({ sites: { [SHOP]: auto(10n) } }))).toEqual(['background_tab'])
    const other = { page: READER }
    expect(behind(rules({ sites: { [SHOP]: inBackground } }), other)).toEqual(['background_tab'])
    expect(behind(rules({ sites: { [SHOP]: { ...inBackground, pages: [READER] } } }), other)).toEqual([])
  })

  test('is paid for when the agent was allowed it, whatever the site was', () => {
    const allowed = budget(10n, { background: true })
    expect(behind(rules({ agents: { [AGENT]: allowed } }), { agent: AGENT })).toEqual([])
    const siteOnly = rules({ agents: { [AGENT]: budget(10n) }, sites: { [SHOP]: inBackground } })
    expect(behind(siteOnly, { agent: AGENT })).toEqual(['background_tab'])
  })

  test('is asked about once the permission has ended', () => {
    const ended = { ...inBackground, lasts: { until: NOON } }
    expect(behind(rules({ sites: { [SHOP]: ended } }))).toEqual(['background_tab'])
  })
})

describe('what is known of a site', () => {
  const knowing = (...record: Parameters<typeof known>) => decideOn({ site: known(...record) })

  test('lets it name the payee it had before, in any case of letters, and no other', () => {
    expect(knowing({ payees: ['another', payee] }).action).toBe('pay')
    expect(knowing({ payees: [payeeId({ network: 'eip155:84532', payTo: PAYEE.toUpperCase() })] }).action).toBe('pay')
    expect(knowing({ payees: [payeeId({ network: 'eip155:8453', payTo: PAYEE })] }).reasons).toEqual([
      { code: 'new_payee', values: { site: 'shop.example' } },
    ])
  })

  test('stops it after three payments that brought nothing, and not before', () => {
    expect(knowing({ payees: [payee], fruitless: 2 }).action).toBe('pay')
    expect(knowing({ payees: [payee], fruitless: 4 }).reasons).toEqual([
      { code: 'site_fruitless', values: { site: 'shop.example', count: '4' } },
    ])
  })

  test('says what it took for nothing, rather than how often', () => {
    expect(codesOf(knowing({ payees: [payee], fruitless: 4, denied: true }))).toEqual(['site_denied'])
  })

  test('of one kind of money says nothing of the other', () => {
    const site = (network: string) => known(network === 'eip155:8453' ? { payees: ['x'], denied: true } : {})()
    expect(decideOn({ site }).action).toBe('pay')
  })

  test('makes a site that was paid before no new one', () => {
    const asksNew = rules({ askNewSites: true })
    expect(decideOn({ rules: asksNew, site: known({ payees: [payee] }) }).action).toBe('pay')
    expect(codesOf(decideOn({ rules: asksNew }))).toEqual(['new_site'])
  })
})
