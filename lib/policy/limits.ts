import type { Realm } from '@/lib/money/networks'
import type { Usd } from '@/lib/money/usd'
import type { RefuseReason } from './reasons'
import type { Rules } from './rules'

/** A running total's name: realm, scope and window. One row of the ledger's counters. */
export type Counter = string

/** A cap on one counter, and what to tell the user when it is reached. */
export interface Limit {
  readonly counter: Counter
  readonly cap: Usd
  readonly reason: Extract<RefuseReason, 'over_day_limit' | 'over_site_day_limit'>
}

/** The calendar day on the user's own clock: `2026-11-21`. A day's limit starts afresh at local midnight. */
export function dayOf(time: number): string {
  const date = new Date(time)
  const pad = (part: number) => part.toString().padStart(2, '0')
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
}

export const dayCounter = (realm: Realm, day: string): Counter => `${realm}/all/day/${day}`

export const siteDayCounter = (realm: Realm, site: string, day: string): Counter => `${realm}/${site}/day/${day}`

/** Every limit that a payment to this site counts against. */
export function limitsFor(rules: Rules, site: string, realm: Realm, day: string): Limit[] {
  return [
    { counter: dayCounter(realm, day), cap: rules.mostPerDay, reason: 'over_day_limit' },
    { counter: siteDayCounter(realm, site, day), cap: rules.mostPerSiteAndDay, reason: 'over_site_day_limit' },
  ]
}
