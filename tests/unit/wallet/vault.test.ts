import { beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { addressOf, deriveKey, seedOf } from '@/lib/wallet/secret'
import {
  activeAccount,
  createVault,
  importVault,
  lockVault,
  openKey,
  unlockVault,
  vaultState,
} from '@/lib/wallet/vault'
import { KEY, PAYER, WORDS } from './typed-data'

const PASSWORD = 'correct horse'
/** A million rounds take their time on a busy machine. */
const SLOW = 30_000

beforeEach(() => {
  fakeBrowser.reset()
})

const onDisk = async () => JSON.stringify(await fakeBrowser.storage.local.get())
const inMemory = async () => JSON.stringify(await fakeBrowser.storage.session.get())
const addressIn = async (words: string) => addressOf(deriveKey(await seedOf(words), 'evm', 0))
const failing = (code: string) => expect.objectContaining({ name: 'TuppenceError', code })

describe('no wallet', () => {
  test('has no address, and nothing to unlock or open', async () => {
    expect([await vaultState(), await activeAccount('evm')]).toEqual(['missing', null])
    await expect(unlockVault(PASSWORD)).rejects.toEqual(failing('wallet_missing'))
    await expect(openKey(PAYER)).rejects.toEqual(failing('wallet_missing'))
  })

  test('is made with a short password or from nonsense', async () => {
    await expect(createVault('1234567')).rejects.toEqual(failing('weak_password'))
    await expect(importVault(WORDS, '1234567')).rejects.toEqual(failing('weak_password'))
    await expect(importVault('not a phrase', PASSWORD)).rejects.toEqual(failing('invalid_secret'))
    expect([await vaultState(), await onDisk(), await inMemory()]).toEqual(['missing', '{}', '{}'])
  })
})

describe('a new wallet', () => {
  test(
    'is unlocked, and its words are told once and lead to its account',
    async () => {
      const words = await createVault(PASSWORD)
      expect(await vaultState()).toBe('unlocked')
      expect(await activeAccount('evm')).toBe(await addressIn(words))
      expect(await openKey(await addressIn(words))).toBe(deriveKey(await seedOf(words), 'evm', 0).key)
    },
    SLOW,
  )

  test(
    'that is made twice at the same moment is one: the words that are told are those of the account',
    async () => {
      const results = await Promise.allSettled([createVault(PASSWORD), createVault(PASSWORD)])
      const told = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value)
      const address = await activeAccount('evm')
      expect(await Promise.all(told.map(addressIn))).toEqual([address])
    },
    SLOW,
  )
})

describe('a wallet', () => {
  test(
    'rests encrypted, opens with its password alone, and closes at once',
    async () => {
      await importVault(WORDS, PASSWORD)
      const sealed = await onDisk()

      // On disk: no words, no key, and PBKDF2 with a million rounds.
      const words = WORDS.split(' ')
      for (const secret of [WORDS, ...words, KEY, KEY.slice(2), btoa(WORDS), PASSWORD])
        expect(sealed.toLowerCase()).not.toContain(secret.toLowerCase())
      const { vault } = JSON.parse(sealed) as { vault: { address: string; encrypted: string } }
      expect(Object.keys(vault).toSorted()).toEqual(['accounts', 'active', 'backedUp', 'encrypted', 'separate'])
      expect(JSON.parse(vault.encrypted)).toMatchObject({
        keyMetadata: { algorithm: 'PBKDF2', params: { iterations: 1_000_000 } },
      })

      // In memory: a key to the vault, not the secret itself.
      expect(await inMemory()).not.toContain(KEY.slice(2))
      const { unlocked } = (await fakeBrowser.storage.session.get()) as { unlocked: { key: string } }
      expect(unlocked.key).toEqual(expect.any(String))
      expect(sealed).not.toContain(JSON.parse(unlocked.key).key.k)

      // Nothing takes its place.
      await expect(createVault(PASSWORD)).rejects.toEqual(failing('wallet_exists'))
      await expect(importVault(KEY, PASSWORD)).rejects.toEqual(failing('wallet_exists'))
      expect(await onDisk()).toBe(sealed)

      // Locked, it still knows its address, and nothing else.
      await lockVault()
      expect([await vaultState(), await activeAccount('evm'), await inMemory()]).toEqual(['locked', PAYER, '{}'])
      await expect(openKey(PAYER)).rejects.toEqual(failing('wallet_locked'))

      await expect(unlockVault(`${PASSWORD} `)).rejects.toEqual(failing('wrong_password'))
      expect(await vaultState()).toBe('locked')

      await unlockVault(PASSWORD)
      expect(await vaultState()).toBe('unlocked')
      expect(await openKey(PAYER)).toBe(KEY)
      expect(await onDisk()).toBe(sealed)
    },
    SLOW,
  )

  test(
    'that was changed on disk does not open',
    async () => {
      await importVault(KEY, PASSWORD)
      const { vault } = (await fakeBrowser.storage.local.get()) as { vault: { address: string; encrypted: string } }
      const { data } = JSON.parse(vault.encrypted) as { data: string }
      const flipped = `${data.startsWith('A') ? 'B' : 'A'}${data.slice(1)}`
      await fakeBrowser.storage.local.set({ vault: { ...vault, encrypted: vault.encrypted.replace(data, flipped) } })
      await expect(openKey(PAYER)).rejects.toThrow()
      await expect(unlockVault(PASSWORD)).rejects.toEqual(failing('wrong_password'))
    },
    SLOW,
  )
})
