import { expect } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { importVault } from '@/lib/wallet/vault'

export const PASSWORD = 'correct horse'
/** A million rounds take their time on a busy machine. */
export const SLOW = 30_000

/** The code of a `TuppenceError`, to compare what was thrown with. */
export const failing = (code: string) => expect.objectContaining({ name: 'TuppenceError', code })

type Stored = Record<string, unknown>

/** Makes a wallet once, and gives what puts it back as it was: unlocked, its owner there just now. */
export async function unlockedWallet(secret: string): Promise<() => Promise<void>> {
  fakeBrowser.reset()
  await importVault(secret, PASSWORD)
  const local: Stored = structuredClone(await fakeBrowser.storage.local.get())
  const { unlocked } = (await fakeBrowser.storage.session.get()) as { unlocked: { key: string } }
  return async () => {
    fakeBrowser.reset()
    await fakeBrowser.storage.local.set(structuredClone(local))
    const since = Date.now()
    await fakeBrowser.storage.session.set({ unlocked: { key: unlocked.key, since, until: since + 3_600_000 } })
  }
}

/** The stored vault, as it rests on disk. */
export const storedVault = async () =>
  ((await fakeBrowser.storage.local.get()) as { vault: { encrypted: string } & Stored }).vault
