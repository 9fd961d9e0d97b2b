import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { z } from 'zod'
import { usd } from '@/lib/money/usd'
import { autoPayUpTo, DEFAULT_RULES, rulesSchema } from '@/lib/policy/rules'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { AGENT, auto, budget, READER, rules, SHOP } from '../policy/situations'

beforeEach(() => {
  fakeBrowser.reset()
})

/** The rules as the background finds them when it starts. */
async function open({ newSession = false } = {}): Promise<RuleBook> {
  const ruleBook = new RuleBook(createInterlock())
  await ruleBook.open({ newSession })
  return ruleBook
}

describe('rules', () => {
  test('of a new installation are the defaults', async () => {
    const { rules: stored, trouble } = await open()
    expect([stored, trouble]).toEqual([DEFAULT_RULES, null])
  })

  test('come back from storage as they went in', async () => {
    const { sites: _, agents: __, ...general } = rules({ mostPerDay: usd(2n ** 60n), mostPerMinute: 3 })
    const ruleBook = await open()
    await ruleBook.setGeneral(general)
    await ruleBook.setSite(SHOP, auto(7n, [READER], { lasts: { until: 2 ** 45 }, mostPerWeek: usd(7n) }))
    await ruleBook.setSite(READER, { mode: 'block' })
    expect((await open()).rules).toEqual(ruleBook.rules)
    expect(ruleBook.rules).toEqual({
      ...general,
      sites: {
        [SHOP]: auto(7n, [READER], { lasts: { until: 2 ** 45 }, mostPerWeek: usd(7n) }),
        [READER]: { mode: 'block' },
      },
      agents: {},
    })
  })

  test('that are changed at the same time undo each other in nothing', async () => {
    const { sites: _, agents: __, ...general } = rules()
    const origins = Array.from({ length: 20 }, (___, index) => `https://${index}.example`)
    const ruleBook = await open()
    await Promise.all([
      ...origins.map((origin) => ruleBook.setSite(origin, { mode: 'ask' })),
      ruleBook.setGeneral(general),
      ruleBook.setSite(SHOP, { mode: 'block' }),
      ruleBook.setSite('https://0.example', null),
    ])
    const { sites, agents: ____, ...stored } = (await open()).rules
    expect(stored).toEqual(general)
    expect(Object.keys(sites).toSorted()).toEqual([SHOP, ...origins.slice(1)].toSorted())
  })
})

/** What rests in storage. */
const stored = async () => (await fakeBrowser.storage.local.get('rules')).rules
const encoded = (changes: Record<string, unknown> = {}) => ({ ...z.encode(rulesSchema, rules()), ...changes })

describe('rules that cannot be read', () => {
  test.each([
    ['text', 'autoPay'],
    ['a list', []],
    ['of another shape', { autoPay: true }],
    ['with a limit that is a number', encoded({ mostPerDay: 5 })],
    ['with a limit that is a word', encoded({ mostPerDay: 'Infinity' })],
    ['with no limit where there must be one', encoded({ mostPerDay: null })],
    ['with half a payment a minute', encoded({ mostPerMinute: 0.5 })],
    ['with an unknown kind of site', encoded({ sites: { [SHOP]: { mode: 'always' } } })],
    ['with an agent of no kind', encoded({ agents: { [AGENT]: { mode: 'auto' } } })],
  ])('leave the defaults in force, under which nothing is paid unasked: %s', async (_, value) => {
    await fakeBrowser.storage.local.set({ rules: value })
    const ruleBook = await open()
    expect([ruleBook.trouble, ruleBook.rules]).toEqual(['unreadable', DEFAULT_RULES])
  })

  test('are not overwritten by accident, and not by a new session', async () => {
    await fakeBrowser.storage.local.set({ rules: 'what the user had set' })
    const ruleBook = await open({ newSession: true })
    await expect(ruleBook.setSite(SHOP, { mode: 'block' })).rejects.toMatchObject({ code: 'rules_unusable' })
    const { sites: _, agents: __, ...general } = rules()
    await expect(ruleBook.setGeneral(general)).rejects.toMatchObject({ code: 'rules_unusable' })
    expect(await stored()).toBe('what the user had set')
    expect(ruleBook.rules).toEqual(DEFAULT_RULES)
  })

  test('are replaced when the user says so', async () => {
    await fakeBrowser.storage.local.set({ rules: 'nonsense' })
    const ruleBook = await open()
    await ruleBook.replace(rules({ sites: { [SHOP]: { mode: 'block' } } }))
    expect([ruleBook.trouble, ruleBook.rules.sites]).toEqual([null, { [SHOP]: { mode: 'block' } }])
    await ruleBook.setSite(READER, { mode: 'ask' })
    expect((await open()).rules.sites).toEqual({ [SHOP]: { mode: 'block' }, [READER]: { mode: 'ask' } })
  })

  test('are still not to be overwritten when replacing them failed', async () => {
    await fakeBrowser.storage.local.set({ rules: 'nonsense' })
    const ruleBook = await open()
    const set = vi.spyOn(fakeBrowser.storage.local, 'set').mockRejectedValueOnce(new Error('no room'))
    await expect(ruleBook.replace(rules())).rejects.toThrow('no room')
    set.mockRestore()
    expect(ruleBook.trouble).toBe('unreadable')
    await expect(ruleBook.setSite(SHOP, { mode: 'ask' })).rejects.toMatchObject({ code: 'rules_unusable' })
    expect(await stored()).toBe('nonsense')
  })
})

describe('rules of a later version', () => {
  test('leave the defaults in force, though they can be read', async () => {
    await fakeBrowser.storage.local.set({ rules: encoded(), rules$: { v: 3 } })
    const ruleBook = await open()
    expect([ruleBook.trouble, ruleBook.rules]).toEqual(['newer', DEFAULT_RULES])
    await expect(ruleBook.setSite(SHOP, { mode: 'ask' })).rejects.toMatchObject({ code: 'rules_unusable' })
    expect(await stored()).toEqual(encoded())
  })

  test('are of this version once they are replaced', async () => {
    await fakeBrowser.storage.local.set({ rules: encoded(), rules$: { v: 3 } })
    await (await open()).replace(rules())
    const ruleBook = await open()
    expect([ruleBook.trouble, ruleBook.rules]).toEqual([null, rules()])
  })
})

describe('rules of version 1', () => {
  test('become those of version 2 when the background loads: what was set stays, what is new is off', async () => {
    const rule = { mode: 'auto', mostPerPayment: '70000', pages: [READER] }
    const version1 = {
      autoPay: true,
      mostPerPayment: '20000',
      mostPerDay: '40000',
      mostPerSiteAndDay: '30000',
      sites: { [SHOP]: rule, [READER]: { mode: 'block' } },
    }
    await fakeBrowser.storage.local.set({ rules: version1 })
    vi.resetModules()
    const { RuleBook: Reloaded } = await import('@/lib/settings/rules')
    const ruleBook = new Reloaded(createInterlock())
    await ruleBook.open({ newSession: true })
    expect(ruleBook.trouble).toBeNull()
    expect(ruleBook.rules).toEqual({
      ...DEFAULT_RULES,
      autoPay: true,
      mostPerPayment: 20_000n,
      mostPerDay: 40_000n,
      mostPerSiteAndDay: 30_000n,
      sites: { [SHOP]: autoPayUpTo(usd(70_000n), [READER]), [READER]: { mode: 'block' } },
    })
    expect(await fakeBrowser.storage.local.get('rules$')).toEqual({ rules$: { v: 2 } })
  })
})

describe('rules for a session', () => {
  const lasts = 'session' as const
  const some = rules({
    sites: { [SHOP]: auto(1n, [], { lasts }), [READER]: auto(1n) },
    agents: { [AGENT]: budget(1n, { lasts }) },
  })

  test("outlive the background's end, and not the browser's", async () => {
    await fakeBrowser.storage.local.set({ rules: z.encode(rulesSchema, some) })
    expect((await open()).rules).toEqual(some)
    expect((await open({ newSession: true })).rules).toEqual({ ...some, sites: { [READER]: auto(1n) }, agents: {} })
    expect((await open()).rules.sites).toEqual({ [READER]: auto(1n) })
  })

  test('do not come back from a backup', async () => {
    const ruleBook = await open()
    await ruleBook.replace(some)
    expect(ruleBook.rules).toEqual({ ...some, sites: { [READER]: auto(1n) }, agents: {} })
  })
})

describe('a change of the rules', () => {
  test('waits for the signature under way, and holds from then on', async () => {
    const signing = createInterlock()
    const ruleBook = new RuleBook(signing)
    const { promise, resolve } = Promise.withResolvers<void>()
    const signature = signing.step(() => promise)
    let isAcknowledged = false
    const change = ruleBook.setSite(SHOP, { mode: 'block' }).then(() => {
      isAcknowledged = true
    })
    await new Promise((then) => setTimeout(then, 5))
    expect([isAcknowledged, ruleBook.rules.sites]).toEqual([false, {}])
    resolve()
    await Promise.all([signature, change])
    expect(ruleBook.rules.sites).toEqual({ [SHOP]: { mode: 'block' } })
  })

  test('makes other rules, so that who holds the old ones can tell', async () => {
    const ruleBook = await open()
    const before = ruleBook.rules
    await ruleBook.setSite(SHOP, null)
    expect(ruleBook.rules).not.toBe(before)
  })

  test('that cannot be stored does not hold', async () => {
    const ruleBook = await open()
    vi.spyOn(fakeBrowser.storage.local, 'set').mockRejectedValueOnce(new Error('no room'))
    await expect(ruleBook.setSite(SHOP, auto(1n))).rejects.toThrow('no room')
    expect(ruleBook.rules).toEqual(DEFAULT_RULES)
  })
})
