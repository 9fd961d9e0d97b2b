import { browser } from 'wxt/browser'
import { storage } from 'wxt/utils/storage'
import type { AutoLock } from '@/lib/messaging/schema'

/** How long the wallet stays unlocked without its owner, in minutes; null: until the browser closes. */
const MINUTES: Readonly<Record<AutoLock, number | null>> = {
  '5min': 5,
  '15min': 15,
  '1h': 60,
  '4h': 240,
  browser: null,
}

const ALARM = 'auto-lock'

const chosen = storage.defineItem<AutoLock>('local:autoLock', { fallback: '1h', version: 1 })

/** A time in which the wallet may be open, in Unix milliseconds. Null: no end of its own. */
export interface Period {
  readonly since: number
  readonly until: number | null
}

export const getAutoLock = (): Promise<AutoLock> => chosen.getValue()

/** Holds for periods that begin from now on. */
export const setAutoLock = (autoLock: AutoLock): Promise<void> => chosen.setValue(autoLock)

/** A period that begins now, with the alarm for its end. */
export async function beginPeriod(): Promise<Period> {
  const since = Date.now()
  const minutes = MINUTES[await chosen.getValue()]
  const until = minutes === null ? null : since + minutes * 60_000
  if (until === null) await browser.alarms.clear(ALARM)
  else await browser.alarms.create(ALARM, { when: until })
  return { since, until }
}

/** Whether it is that time. Before its beginning it is not: then somebody has set the clock back. */
export function isWithin({ since, until }: Period): boolean {
  const now = Date.now()
  return now >= since && (until === null || now < until)
}

/** Calls back when a period may be over. Register synchronously at start. */
export function onAutoLock(listener: () => void): void {
  browser.alarms.onAlarm.addListener(({ name }) => {
    if (name === ALARM) listener()
  })
}
