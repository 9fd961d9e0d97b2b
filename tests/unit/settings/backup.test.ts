import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { usd } from '@/lib/money/usd'
import { autoPayUpTo, DEFAULT_RULES, rulesSchema } from '@/lib/policy/rules'
import { fromBackup, toBackup } from '@/lib/settings/backup'
import { AGENT, auto, budget, READER, rules, SHOP } from '../policy/situations'

const ALL = rules({
  mostPerDay: usd(2n ** 60n),
  mostPerWeek: usd(1n),
  mostPerMinute: 3,
  preferredNetwork: 'eip155:8453',
  sites: {
    [SHOP]: auto(5n, [READER], { mostPerDay: usd(7n), lasts: 'session', background: true }),
    'shop.example': { mode: 'ask' },
    [READER]: { mode: 'block' },
  },
  agents: { [AGENT]: budget(2n, { lasts: { until: 2 ** 45 } }) },
})

const file = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({ kind: 'tuppence-rules', version: 2, rules: z.encode(rulesSchema, ALL), ...changes })

describe('a backup', () => {
  test.each([
    ['of a new installation', DEFAULT_RULES],
    ['with everything in it', ALL],
  ])('%s gives back what went in', (_, its) => {
    expect(fromBackup(toBackup(its))).toEqual(its)
  })

  test('is text that says what it is', () => {
    expect(JSON.parse(toBackup(ALL))).toMatchObject({ kind: 'tuppence-rules', version: 2 })
  })

  test('of version 1 is read as well', () => {
    const version1 = {
      autoPay: true,
      mostPerPayment: '1',
      mostPerDay: '2',
      mostPerSiteAndDay: '3',
      sites: { [SHOP]: { mode: 'auto', mostPerPayment: '4', pages: [] } },
    }
    expect(fromBackup(file({ version: 1, rules: version1 }))).toEqual({
      ...DEFAULT_RULES,
      autoPay: true,
      mostPerPayment: 1n,
      mostPerDay: 2n,
      mostPerSiteAndDay: 3n,
      sites: { [SHOP]: autoPayUpTo(usd(4n)) },
    })
  })

  test('of a later version says so', () => {
    expect(() => fromBackup(file({ version: 3 }))).toThrow(expect.objectContaining({ code: 'newer_backup' }))
    expect(() => fromBackup(file({ version: 3, rules: 'unheard of' }))).toThrow(
      expect.objectContaining({ code: 'newer_backup' }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no JSON', 'rules: all'],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another kind', file({ kind: 'other-rules' })],
    ['of no kind', JSON.stringify(z.encode(rulesSchema, ALL))],
    ['of no version', file({ version: undefined })],
    ['of version 0', file({ version: 0 })],
    ['of version "2"', file({ version: '2' })],
    ['without rules', file({ rules: undefined })],
    ['with rules of no shape', file({ rules: { autoPay: true } })],
    ['of version 1 with nonsense', file({ version: 1, rules: { sites: { [SHOP]: 'auto' } } })],
    ['of version 1 without a limit', file({ version: 1, rules: { autoPay: true, sites: { [SHOP]: {} } } })],
    ['with amounts as numbers', file({ rules: { ...z.encode(rulesSchema, ALL), mostPerDay: 5 } })],
  ])('that is %s is none', (_, text) => {
    expect(() => fromBackup(text)).toThrow(expect.objectContaining({ code: 'invalid_backup' }))
  })

  test.each(['__proto__', 'constructor', 'prototype'])('can pollute nothing by a site named %s', (name) => {
    const poison = `{"mode":"auto","polluted":true}`
    const text = file().replace('"sites":{', `"sites":{"${name}":${poison},`)
    expect(text).toContain(name)
    try {
      expect(Object.getPrototypeOf(fromBackup(text).sites)).toBe(Object.prototype)
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_backup' })
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('takes over nothing that rules do not know', () => {
    const its = fromBackup(file({ rules: { ...z.encode(rulesSchema, ALL), unheardOf: 1 } }))
    expect(its).toEqual(ALL)
  })
})
