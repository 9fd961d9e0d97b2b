import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { WORTHS } from '@/lib/challenge/worth'
import { ASSETS, tokenId } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { decide, type Payer, type Situation } from '@/lib/policy/decide'
import { agentScope, everything, siteScope } from '@/lib/policy/limits'
import { type AgentRule, type Rules, type SiteRule, siteRule } from '@/lib/policy/rules'
import { payeeId, type SiteRecord, UNKNOWN_SITE } from '@/lib/policy/site-record'
import { spentIn } from '@/lib/policy/tally'
import { challengeOf, entry, header, PAYEE } from '../unit/challenge/samples'
import { AGENT, auto, budget, DAY, moment, NOON, READER, SHOP, spent, rules as usual } from '../unit/policy/situations'

const SITES = [SHOP, READER, 'http://localhost:3000', 'http://plain.example']
const BASE_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'

/** Small numbers, so that limits are met exactly, just missed and just exceeded all the time. */
const dollars = fc.bigInt(0n, 12n).map(usd)
/** Most of what could stand in the way does so now and then, or nothing would ever be paid. */
const mostly = <Usual, Else>(usual: Usual, otherwise: fc.Arbitrary<Else>): fc.Arbitrary<Usual | Else> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: otherwise })
const rarely = mostly(false, fc.constant(true))

const TOKENS = ASSETS.map(tokenId)
const cap = mostly(null, fc.bigInt(8n, 40n).map(usd))

/** Mostly the shop, so that pages and rules meet. */
const site = fc.constantFrom(SHOP, SHOP, SHOP, READER, READER, ...SITES)
const money = fc.constantFrom({}, { network: 'eip155:8453', asset: BASE_USDC } as const)

const anySiteRule: fc.Arbitrary<SiteRule> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({ mostPerPayment: dollars, mostPerDay: cap, mostPerWeek: cap, pages: fc.subarray(SITES) })
      .map((rule) => auto(0n, [], rule)),
  },
  { weight: 1, arbitrary: fc.constantFrom({ mode: 'ask' as const }, { mode: 'block' as const }) },
)

const anyAgentRule: fc.Arbitrary<AgentRule> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ mostPerPayment: dollars, mostPerDay: cap }).map((rule) => budget(0n, rule)),
  },
  { weight: 1, arbitrary: fc.constantFrom({ mode: 'ask' as const }, { mode: 'block' as const }) },
)

const anyRules: fc.Arbitrary<Rules> = fc
  .record({
    autoPay: fc.boolean(),
    askNewSites: rarely,
    mostPerPayment: dollars,
    mostPerDay: fc.bigInt(8n, 30n).map(usd),
    mostPerWeek: cap,
    mostPerMonth: cap,
    mostPerSiteAndDay: fc.bigInt(8n, 30n).map(usd),
    tokens: mostly(TOKENS, fc.subarray(TOKENS)),
    preferredNetwork: mostly(null, fc.constantFrom('eip155:84532', 'eip155:8453')),
    sites: fc.dictionary(site, anySiteRule, { maxKeys: 3, noNullPrototype: true }),
    agents: fc.dictionary(fc.constant(AGENT), anyAgentRule, { maxKeys: 1, noNullPrototype: true }),
  })
  .map((rules) => usual(rules))

const anyChallenge = fc
  .record({
    url: site.map((origin) => `${origin}/article`),
    accepts: fc.array(fc.tuple(fc.bigInt(1n, 8n), money, fc.constantFrom('exact', 'exact', 'upto')), {
      minLength: 1,
      maxLength: 4,
    }),
    resource: mostly('/article', site),
  })
  .map(({ url, accepts, resource }) =>
    challengeOf(
      header({
        accepts: accepts.map(([amount, where, scheme]) => entry({ amount: amount.toString(), scheme, ...where })),
        resource: { url: resource },
      }),
      { url },
    ),
  )

const anyContext = fc.record({
  page: site,
  agent: mostly(null, fc.constant(AGENT)),
  activeTab: rarely.map((yes) => !yes),
  fromHistory: rarely,
  paidRecently: rarely,
  maybePaid: rarely,
  afterRedirect: rarely,
  unasked: rarely,
  obstacle: mostly(null, fc.constantFrom('redirected' as const, 'form_post' as const, 'part_cached' as const)),
  clockSkew: mostly(0, fc.constantFrom(null, 60, -60, 61, -3600)),
  pageMaximum: mostly(null, dollars),
  approved: rarely,
})

const SCOPES = (['main', 'test'] as const).flatMap((realm) => [
  everything(realm),
  agentScope(realm, AGENT),
  ...SITES.map((origin) => siteScope(realm, origin)),
])

const anySite: fc.Arbitrary<SiteRecord> = mostly(
  UNKNOWN_SITE,
  fc.record({
    payees: fc.subarray([payeeId({ network: 'eip155:84532', payTo: PAYEE }), 'eip155:8453/0xelse']),
    fruitless: fc.nat(4),
    denied: rarely,
  }),
)

const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    challenge: anyChallenge,
    rules: anyRules,
    context: anyContext,
    wallet: mostly<Payer['state'], Payer['state']>('unlocked', fc.constantFrom('locked', 'missing')),
    main: fc.option(fc.bigInt(0n, 12n), { freq: 2 }),
    test: fc.option(fc.bigInt(0n, 12n), { freq: 2 }),
    site: anySite,
    bought: fc.constantFrom(null, '0xbought'),
    worth: fc.constantFrom(null, ...WORTHS),
    totals: fc.dictionary(fc.constantFrom(...SCOPES), fc.bigInt(0n, 25n), { maxKeys: 3, noNullPrototype: true }),
  })
  .map(({ wallet, main, test: play, site: known, worth, totals, ...rest }) => ({
    ...rest,
    signature: () => worth,
    site: () => known,
    funds: {
      payer: () => ({ signer: 'vault', state: wallet, address: null }),
      lacksRpc: () => false,
      obstacle: () => null,
      available: ({ network }) => (realmOf(network) === 'main' ? main : play),
    },
    tallies: spent(totals),
    moment: moment(),
  }))

const isSafe = (url: string) => url.startsWith('https://') || url.startsWith('http://localhost:')

describe('whatever the situation', () => {
  test('what is paid breaks no limit, no rule and no doubt', () => {
    let paid = 0
    fc.assert(
      fc.property(anySituation, (situation) => {
        const decision = decide(situation)
        if (decision.action !== 'pay') return
        paid += 1
        const { challenge, rules, tallies, funds } = situation
        const { offer } = decision
        const realm = realmOf(offer.network)
        const own = siteRule(rules, challenge.site, NOON)
        const totalOf = (scope: string) => spentIn(tallies(scope), 'day', DAY) + offer.price
        for (const most of [rules.mostPerDay, rules.mostPerWeek, rules.mostPerMonth])
          expect(totalOf(everything(realm))).toBeLessThanOrEqual(most ?? totalOf(everything(realm)))
        const mostAtSite = own?.mode === 'auto' ? own.mostPerDay : null
        expect(totalOf(siteScope(realm, challenge.site))).toBeLessThanOrEqual(mostAtSite ?? rules.mostPerSiteAndDay)
        expect(rules.tokens).toContain(tokenId(offer.asset))
        expect(offer.price).toBeLessThanOrEqual(situation.context.pageMaximum ?? offer.price)
        expect(funds.available(offer.asset) ?? offer.units).toBeGreaterThanOrEqual(offer.units)
        expect(funds.payer(offer.network).state).toBe('unlocked')
        expect(isSafe(challenge.request.url)).toBe(true)
        expect(situation.context.obstacle).toBeNull()
        expect(own?.mode).not.toBe('block')
        expect(rules.sites[situation.context.page]?.mode).not.toBe('block')
        const { agent } = situation.context
        const its = agent === null ? undefined : rules.agents[agent]
        expect(its?.mode).not.toBe('block')
        if (situation.context.approved) return

        const { page, clockSkew, ...circumstances } = situation.context
        expect(circumstances).toMatchObject({
          activeTab: true,
          fromHistory: false,
          paidRecently: false,
          maybePaid: false,
          afterRedirect: false,
        })
        expect(Math.abs(clockSkew ?? 0)).toBeLessThanOrEqual(60)
        expect(challenge.foreignResource).toBe(false)
        const known = situation.site(offer.network)
        expect(known.denied || known.fruitless >= 3).toBe(false)
        if (known.payees.length > 0) expect(known.payees).toContain(payeeId(offer))
        else expect(rules.askNewSites).toBe(false)
        expect(own?.mode).not.toBe('ask')
        if (agent !== null) {
          if (its?.mode !== 'auto') throw new Error('An agent without a budget was paid for.')
          expect(offer.price).toBeLessThanOrEqual(its.mostPerPayment)
          const byAgent = totalOf(agentScope(realm, agent))
          expect(byAgent).toBeLessThanOrEqual(its.mostPerDay ?? byAgent)
          return
        }
        const trusted = own?.mode === 'auto' && (page === challenge.site || own.pages.includes(page))
        if (!trusted) expect(rules.autoPay).toBe(true)
        expect(offer.price).toBeLessThanOrEqual(trusted ? own.mostPerPayment : rules.mostPerPayment)
      }),
      { numRuns: 3000 },
    )
    // Or all of this would say nothing.
    expect(paid).toBeGreaterThan(200)
  })

  test('a person who approves pays exactly what is not refused, with an unlocked wallet', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const asked = decide({ ...situation, context: { ...situation.context, approved: false } })
        const approved = decide({ ...situation, context: { ...situation.context, approved: true } })
        if (asked.action === 'refuse') expect(approved).toEqual(asked)
        else expect(approved.action).toBe(situation.funds.payer('').state === 'unlocked' ? 'pay' : 'ask')
        expect(approved.offer).toBe(asked.offer)
      }),
      { numRuns: 500 },
    )
  })

  test('the offer is the best of those that are not refused: funded, then preferred, then cheap', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { offer, action } = decide(situation)
        const payable = situation.challenge.offers.filter(isPayable)
        if (!offer) {
          expect(payable).toEqual([])
          return
        }
        expect(payable).toContain(offer)
        const alone = (one: typeof offer) =>
          decide({ ...situation, challenge: { ...situation.challenge, offers: [one] } }).action
        const open = payable.filter((one) => alone(one) !== 'refuse')
        expect(action).toBe(open.length > 0 ? alone(offer) : 'refuse')
        if (open.length > 0) expect(open).toContain(offer)
        const isPreferred = ({ network }: typeof offer) => network === situation.rules.preferredNetwork
        // What the wallet has too little of is refused, so that all of these are funded.
        for (const other of open) {
          expect(Number(isPreferred(offer))).toBeGreaterThanOrEqual(Number(isPreferred(other)))
          if (isPreferred(offer) === isPreferred(other)) expect(offer.price).toBeLessThanOrEqual(other.price)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('lowering a limit never makes a payment go through', () => {
    fc.assert(
      fc.property(
        anySituation,
        fc.constantFrom('mostPerPayment', 'mostPerDay', 'mostPerSiteAndDay'),
        (situation, name) => {
          const lower = { ...situation.rules, [name]: usd(situation.rules[name] / 2n) }
          if (decide(situation).action !== 'pay') expect(decide({ ...situation, rules: lower }).action).not.toBe('pay')
        },
      ),
      { numRuns: 500 },
    )
  })

  test('the same situation always gives the same decision, and is left as it was', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const before = structuredClone({ rules: situation.rules, challenge: situation.challenge })
        const decision = decide(situation)
        expect(decide(situation)).toEqual(decision)
        expect({ rules: situation.rules, challenge: situation.challenge }).toEqual(before)
      }),
      { numRuns: 200 },
    )
  })
})
