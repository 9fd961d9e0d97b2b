import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findAsset } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import {
  agentRule,
  allowing,
  autoPayUpTo,
  DEFAULT_RULES,
  isTrusted,
  type Rules,
  rulesSchema,
  siteKey,
  siteRule,
  siteRuleFor,
  withoutSessionRules,
} from '@/lib/policy/rules'
import { AGENT, auto, budget, CENT, NOON, READER, rules, SHOP } from './situations'

const WWW = 'https://www.shop.example'
const ASK = { mode: 'ask' } as const
const BLOCK = { mode: 'block' } as const

describe('the rules of a new installation', () => {
  test('pay nothing by themselves, and no test money', () => {
    expect(DEFAULT_RULES).toMatchObject({ autoPay: false, sites: {}, agents: {} })
    const networks = DEFAULT_RULES.tokens.map((token) => token.split('/')[0] ?? '')
    expect(new Set(networks.map(realmOf))).toEqual(new Set(['main']))
    for (const token of DEFAULT_RULES.tokens)
      expect(findAsset(...(token.split('/') as [string, string]))).not.toBeNull()
  })

  test('fit their own schema', () => {
    expect(z.decode(rulesSchema, z.encode(rulesSchema, DEFAULT_RULES))).toEqual(DEFAULT_RULES)
  })
})

describe("a site's rule", () => {
  test('is its own before that of its domain', () => {
    const both = rules({ sites: { 'shop.example': BLOCK, [WWW]: ASK } })
    expect(siteRuleFor(both, WWW, NOON)).toEqual({ key: WWW, rule: ASK })
    expect(siteRuleFor(both, SHOP, NOON)).toEqual({ key: 'shop.example', rule: BLOCK })
  })

  test('is that of the nearest domain', () => {
    const both = rules({ sites: { 'shop.example': BLOCK, 'eu.shop.example': ASK } })
    expect(siteRuleFor(both, 'https://a.eu.shop.example', NOON)?.key).toBe('eu.shop.example')
    expect(siteRuleFor(both, 'https://us.shop.example', NOON)?.key).toBe('shop.example')
  })

  test("of a domain holds for https, and for this computer's own sites", () => {
    const its = rules({ sites: { 'shop.example': BLOCK, 'shop.localhost': BLOCK } })
    expect(siteRule(its, 'http://shop.example', NOON)).toBeNull()
    expect(siteRule(its, 'http://shop.localhost:3000', NOON)).toEqual(BLOCK)
  })

  test.each(['https://notshop.example', 'https://shop.example.org', 'https://example', 'https://xn--shp-hoa.example'])(
    'of a domain does not hold for %s',
    (site) => {
      expect(siteRule(rules({ sites: { 'shop.example': BLOCK } }), site, NOON)).toBeNull()
    },
  )

  test('ends when its time is over, and gives way to that of its domain', () => {
    const until = auto(1n, [], { lasts: { until: NOON } })
    const its = rules({ sites: { [SHOP]: until, 'shop.example': BLOCK } })
    expect(siteRule(its, SHOP, NOON - 1)).toEqual(until)
    expect(siteRule(its, SHOP, NOON)).toEqual(BLOCK)
    expect(siteRule(rules({ sites: { [SHOP]: until } }), SHOP, NOON)).toBeNull()
  })

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('is never inherited: %s', (host) => {
    expect(siteRule(rules(), `https://${host}`, NOON)).toBeNull()
    expect(siteRule(rules(), `https://shop.${host}`, NOON)).toBeNull()
    expect(agentRule(rules(), host, NOON)).toBeNull()
  })
})

describe("an agent's rule", () => {
  test('is for that agent, until its time is over', () => {
    const its = budget(1n, { lasts: { until: NOON } })
    const mine = rules({ agents: { [AGENT]: its } })
    expect(agentRule(mine, AGENT, NOON - 1)).toEqual(its)
    expect(agentRule(mine, AGENT, NOON)).toBeNull()
    expect(agentRule(mine, 'another', NOON - 1)).toBeNull()
  })
})

describe('a rule is for', () => {
  test.each(['https://shop.example', 'http://localhost:3000', 'shop.example', 'a.shop.co.uk', 'xn--bcher-kva.example'])(
    '%s',
    (key) => {
      expect(siteKey.safeParse(key).success).toBe(true)
    },
  )

  test.each([
    'https://shop.example/',
    'https://shop.example/article',
    'HTTPS://shop.example',
    'ftp://shop.example',
    'Shop.example',
    'shop.example.',
    '.shop.example',
    'shop',
    '127.0.0.1',
    '*.shop.example',
    '__proto__',
    '',
  ])('and never for %j', (key) => {
    expect(siteKey.safeParse(key).success).toBe(false)
  })
})

test('when a session has ended, its rules are gone and all others stay', () => {
  const session = { lasts: 'session' } as const
  const its = rules({
    sites: { [SHOP]: auto(1n, [], session), [READER]: auto(1n), 'shop.example': BLOCK },
    agents: { [AGENT]: budget(1n, session), another: ASK },
  })
  expect(withoutSessionRules(its)).toEqual({
    ...its,
    sites: { [READER]: auto(1n), 'shop.example': BLOCK },
    agents: { another: ASK },
  })
})

describe('remembering an approval', () => {
  const NEWS = 'https://news.example'
  const price = usd(5n * CENT)

  test('lets a new site be paid up to the price, from the page that asked', () => {
    expect(allowing(rules(), SHOP, NEWS, price, NOON).sites).toEqual({ [SHOP]: autoPayUpTo(price, [NEWS]) })
    expect(allowing(rules(), SHOP, SHOP, price, NOON).sites).toEqual({ [SHOP]: autoPayUpTo(price) })
  })

  test('raises what there is, and keeps its caps and its end', () => {
    const before = auto(1n, [NEWS], { mostPerDay: usd(20n), mostPerMinute: 5, lasts: 'session' })
    const { sites } = allowing(rules({ sites: { [SHOP]: before } }), SHOP, NEWS, price, NOON)
    expect(sites).toEqual({ [SHOP]: { ...before, mostPerPayment: price } })
    const lower = allowing(rules({ sites: { [SHOP]: auto(9n) } }), SHOP, SHOP, price, NOON)
    expect(lower.sites).toEqual({ [SHOP]: auto(9n) })
  })

  test("changes the domain's rule where that is the one that holds", () => {
    const before = auto(1n, [], { mostPerDay: usd(20n) })
    const { sites } = allowing(rules({ sites: { 'shop.example': before } }), SHOP, SHOP, price, NOON)
    expect(sites).toEqual({ 'shop.example': { ...before, mostPerPayment: price } })
  })

  test('changes nothing at a site that is blocked by now', () => {
    const blocked = rules({ sites: { 'shop.example': { mode: 'block' } } })
    expect(allowing(blocked, SHOP, SHOP, price, NOON)).toBe(blocked)
  })
})

describe('a page may spend at a site by the rule of', () => {
  const trusted = (sites: Rules['sites'], page: string) => isTrusted({ sites }, SHOP, page, NOON)

  test('the site: its own pages, and those that it lists', () => {
    const sites = { [SHOP]: auto(1n, ['https://news.example']) }
    const pages = [SHOP, 'https://news.example', 'https://www.shop.example', 'https://evil.example', 'null']
    expect(pages.map((page) => trusted(sites, page))).toEqual([true, true, false, false, false])
  })

  test('the domain: all its pages, and no others that only look like it', () => {
    const sites = { 'shop.example': auto(1n) }
    const pages = [SHOP, 'https://www.shop.example', 'https://notshop.example', 'http://www.shop.example']
    expect(pages.map((page) => trusted(sites, page))).toEqual([true, true, false, false])
  })
})
