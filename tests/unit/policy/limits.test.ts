import { describe, expect, test } from 'vitest'
import { usd } from '@/lib/money/usd'
import {
  agentScope,
  covers,
  everything,
  type Limit,
  limitsFor,
  overrun,
  scopesOf,
  siteScope,
} from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import { EMPTY_TALLY } from '@/lib/policy/tally'
import { AGENT, auto, begun, budget, CENT, moment, NOON, rules, SHOP, spent } from './situations'

const BASE = 'eip155:8453'
const SEPOLIA = 'eip155:84532'
const WWW = 'https://www.shop.example'

const limitsOf = (its: Rules, { site = SHOP, agent = null as string | null, network = BASE as string } = {}) =>
  limitsFor(its, { network, site, page: site, agent }, NOON)

/** A limit, as short as it can be said: whose, for how long, how much. */
const said = ({ scope, reason, cap }: Limit) => `${scope} ${reason} ${cap}`

describe('the limits of a payment', () => {
  test("are the day's and the site's for the day", () => {
    expect(limitsOf(rules({ mostPerDay: usd(5n), mostPerSiteAndDay: usd(3n) }))).toEqual([
      { scope: 'main/all', name: '', window: 'day', cap: 5n, reason: 'over_day_limit' },
      {
        scope: 'main/site/example.shop/https:',
        name: 'shop.example',
        window: 'day',
        cap: 3n,
        reason: 'over_site_day_limit',
      },
    ])
  })

  test('are also those of week, month and minute where they are set', () => {
    const set = rules({ mostPerWeek: usd(7n), mostPerMonth: usd(30n), mostPerMinute: 2 })
    expect(limitsOf(set).map(({ reason }) => reason)).toEqual([
      'over_day_limit',
      'over_week_limit',
      'over_month_limit',
      'over_minute_limit',
      'over_site_day_limit',
    ])
  })

  test("hold a site's own cap for the day in place of the general one, and its others besides", () => {
    const own = auto(1n, [], { mostPerDay: usd(9n), mostPerWeek: usd(20n), mostPerMonth: usd(40n), mostPerMinute: 3 })
    const atShop = 'main/site/example.shop/https:'
    expect(limitsOf(rules({ sites: { [SHOP]: own } })).map(said)).toEqual([
      'main/all over_day_limit 5000000',
      `${atShop} over_site_day_limit 9`,
      `${atShop} over_site_week_limit 20`,
      `${atShop} over_site_month_limit 40`,
      `${atShop} over_site_minute_limit 3`,
    ])
  })

  test('keep the general cap for the day where the site has none of its own', () => {
    const limits = limitsOf(rules({ sites: { [SHOP]: auto(1n, [], { mostPerWeek: usd(20n) }) } }))
    expect(limits.map(({ reason, cap }) => [reason, cap])).toEqual([
      ['over_day_limit', 500n * CENT],
      ['over_site_week_limit', 20n],
      ['over_site_day_limit', 100n * CENT],
    ])
  })

  test.each(['ask', 'block'] as const)('are the general ones for a site with a rule to %s', (mode) => {
    expect(limitsOf(rules({ sites: { [SHOP]: { mode } } }))).toEqual(limitsOf(rules()))
  })

  test('are the general ones again once a rule has ended', () => {
    const until = (time: number) =>
      rules({ sites: { [SHOP]: auto(1n, [], { mostPerDay: usd(9n), lasts: { until: time } }) } })
    expect(limitsOf(until(NOON))).toEqual(limitsOf(rules()))
    expect(limitsOf(until(NOON + 1)).map(({ cap }) => cap)).toContain(9n)
  })

  test("count all of a domain's sites together under the domain's rule", () => {
    const its = rules({ sites: { 'shop.example': auto(1n, [], { mostPerDay: usd(9n) }) } })
    for (const site of [SHOP, WWW, 'https://a.b.shop.example', `${SHOP}:8443`])
      expect(limitsOf(its, { site }).slice(1)).toEqual([
        {
          scope: 'main/site/example.shop*',
          name: 'shop.example',
          window: 'day',
          cap: 9n,
          reason: 'over_site_day_limit',
        },
      ])
  })

  test.each([SHOP, WWW])('hold the general cap for the day over a whole domain under its rule: %s', (site) => {
    const set = rules({ sites: { 'shop.example': auto(1n) } })
    const days = limitsOf(set, { site }).filter(({ reason }) => reason === 'over_site_day_limit')
    expect(days.map(({ scope }) => scope)).toEqual([siteScope('main', site), 'main/site/example.shop*'])
  })

  test("add up: a site's own rule, however strict, lifts none of its domain's caps", () => {
    const domain = auto(1n, [], { mostPerDay: usd(20n), mostPerMonth: usd(30n) })
    for (const own of [auto(5n), { mode: 'ask' } as const]) {
      const limits = limitsOf(rules({ sites: { [WWW]: own, 'shop.example': domain } }), { site: WWW })
      expect(limits.map(said)).toEqual(
        expect.arrayContaining([
          'main/site/example.shop* over_site_day_limit 20',
          'main/site/example.shop* over_site_month_limit 30',
        ]),
      )
    }
  })

  test("hold the general cap for the day against a page that the site's rule is not for", () => {
    const set = rules({ sites: { [SHOP]: auto(1n, [], { mostPerDay: usd(9_000_000n) }) } })
    const spending = { network: BASE, site: SHOP, agent: null }
    const caps = (page: string) =>
      limitsFor(set, { ...spending, page }, NOON).filter(({ reason }) => reason === 'over_site_day_limit')
    expect(caps(SHOP).map(({ cap }) => cap)).toEqual([9_000_000n])
    expect(caps('https://news.example').map(({ cap }) => cap)).toEqual([9_000_000n, 100n * CENT])
  })

  test('are those of the agent too, where it has a budget', () => {
    const its = rules({ agents: { [AGENT]: budget(1n, { mostPerDay: usd(4n), mostPerMinute: 1 }) } })
    expect(limitsOf(its, { agent: AGENT }).slice(2).map(said)).toEqual([
      'main/agent/shopping-agent over_agent_day_limit 4',
      'main/agent/shopping-agent over_agent_minute_limit 1',
    ])
    for (const agent of [null, 'another', 'constructor']) expect(limitsOf(its, { agent })).toEqual(limitsOf(rules()))
  })

  test('share no scope with other money or another site', () => {
    const scopes = [
      ...limitsOf(rules()),
      ...limitsOf(rules(), { network: SEPOLIA }),
      ...limitsOf(rules(), { site: 'https://all' }).slice(1),
      ...limitsOf(rules(), { site: `${SHOP}:8443` }).slice(1),
      ...limitsOf(rules(), { site: 'http://shop.example' }).slice(1),
    ].map(({ scope }) => scope)
    expect(new Set(scopes).size).toBe(scopes.length)
  })
})

describe('a payment is counted', () => {
  test('in everything, at its site, and for its agent, by the kind of money', () => {
    expect(scopesOf({ network: SEPOLIA, site: SHOP, agent: AGENT })).toEqual([
      everything('test'),
      siteScope('test', SHOP),
      agentScope('test', AGENT),
    ])
    expect(scopesOf({ network: BASE, site: SHOP, agent: null })).toEqual([everything('main'), siteScope('main', SHOP)])
  })

  test.each([SHOP, WWW, 'https://a.b.shop.example', `${SHOP}:8443`, 'http://shop.example'])(
    "in its domain's sum: %s",
    (site) => {
      expect(covers('main/site/example.shop*', siteScope('main', site))).toBe(true)
    },
  )

  test.each([
    'https://notshop.example',
    'https://shop-2.example',
    'https://shopping.example',
    'https://shop.example.org',
    'https://example',
    'https://other.example',
  ])("and never in another domain's: %s", (site) => {
    expect(covers('main/site/example.shop*', siteScope('main', site))).toBe(false)
  })

  test('in no other money’s sum', () => {
    expect(covers('main/site/example.shop*', siteScope('test', SHOP))).toBe(false)
    expect(covers(everything('main'), everything('test'))).toBe(false)
  })
})

describe('going above a limit', () => {
  const [all, atShop] = limitsOf(rules({ mostPerDay: usd(10n), mostPerSiteAndDay: usd(10n) }))
  const minute = limitsOf(rules({ mostPerMinute: 2 })).find(({ window }) => window === 'minute')

  test('begins one millionth above it, and says by how much', () => {
    if (!all || !atShop) throw new Error('There are no limits.')
    const tally = spent({ [all.scope]: 7n })(all.scope)
    expect(overrun(all, tally, moment(), usd(3n))).toBeNull()
    expect(overrun(all, tally, moment(), usd(4n))).toEqual({
      code: 'over_day_limit',
      values: { name: '', total: '$0.000011', cap: '$0.00001' },
    })
    expect(overrun(atShop, tally, moment(), usd(4n))?.values).toMatchObject({ name: 'shop.example' })
  })

  test('of payments a minute begins with the payment after the last that is allowed', () => {
    if (!minute) throw new Error('There is no limit for a minute.')
    const [one, two] = [1, 2].map((count) => begun({ [minute.scope]: count })(minute.scope))
    expect(overrun(minute, EMPTY_TALLY, moment(), usd(1n))).toBeNull()
    expect(overrun(minute, one ?? EMPTY_TALLY, moment(), usd(1n))).toBeNull()
    expect(overrun(minute, two ?? EMPTY_TALLY, moment(), usd(1n))).toEqual({
      code: 'over_minute_limit',
      values: { name: '', cap: '2' },
    })
    expect(overrun(minute, two ?? EMPTY_TALLY, moment({ now: NOON + 60_000 }), usd(1n))).toBeNull()
  })
})
