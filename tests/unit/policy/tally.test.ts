import { afterEach, describe, expect, test, vi } from 'vitest'
import { usd } from '@/lib/money/usd'
import {
  addTo,
  begunIn,
  type Day,
  dayOf,
  daysIn,
  EMPTY_TALLY,
  mergeTallies,
  spentIn,
  type Tally,
  takeFrom,
  withoutBegun as without,
} from '@/lib/policy/tally'

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

describe('a window of days', () => {
  test.each([
    ['day', '2026-11-21', '2026-11-21', 1],
    ['week', '2026-11-21', '2026-11-15', 7],
    ['week', '2026-03-03', '2026-02-25', 7],
    ['week', '2028-03-03', '2028-02-26', 7],
    ['week', '2027-01-02', '2026-12-27', 7],
    ['month', '2026-11-30', '2026-11-01', 30],
    ['month', '2026-12-31', '2026-12-02', 30],
    ['month', '2026-03-01', '2026-01-31', 30],
    ['month', '2028-03-01', '2028-02-01', 30],
    ['month', '2027-01-15', '2026-12-17', 30],
  ] as const)('of a %s that ends on %s begins on %s, and is %i days', (window, today, first, length) => {
    const days = daysIn(window, today)
    expect([days[0], days.at(-1), new Set(days).size]).toEqual([today, first, length])
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'Asia/Kolkata'])(
    'has every day of two years once, in %s too, whatever its clocks do',
    (timeZone) => {
      vi.stubEnv('TZ', timeZone)
      const seen: Day[] = []
      // Noon to noon, through four changes of the clocks, a leap day and two ends of a year.
      for (let date = new Date(2027, 0, 1, 12); date.getFullYear() < 2029; date.setDate(date.getDate() + 1))
        seen.push(dayOf(date.getTime()))
      expect(new Set(seen).size).toBe(365 + 366)
      for (const [index, day] of seen.entries())
        expect(
          daysIn('week', day)
            .toReversed()
            .slice(-index - 1),
        ).toEqual(seen.slice(Math.max(0, index - 6), index + 1))
    },
  )

  test('goes on where a place has skipped a day', () => {
    // Samoa went over the date line: after the 29th of December 2011 came the 31st.
    const dayBefore = dayIn('Pacific/Apia', '2011-12-30T09:59:59Z')
    const dayAfter = dayIn('Pacific/Apia', '2011-12-30T10:00:00Z')
    expect([dayBefore, dayAfter]).toEqual(['2011-12-29', '2011-12-31'])
    expect(daysIn('week', dayAfter)).toContain(dayBefore)
  })

  test.each([
    ['Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T22:30:00Z', '2026-10-25T23:00:00Z'],
    ['Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T21:30:00Z', '2026-03-29T22:00:00Z'],
    ['America/New_York', '2026-11-01T04:30:00Z', '2026-11-02T04:30:00Z', '2026-11-02T05:00:00Z'],
    ['America/New_York', '2026-03-08T05:30:00Z', '2026-03-09T03:30:00Z', '2026-03-09T04:00:00Z'],
  ])('frees its money in %s at midnight, though the clocks change', (timeZone, paid, late, midnight) => {
    const moment = { now: Date.parse(paid), day: dayIn(timeZone, paid) }
    const tally = addTo(EMPTY_TALLY, moment, usd(7n))
    expect(spentIn(tally, 'day', dayIn(timeZone, late))).toBe(7n)
    expect(spentIn(tally, 'day', dayIn(timeZone, midnight))).toBe(0n)
    expect(spentIn(tally, 'week', dayIn(timeZone, midnight))).toBe(7n)
  })
})

describe('what was spent', () => {
  const at = (day: Day) => ({ now: Date.parse(`${day}T12:00Z`), day })
  const paidOn = (...days: Day[]) => days.reduce<Tally>((tally, day) => addTo(tally, at(day), usd(5n)), EMPTY_TALLY)

  test('counts for as many days as the window has, and not one more', () => {
    const tally = paidOn('2026-11-01', '2026-11-20', '2026-11-20')
    expect(spentIn(tally, 'day', '2026-11-20')).toBe(10n)
    expect(spentIn(tally, 'day', '2026-11-21')).toBe(0n)
    expect([spentIn(tally, 'week', '2026-11-26'), spentIn(tally, 'week', '2026-11-27')]).toEqual([10n, 0n])
    expect([spentIn(tally, 'month', '2026-11-30'), spentIn(tally, 'month', '2026-12-01')]).toEqual([15n, 10n])
  })

  test('is kept no longer than any cap looks back', () => {
    expect(paidOn('2026-10-20', '2026-10-22', '2026-10-23', '2026-11-21').days).toEqual({
      '2026-10-23': 5n,
      '2026-11-21': 5n,
    })
  })

  test('is less what was given back, on its own day', () => {
    const tally = takeFrom(paidOn('2026-11-20', '2026-11-21'), '2026-11-20', usd(5n))
    expect(tally.days).toEqual({ '2026-11-20': 0n, '2026-11-21': 5n })
    expect(takeFrom(tally, '2026-09-01', usd(5n))).toEqual(tally)
  })

  test('without a payment is what it was before', () => {
    const tally = paidOn('2026-11-20')
    const more = addTo(tally, at('2026-11-21'), usd(3n))
    expect(spentIn(without(more, at('2026-11-21'), usd(3n)), 'week', '2026-11-21')).toBe(5n)
    expect(begunIn(without(more, at('2026-11-21'), usd(3n)), at('2026-11-21').now)).toBe(0)
  })

  test('in several scopes is the sum of each day and second', () => {
    const merged = mergeTallies([paidOn('2026-11-20'), paidOn('2026-11-20', '2026-11-21'), EMPTY_TALLY])
    expect(merged.days).toEqual({ '2026-11-20': 10n, '2026-11-21': 5n })
    expect(begunIn(merged, at('2026-11-20').now)).toBe(2)
  })
})

describe('payments of the last minute', () => {
  const NOON = Date.UTC(2026, 10, 21, 12)
  const begunAt = (...seconds: number[]) =>
    seconds.reduce<Tally>(
      (tally, second) => addTo(tally, { now: NOON + second * 1000, day: '2026-11-21' }, usd(1n)),
      EMPTY_TALLY,
    )

  test('are those of sixty seconds', () => {
    const tally = begunAt(0, 0, 1, 30)
    expect([30, 59, 60, 61, 89, 90].map((second) => begunIn(tally, NOON + second * 1000))).toEqual([4, 4, 2, 1, 1, 0])
  })

  test('are forgotten when the minute is over', () => {
    expect(Object.keys(begunAt(0, 1, 60, 61).seconds)).toHaveLength(2)
  })

  test('stay counted when the money is given back: they were begun', () => {
    expect(begunIn(takeFrom(begunAt(0, 0), '2026-11-21', usd(1n)), NOON)).toBe(2)
  })
})
