import { type Usd, usd, ZERO_USD } from '@/lib/money/usd'

/** A calendar day on the user's own clock: `2026-11-21`. */
export type Day = string

/** A point in time, on a clock that never goes back. */
export interface Moment {
  /** Unix milliseconds. */
  readonly now: number
  readonly day: Day
}

/**
 * The stretch of time that a cap is for. All but the minute are made of whole days on the user's own clock, so that money
 * becomes free again at midnight and at no other time:
 *
 * - `day`: since midnight.
 * - `week`: today and the six days before: any seven days in a row.
 * - `month`: today and the 29 days before: any thirty days in a row, so that the turn of a month allows no second helping.
 * - `minute`: the last sixty seconds, counted in payments, not in money.
 */
export type Window = 'minute' | 'day' | 'week' | 'month'

const DAYS: Readonly<Record<Exclude<Window, 'minute'>, number>> = { day: 1, week: 7, month: 30 }
const DAY_MS = 86_400_000
const MINUTE = 60

/** What one scope has spent and holds, for as long as any cap looks back. */
export interface Tally {
  /** Micro-dollars by day. */
  readonly days: Readonly<Record<Day, bigint>>
  /** Payments begun, by Unix second. */
  readonly seconds: Readonly<Record<string, number>>
}

export const EMPTY_TALLY: Tally = { days: {}, seconds: {} }

/** The user's calendar day at a time (Unix milliseconds). Daylight saving time makes days of 23 and 25 hours; a day is a day. */
export function dayOf(time: number): Day {
  const date = new Date(time)
  const pad = (part: number) => part.toString().padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

/** The days that a window spans, today first. Counted on the calendar, where no day is ever missing or twice. */
export function daysIn(window: Exclude<Window, 'minute'>, today: Day): Day[] {
  const noon = Date.parse(`${today}T12:00Z`)
  return Array.from({ length: DAYS[window] }, (_, back) => new Date(noon - back * DAY_MS).toISOString().slice(0, 10))
}

/** With one more payment begun, and without the days and seconds that no cap looks back to any more. */
export function addTo({ days, seconds }: Tally, { now, day }: Moment, price: Usd): Tally {
  const second = secondOf(now)
  const spent = days[day]
  return {
    days: { ...(spent === undefined ? withoutOld(days, day) : days), [day]: (spent ?? 0n) + price },
    seconds: {
      ...pick(seconds, (name) => Number(name) > second - MINUTE),
      [second]: (seconds[second] ?? 0) + 1,
    },
  }
}

function withoutOld(days: Tally['days'], today: Day): Record<Day, bigint> {
  const kept = new Set(daysIn('month', today))
  return pick(days, (day) => kept.has(day))
}

/** Without a payment that was proved not to have been made. It was begun all the same: the minute's count keeps it. */
export function takeFrom({ days, seconds }: Tally, day: Day, price: Usd): Tally {
  const spent = days[day]
  return spent === undefined ? { days, seconds } : { days: { ...days, [day]: spent - price }, seconds }
}

/** As it was before a payment was begun. */
export function withoutBegun(tally: Tally, { now, day }: Moment, price: Usd): Tally {
  const { days, seconds } = takeFrom(tally, day, price)
  const begun = seconds[secondOf(now)]
  return begun === undefined ? { days, seconds } : { days, seconds: { ...seconds, [secondOf(now)]: begun - 1 } }
}

/** What a window has cost so far. */
export function spentIn({ days }: Tally, window: Exclude<Window, 'minute'>, today: Day): Usd {
  return usd(daysIn(window, today).reduce((sum, day) => sum + (days[day] ?? 0n), ZERO_USD as bigint))
}

/** How many payments the last minute has begun. */
export function begunIn({ seconds }: Tally, now: number): number {
  return Object.entries(seconds).reduce(
    (sum, [second, begun]) => (Number(second) > secondOf(now) - MINUTE ? sum + begun : sum),
    0,
  )
}

/** What one payment adds, seen from a moment: nothing where no cap looks back to it, or where its time is still to come. */
export function shareOf(payment: Moment, price: Usd, { now, day }: Moment): Tally {
  const second = secondOf(payment.now)
  return {
    days: daysIn('month', day).includes(payment.day) ? { [payment.day]: price } : {},
    seconds: second > secondOf(now) - MINUTE && second <= secondOf(now) ? { [second]: 1 } : {},
  }
}

/** Several scopes seen as one. */
export function mergeTallies(tallies: readonly Tally[]): Tally {
  const days: Record<Day, bigint> = {}
  const seconds: Record<string, number> = {}
  for (const tally of tallies) {
    for (const [day, spent] of Object.entries(tally.days)) days[day] = (days[day] ?? 0n) + spent
    for (const [second, begun] of Object.entries(tally.seconds)) seconds[second] = (seconds[second] ?? 0) + begun
  }
  return { days, seconds }
}

const secondOf = (time: number): number => Math.floor(time / 1000)

function pick<Value>(record: Readonly<Record<string, Value>>, keep: (name: string) => boolean): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => keep(name)))
}
