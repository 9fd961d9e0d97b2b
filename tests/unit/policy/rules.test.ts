import { beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { usd } from '@/lib/money/usd'
import { DEFAULT_RULES, siteRule } from '@/lib/policy/rules'
import { getRules, setGeneralRules, setSiteRule } from '@/lib/settings/rules'
import { auto, READER, rules, SHOP } from './situations'

beforeEach(() => {
  fakeBrowser.reset()
})

describe('rules', () => {
  test('pay nothing by themselves until the user says so', async () => {
    expect(await getRules()).toEqual(DEFAULT_RULES)
    expect(DEFAULT_RULES.autoPay).toBe(false)
    expect(DEFAULT_RULES.sites).toEqual({})
  })

  test('come back from storage as they went in', async () => {
    const { sites: _, ...general } = rules({ mostPerDay: usd(2n ** 60n) })
    await setGeneralRules(general)
    await setSiteRule(SHOP, auto(7n, [READER]))
    await setSiteRule(READER, { mode: 'block' })
    expect(await getRules()).toEqual({ ...general, sites: { [SHOP]: auto(7n, [READER]), [READER]: { mode: 'block' } } })
  })

  test('that are changed at the same time undo each other in nothing', async () => {
    const { sites: _, ...general } = rules()
    const origins = Array.from({ length: 20 }, (__, index) => `https://${index}.example`)
    await Promise.all([
      ...origins.map((origin) => setSiteRule(origin, { mode: 'ask' })),
      setGeneralRules(general),
      setSiteRule(SHOP, { mode: 'block' }),
      setSiteRule('https://0.example', null),
    ])
    const { sites, ...stored } = await getRules()
    expect(stored).toEqual(general)
    expect(Object.keys(sites).toSorted()).toEqual([SHOP, ...origins.slice(1)].toSorted())
  })

  test.each([
    ['text', 'autoPay'],
    ['of another shape', { autoPay: true }],
    ['with a limit that is a number', { ...raw(), mostPerDay: 5 }],
    ['with a limit that is a word', { ...raw(), mostPerDay: 'Infinity' }],
    ['with an unknown kind of site', { ...raw(), sites: { [SHOP]: { mode: 'always' } } }],
  ])('that are %s count as the defaults', async (_, stored) => {
    await fakeBrowser.storage.local.set({ rules: stored })
    expect(await getRules()).toEqual(DEFAULT_RULES)
  })

  test('know only the sites that are named', () => {
    const mine = rules({ sites: { [SHOP]: { mode: 'block' } } })
    expect(siteRule(mine, SHOP)).toEqual({ mode: 'block' })
    for (const site of [READER, 'shop.example', `${SHOP}/`, 'constructor', '__proto__', 'toString'])
      expect(siteRule(mine, site)).toBeNull()
  })
})

function raw(): Record<string, unknown> {
  return { autoPay: true, mostPerPayment: '1', mostPerDay: '1', mostPerSiteAndDay: '1', sites: {} }
}
