import { afterEach, describe, expect, test, vi } from 'vitest'
import { usd } from '@/lib/money/usd'
import { dayOf, limitsFor } from '@/lib/policy/limits'
import { rules, SHOP } from './situations'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** The day at an instant, on the clock of a place. */
function dayIn(timeZone: string, instant: string): string {
  vi.stubEnv('TZ', timeZone)
  return dayOf(Date.parse(instant))
}

describe('a day', () => {
  test.each([
    ['UTC', '2026-11-21T23:59:59.999Z', '2026-11-21'],
    ['UTC', '2026-11-22T00:00:00.000Z', '2026-11-22'],
    ['Pacific/Kiritimati', '2026-11-21T09:59:59.999Z', '2026-11-21'],
    ['Pacific/Kiritimati', '2026-11-21T10:00:00.000Z', '2026-11-22'],
    ['Pacific/Honolulu', '2026-11-22T09:59:59.999Z', '2026-11-21'],
    ['Pacific/Honolulu', '2026-11-22T10:00:00.000Z', '2026-11-22'],
    ['Asia/Kathmandu', '2026-11-21T18:14:59.999Z', '2026-11-21'],
    ['Asia/Kathmandu', '2026-11-21T18:15:00.000Z', '2026-11-22'],
  ])('in %s, at %s, is %s: it ends at midnight of the place', (timeZone, instant, day) => {
    expect(dayIn(timeZone, instant)).toBe(day)
  })

  test.each([
    ['23 hours, in spring', '2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z', '2026-03-29'],
    ['25 hours, in autumn', '2026-10-24T22:00:00.000Z', '2026-10-25T22:59:59.999Z', '2026-10-25'],
  ])('may last %s', (_, first, last, day) => {
    const at = (instant: string, offset = 0) =>
      dayIn('Europe/Berlin', new Date(Date.parse(instant) + offset).toISOString())
    expect([at(first), at(last)]).toEqual([day, day])
    expect(at(first, -1)).not.toBe(day)
    expect(at(last, 1)).not.toBe(day)
  })

  test('may have no midnight', () => {
    // In Santiago, clocks went from 24:00 straight to 01:00 on 2026-09-06.
    expect(dayIn('America/Santiago', '2026-09-06T03:59:59.999Z')).toBe('2026-09-05')
    expect(dayIn('America/Santiago', '2026-09-06T04:00:00.000Z')).toBe('2026-09-06')
  })

  test.each([
    ['2026-02-28T12:00:00Z', '2026-02-28'],
    ['2026-03-01T00:00:00Z', '2026-03-01'],
    ['2028-02-29T23:59:59Z', '2028-02-29'],
    ['2026-12-31T23:59:59Z', '2026-12-31'],
    ['2027-01-01T00:00:00Z', '2027-01-01'],
  ])('at the end of a month or year is written in full: %s is %s', (instant, day) => {
    expect(dayIn('UTC', instant)).toBe(day)
  })
})

describe('the limits of a payment', () => {
  test("are the day's and the site's for the day", () => {
    const set = rules({ mostPerDay: usd(5n), mostPerSiteAndDay: usd(3n) })
    expect(limitsFor(set, SHOP, 'main', '2026-11-21')).toEqual([
      { counter: 'main/all/day/2026-11-21', cap: 5n, reason: 'over_day_limit' },
      { counter: 'main/https://shop.example/day/2026-11-21', cap: 3n, reason: 'over_site_day_limit' },
    ])
  })

  test('share no counter with other money, another site or another day', () => {
    const counters = [
      ...limitsFor(rules(), SHOP, 'main', '2026-11-21'),
      ...limitsFor(rules(), SHOP, 'test', '2026-11-22'),
      ...limitsFor(rules(), 'https://all', 'main', '2026-11-23'),
    ].map(({ counter }) => counter)
    expect(new Set(counters).size).toBe(counters.length)
  })
})
