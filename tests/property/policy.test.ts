import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { decide, type Funds, type Situation } from '@/lib/policy/decide'
import { dayCounter, siteDayCounter } from '@/lib/policy/limits'
import type { Rules, SiteRule } from '@/lib/policy/rules'
import { challengeOf, entry, header } from '../unit/challenge/samples'
import { DAY, READER, SHOP, spent } from '../unit/policy/situations'

const SITES = [SHOP, READER, 'http://localhost:3000', 'http://plain.example']
const BASE_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'

/** Small numbers, so that limits are met exactly, just missed and just exceeded all the time. */
const dollars = fc.bigInt(0n, 12n).map(usd)
/** Most of what could stand in the way does so now and then, or nothing would ever be paid. */
const mostly = <Usual, Else>(usual: Usual, otherwise: fc.Arbitrary<Else>): fc.Arbitrary<Usual | Else> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: otherwise })
const rarely = mostly(false, fc.constant(true))

/** Mostly the shop, so that pages and rules meet. */
const site = fc.constantFrom(SHOP, SHOP, SHOP, READER, READER, ...SITES)
const money = fc.constantFrom({}, { network: 'eip155:8453', asset: BASE_USDC } as const)

const anySiteRule: fc.Arbitrary<SiteRule> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ mode: fc.constant('auto' as const), mostPerPayment: dollars, pages: fc.subarray(SITES) }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ mode: 'ask' as const }, { mode: 'block' as const }) },
)

const anyRules: fc.Arbitrary<Rules> = fc.record({
  autoPay: fc.boolean(),
  mostPerPayment: dollars,
  mostPerDay: fc.bigInt(8n, 30n).map(usd),
  mostPerSiteAndDay: fc.bigInt(8n, 30n).map(usd),
  sites: fc.dictionary(site, anySiteRule, { maxKeys: 3, noNullPrototype: true }),
})

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
  activeTab: rarely.map((yes) => !yes),
  fromHistory: rarely,
  paidRecently: rarely,
  maybePaid: rarely,
  afterRedirect: rarely,
  obstacle: mostly(null, fc.constantFrom('redirected' as const, 'form_post' as const)),
  clockSkew: mostly(0, fc.constantFrom(null, 60, -60, 61, -3600)),
  pageMaximum: mostly(null, dollars),
  approved: rarely,
})

const counters = (['main', 'test'] as const).flatMap((realm) => [
  dayCounter(realm, DAY),
  ...SITES.map((origin) => siteDayCounter(realm, origin, DAY)),
])

const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    challenge: anyChallenge,
    rules: anyRules,
    context: anyContext,
    wallet: mostly<Funds['wallet'], Funds['wallet']>('unlocked', fc.constantFrom('locked', 'missing')),
    main: fc.option(fc.bigInt(0n, 12n), { freq: 2 }),
    test: fc.option(fc.bigInt(0n, 12n), { freq: 2 }),
    totals: fc.dictionary(fc.constantFrom(...counters), fc.bigInt(0n, 25n), { maxKeys: 3, noNullPrototype: true }),
  })
  .map(({ wallet, main, test: play, totals, ...rest }) => ({
    ...rest,
    funds: { wallet, available: ({ network }) => (realmOf(network) === 'main' ? main : play) },
    totals: spent(totals),
    day: DAY,
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
        const { challenge, rules, totals, funds } = situation
        const { offer } = decision
        const realm = realmOf(offer.network)
        expect(totals(dayCounter(realm, DAY)) + offer.price).toBeLessThanOrEqual(rules.mostPerDay)
        expect(totals(siteDayCounter(realm, challenge.site, DAY)) + offer.price).toBeLessThanOrEqual(
          rules.mostPerSiteAndDay,
        )
        expect(offer.price).toBeLessThanOrEqual(situation.context.pageMaximum ?? offer.price)
        expect(funds.available(offer.asset) ?? offer.units).toBeGreaterThanOrEqual(offer.units)
        expect(funds.wallet).toBe('unlocked')
        expect(isSafe(challenge.request.url)).toBe(true)
        expect(situation.context.obstacle).toBeNull()
        expect(rules.sites[challenge.site]?.mode).not.toBe('block')
        expect(rules.sites[situation.context.page]?.mode).not.toBe('block')
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
        const own = rules.sites[challenge.site]
        expect(own?.mode).not.toBe('ask')
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
        else expect(approved.action).toBe(situation.funds.wallet === 'unlocked' ? 'pay' : 'ask')
        expect(approved.offer).toBe(asked.offer)
      }),
      { numRuns: 500 },
    )
  })

  test('the offer is one that can be paid, and none that can be funded is cheaper', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { offer } = decide(situation)
        const payable = situation.challenge.offers.filter(isPayable)
        if (!offer) {
          expect(payable).toEqual([])
          return
        }
        expect(payable).toContain(offer)
        const isFunded = ({ asset, units }: typeof offer) => (situation.funds.available(asset) ?? units) >= units
        const funded = payable.filter(isFunded)
        if (funded.length > 0) expect(funded).toContain(offer)
        for (const other of funded) expect(offer.price).toBeLessThanOrEqual(other.price)
      }),
      { numRuns: 500 },
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
