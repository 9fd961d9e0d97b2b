import { encryptWithDetail } from '@metamask/browser-passworder'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { addressOf, deriveKey, seedOf } from '@/lib/wallet/secret'
import { KEY, PAYEE, PAYER, WORDS } from './typed-data'
import { failing, PASSWORD, SLOW, storedVault } from './wallets'

/** As version 1 wrote it, with as many rounds as it is told. */
async function storeV1(content: { key: string; words: string | null }, { address = PAYER, rounds = 1_000_000 } = {}) {
  const parameters = { algorithm: 'PBKDF2', params: { iterations: rounds } } as const
  const { vault } = await encryptWithDetail(PASSWORD, content, undefined, parameters)
  await fakeBrowser.storage.local.set({ vault: { address, encrypted: vault } })
}

/** A background that starts now. */
async function start() {
  vi.resetModules()
  return import('@/lib/wallet/vault')
}

const rounds = async () => JSON.parse((await storedVault()).encrypted).keyMetadata.params.iterations

beforeEach(() => {
  fakeBrowser.reset()
})

describe('a vault of version 1', () => {
  test(
    'of words: pays as before while it is locked, and has its account on Solana from the first unlock',
    async () => {
      await storeV1({ key: KEY, words: WORDS })
      const before = await start()
      expect([await before.vaultState(), await before.activeAccount('evm')]).toEqual(['locked', PAYER])
      expect(await before.activeAccount('svm')).toBeNull()
      await expect(before.unlockVault('wrong horse')).rejects.toEqual(failing('wrong_password'))
      await before.unlockVault(PASSWORD)

      const vault = await start()
      expect(await vault.vaultState()).toBe('unlocked')
      const solana = deriveKey(await seedOf(WORDS), 'svm', 0)
      expect([await vault.openKey(PAYER), await vault.openKey(addressOf(solana))]).toEqual([KEY, solana.key])
      expect(await vault.vaultLabel()).toMatchObject({
        accounts: [
          { name: 'Account 1', origin: { kind: 'words', index: 0 } },
          { name: 'Solana 1', origin: { kind: 'words', index: 0 } },
        ],
        backedUp: false,
        separate: false,
      })
      await vault.lockVault()
      await vault.unlockVault(PASSWORD)
    },
    SLOW,
  )

  test(
    'of a key: is the same wallet, with nothing to back up',
    async () => {
      await storeV1({ key: KEY, words: null })
      const vault = await start()
      await vault.unlockVault(PASSWORD)
      expect(await vault.openKey(PAYER)).toBe(KEY)
      expect(await vault.vaultLabel()).toEqual({
        accounts: [{ family: 'evm', address: PAYER, name: 'Account 1', origin: { kind: 'imported' } }],
        active: { evm: PAYER },
        backedUp: true,
        separate: false,
      })
    },
    SLOW,
  )

  test(
    'that says another address than its key’s is not opened',
    async () => {
      await storeV1({ key: KEY, words: null }, { address: PAYEE })
      const vault = await start()
      await expect(vault.unlockVault(PASSWORD)).rejects.toEqual(failing('vault_damaged'))
      expect(await vault.vaultState()).toBe('locked')
    },
    SLOW,
  )

  test(
    'loses nothing when the background ends while it is brought up to date',
    async () => {
      await storeV1({ key: KEY, words: WORDS })
      const first = await start()
      await first.vaultState()
      // Every write from here on may be the last one: whatever is there then, opens.
      const snapshots: object[] = []
      const snap = async () => void snapshots.push(structuredClone(await fakeBrowser.storage.local.get()))
      await snap()
      fakeBrowser.storage.local.onChanged.addListener(snap)
      await first.unlockVault(PASSWORD)
      await snap()
      expect(snapshots.length).toBeGreaterThan(2)
      for (const snapshot of snapshots) {
        fakeBrowser.reset()
        await fakeBrowser.storage.local.set(snapshot)
        const vault = await start()
        await vault.unlockVault(PASSWORD)
        expect(await vault.openKey(PAYER)).toBe(KEY)
        expect(await vault.vaultAccounts()).toHaveLength(2)
      }
    },
    SLOW,
  )

  test(
    'whose version was not noted when the background ended is read as what it is',
    async () => {
      const vault = await start()
      await vault.importVault(WORDS, PASSWORD)
      await fakeBrowser.storage.local.remove('vault$')
      const again = await start()
      expect(await again.vaultAccounts()).toHaveLength(2)
      expect(await again.openKey(PAYER)).toBe(KEY)
    },
    SLOW,
  )
})

test(
  'a vault with fewer rounds than today opens, and has as many from then on',
  async () => {
    await storeV1({ key: KEY, words: null }, { rounds: 10_000 })
    const vault = await start()
    await vault.unlockVault(PASSWORD)
    expect(await rounds()).toBe(1_000_000)
    const raised = await storedVault()
    await vault.lockVault()
    await vault.unlockVault(PASSWORD)
    expect(await storedVault()).toEqual(raised)
    expect(await vault.openKey(PAYER)).toBe(KEY)
  },
  SLOW,
)
