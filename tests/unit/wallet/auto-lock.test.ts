import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { browser } from 'wxt/browser'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { onAutoLock, setAutoLock } from '@/lib/wallet/auto-lock'
import {
  changePassword,
  lockIfLate,
  lockVault,
  openKey,
  stayUnlocked,
  unlockVault,
  vaultState,
} from '@/lib/wallet/vault'
import { KEY, PAYER } from './typed-data'
import { failing, PASSWORD, SLOW, unlockedWallet } from './wallets'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 1, 12)

let restore: () => Promise<void>
beforeAll(async () => {
  restore = await unlockedWallet(KEY)
}, SLOW)
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  await restore()
  await stayUnlocked()
})
afterEach(() => {
  vi.useRealTimers()
})

const later = (minutes: number) => vi.setSystemTime(START + minutes * MINUTE)
const inMemory = async () => Object.keys(await fakeBrowser.storage.session.get())
const alarm = async () => (await browser.alarms.get('auto-lock'))?.scheduledTime

describe('an unlocked wallet', () => {
  test.each([
    ['5min', 5],
    ['15min', 15],
    ['1h', 60],
    ['4h', 240],
  ] as const)('locks itself after %s, and not before', async (choice, minutes) => {
    await setAutoLock(choice)
    await stayUnlocked()
    expect(await alarm()).toBe(START + minutes * MINUTE)
    later(minutes - 0.001)
    expect([await vaultState(), await openKey(PAYER)]).toEqual(['unlocked', KEY])
    later(minutes)
    await expect(openKey(PAYER)).rejects.toEqual(failing('wallet_locked'))
    expect(await vaultState()).toBe('locked')
    expect(await inMemory()).toEqual([])
  })

  test('locks itself after an hour unless somebody chooses otherwise', async () => {
    expect(await alarm()).toBe(START + 60 * MINUTE)
  })

  test('stays unlocked for the whole session when that was chosen', async () => {
    await setAutoLock('browser')
    await stayUnlocked()
    expect(await alarm()).toBeUndefined()
    later(1_000_000)
    expect(await vaultState()).toBe('unlocked')
  })

  test('counts from when its owner was last there; using it for payments does not count', async () => {
    later(50)
    await openKey(PAYER)
    expect(await alarm()).toBe(START + 60 * MINUTE)
    await stayUnlocked()
    expect(await alarm()).toBe(START + 110 * MINUTE)
    later(109)
    expect(await vaultState()).toBe('unlocked')
    later(110)
    expect(await vaultState()).toBe('locked')
  })

  test('is locked by the alarm though nobody uses it, and not by one that comes too early', async () => {
    onAutoLock(() => void lockIfLate())
    const ring = (name: string) =>
      fakeBrowser.alarms.onAlarm.trigger({ name, scheduledTime: 0, persistAcrossSessions: true })
    await ring('auto-lock')
    await lockIfLate()
    expect(await inMemory()).toEqual(['unlocked'])
    later(61)
    await ring('approval-1')
    await new Promise((resolve) => setImmediate(resolve))
    expect(await inMemory()).toEqual(['unlocked'])
    await ring('auto-lock')
    await vi.waitFor(async () => expect(await inMemory()).toEqual([]))
  })

  test('locks when the clock is set to before it was unlocked, and for good', async () => {
    later(-1)
    await expect(openKey(PAYER)).rejects.toEqual(failing('wallet_locked'))
    expect(await vaultState()).toBe('locked')
    later(1)
    expect(await vaultState()).toBe('locked')
  })

  test('that is late is not kept open by whatever is done with it', async () => {
    later(61)
    await stayUnlocked()
    expect(await vaultState()).toBe('locked')
    await lockVault()
    await stayUnlocked()
    expect(await vaultState()).toBe('locked')
  })

  test(
    'begins its time with every password',
    async () => {
      later(61)
      await unlockVault(PASSWORD)
      later(120)
      expect(await vaultState()).toBe('unlocked')
      await changePassword(PASSWORD, 'another horse')
      later(179)
      expect(await vaultState()).toBe('unlocked')
      later(180)
      expect(await vaultState()).toBe('locked')
    },
    SLOW,
  )
})
