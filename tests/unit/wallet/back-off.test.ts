import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { TuppenceError } from '@/lib/errors'
import { attemptPassword, waitUntil } from '@/lib/wallet/back-off'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 1)

beforeEach(() => {
  fakeBrowser.reset()
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

const looked = vi.fn<() => void>()
const attempt = (right: boolean): Promise<string> =>
  attemptPassword(async () => {
    looked()
    if (!right) throw new TuppenceError('wrong_password')
    return 'open'
  })
const codeOf = async (step: Promise<unknown>) => {
  try {
    await step
    return 'open'
  } catch (error) {
    return error instanceof TuppenceError ? `${error.code} ${error.values.time ?? ''}`.trim() : String(error)
  }
}
const wait = async () => {
  const until = await waitUntil()
  return until === null ? 0 : until - Date.now()
}
async function wrongOnes(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    vi.setSystemTime((await waitUntil()) ?? Date.now())
    expect(await codeOf(attempt(false))).toBe('wrong_password')
  }
}

describe('wrong passwords', () => {
  test('cost nothing five times, then 30 seconds, twice as long each time, and 15 minutes at most', async () => {
    const waits: number[] = []
    for (let made = 0; made < 12; made += 1) {
      await wrongOnes(1)
      waits.push(await wait())
    }
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
    expect(waits.slice(5).map((ms) => ms / MINUTE)).toEqual([0.5, 1, 2, 4, 8, 15, 15])
  })

  test('keep the right one waiting too, unread, and say how long', async () => {
    await wrongOnes(6)
    vi.setSystemTime(Date.now() + 9_500)
    looked.mockClear()
    expect(await codeOf(attempt(true))).toBe('too_many_attempts 0:21')
    expect(looked).not.toHaveBeenCalled()
    vi.setSystemTime(Date.now() + 20_500)
    expect(await codeOf(attempt(true))).toBe('open')
  })

  test('are forgotten with a right one', async () => {
    await wrongOnes(6)
    vi.setSystemTime(Date.now() + 30_000)
    await attempt(true)
    expect(await fakeBrowser.storage.local.get()).toEqual({})
    await wrongOnes(5)
    expect(await wait()).toBe(0)
  })

  test('are counted before they are looked at: whoever ends the background gets no free one', async () => {
    await wrongOnes(5)
    const seen = Promise.withResolvers<void>()
    const hanging = Promise.withResolvers<void>()
    const attempt = attemptPassword(() => {
      seen.resolve()
      return hanging.promise
    })
    await seen.promise
    expect(await fakeBrowser.storage.local.get('passwordAttempts')).toEqual({
      passwordAttempts: { wrong: 6, at: START },
    })
    // Another life of the background.
    vi.resetModules()
    const again = await import('@/lib/wallet/back-off')
    expect(await again.waitUntil()).toBe(START + 30_000)
    hanging.reject(new TuppenceError('wrong_password'))
    expect(await codeOf(attempt)).toBe('wrong_password')
  })

  test('are counted each, however many are tried at the same moment', async () => {
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(attempt(false))))
    expect(codes.filter((code) => code === 'wrong_password')).toHaveLength(6)
    expect(codes.filter((code) => code.startsWith('too_many_attempts'))).toHaveLength(4)
  })
})

describe('a clock', () => {
  test('that is set back makes the wait no shorter, and begins it once more', async () => {
    await wrongOnes(8)
    expect(await wait()).toBe(2 * MINUTE)
    vi.setSystemTime(START - 365 * 24 * 60 * MINUTE)
    expect(await wait()).toBe(2 * MINUTE)
    expect(await codeOf(attempt(true))).toBe('too_many_attempts 2:00')
    vi.setSystemTime(Date.now() + 2 * MINUTE - 1)
    expect(await codeOf(attempt(true))).toBe('too_many_attempts 0:01')
    vi.setSystemTime(Date.now() + 1)
    expect(await codeOf(attempt(true))).toBe('open')
  })

  test('that was far ahead when it went wrong keeps nobody out for longer than the wait', async () => {
    vi.setSystemTime(START + 10 * 365 * 24 * 60 * MINUTE)
    await wrongOnes(6)
    vi.setSystemTime(START)
    expect(await wait()).toBe(30_000)
    vi.setSystemTime(START + 30_000)
    expect(await wait()).toBe(0)
  })
})
