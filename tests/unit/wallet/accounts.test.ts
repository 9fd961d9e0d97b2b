import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import {
  addAccount,
  chooseAccount,
  importAccount,
  isOwnSecret,
  removeAccount,
  renameAccount,
} from '@/lib/wallet/accounts'
import { addressOf, deriveKey, seedOf } from '@/lib/wallet/secret'
import {
  activeAccount,
  lockVault,
  openKey,
  unlockVault,
  vaultAccounts,
  vaultLabel,
  vaultState,
} from '@/lib/wallet/vault'
import { KEY, PAYER, WORDS } from './typed-data'
import { failing, PASSWORD, SLOW, storedVault, unlockedWallet } from './wallets'

const OTHER_KEY = `0x${'11'.repeat(32)}`
const OTHER = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'

let restoreWords: () => Promise<void>
let restoreKey: () => Promise<void>
let addresses: readonly string[]

beforeAll(async () => {
  restoreKey = await unlockedWallet(KEY)
  restoreWords = await unlockedWallet(WORDS)
  const seed = await seedOf(WORDS)
  addresses = [0, 1, 2].map((index) => addressOf(deriveKey(seed, 'evm', index)))
}, SLOW)

const names = async () => (await vaultAccounts()).map(({ name }) => name)

describe('a wallet of words', () => {
  beforeEach(() => restoreWords())

  test('gives its next accounts in their order, each with its key', async () => {
    await addAccount('evm')
    await addAccount('evm')
    await addAccount('svm')
    expect(await names()).toEqual(['Account 1', 'Solana 1', 'Account 2', 'Account 3', 'Solana 2'])
    const seed = await seedOf(WORDS)
    for (const { family, address, origin } of await vaultAccounts()) {
      const { key } = deriveKey(seed, family, origin.kind === 'words' ? origin.index : -1)
      expect(await openKey(address)).toBe(key)
    }
    // They are there, and the first ones still pay.
    expect([await activeAccount('evm'), await activeAccount('svm')]).toEqual([
      PAYER,
      (await vaultAccounts())[1]?.address,
    ])
  })

  test('gives an account again that was removed, before any further one', async () => {
    await addAccount('evm')
    await addAccount('evm')
    await removeAccount(addresses[1] ?? '', null)
    await expect(openKey(addresses[1] ?? '')).rejects.toEqual(failing('wallet_missing'))
    await addAccount('evm')
    expect((await vaultAccounts()).at(-1)?.address).toBe(addresses[1])
  })

  test('takes a key of somebody else’s beside its own, and words never', async () => {
    await importAccount(OTHER_KEY)
    expect(await openKey(OTHER)).toBe(OTHER_KEY)
    expect((await vaultAccounts()).at(-1)).toEqual({
      family: 'evm',
      address: OTHER,
      name: 'Account 2',
      origin: { kind: 'imported' },
    })
    await expect(importAccount(OTHER_KEY)).rejects.toEqual(failing('account_exists'))
    await expect(importAccount(KEY)).rejects.toEqual(failing('account_exists'))
    await expect(importAccount(WORDS)).rejects.toEqual(failing('words_not_taken'))
    await expect(importAccount('nonsense')).rejects.toEqual(failing('invalid_secret'))
  })

  test('lets another account pay when the one that paid is removed, of the same family only', async () => {
    await addAccount('evm')
    const [, solana] = await vaultAccounts()
    await chooseAccount(addresses[1] ?? '')
    expect(await activeAccount('evm')).toBe(addresses[1])
    await removeAccount(addresses[1] ?? '', null)
    expect([await activeAccount('evm'), await activeAccount('svm')]).toEqual([PAYER, solana?.address])
    await removeAccount(PAYER, null)
    expect([await activeAccount('evm'), await activeAccount('svm')]).toEqual([null, solana?.address])
    await expect(removeAccount(solana?.address ?? '', null)).rejects.toEqual(failing('last_account'))
    // And an account that comes where there was none pays at once.
    await addAccount('evm')
    expect(await activeAccount('evm')).toBe(PAYER)
  })

  test(
    'deletes a key that does not come from its words for its password alone',
    async () => {
      await importAccount(OTHER_KEY)
      await expect(removeAccount(OTHER, null)).rejects.toEqual(failing('wrong_password'))
      await expect(removeAccount(OTHER, 'wrong horse')).rejects.toEqual(failing('wrong_password'))
      expect(await openKey(OTHER)).toBe(OTHER_KEY)
      await removeAccount(OTHER, PASSWORD)
      await expect(openKey(OTHER)).rejects.toEqual(failing('wallet_missing'))
    },
    SLOW,
  )

  test('cleans the names of its accounts, and takes none that is empty or long', async () => {
    await renameAccount(PAYER, '  For \n reading\u202e ')
    expect(await names()).toEqual(['For reading', 'Solana 1'])
    for (const name of ['', '  ', '\u200b', 'x'.repeat(33)])
      await expect(renameAccount(PAYER, name)).rejects.toEqual(failing('invalid_name'))
    await expect(renameAccount(OTHER, 'Not mine')).rejects.toEqual(failing('wallet_missing'))
    expect(await names()).toEqual(['For reading', 'Solana 1'])
  })

  test(
    'changes nothing while it is locked, and opens with the same password after changes',
    async () => {
      await addAccount('evm')
      await renameAccount(PAYER, 'Books')
      const changed = await storedVault()
      await lockVault()
      for (const change of [
        () => addAccount('evm'),
        () => importAccount(OTHER_KEY),
        () => renameAccount(PAYER, 'Mine'),
        () => removeAccount(PAYER, PASSWORD),
        () => chooseAccount(PAYER),
      ])
        await expect(change()).rejects.toEqual(failing('wallet_locked'))
      expect(await storedVault()).toEqual(changed)
      await unlockVault(PASSWORD)
      expect(await openKey(addresses[1] ?? '')).toMatch(/^0x/)
      expect(await names()).toEqual(['Books', 'Solana 1', 'Account 2'])
    },
    SLOW,
  )

  test('changes everything at once or nothing: each change is one write of one item', async () => {
    const writes: string[][] = []
    fakeBrowser.storage.local.onChanged.addListener((changes) => void writes.push(Object.keys(changes)))
    await addAccount('evm')
    await importAccount(OTHER_KEY)
    await renameAccount(PAYER, 'Books')
    await chooseAccount(OTHER)
    await removeAccount(PAYER, null)
    expect(writes).toEqual(Array.from({ length: 5 }, () => ['vault']))
  })

  test('knows its words, and nobody else’s, whether it is locked or not', async () => {
    await lockVault()
    expect(await isOwnSecret(WORDS.toUpperCase())).toBe(true)
    expect(await isOwnSecret(`${'abandon '.repeat(11)}about`)).toBe(false)
    // A key of one account does not bring the others back.
    expect(await isOwnSecret(KEY)).toBe(false)
    await expect(isOwnSecret(WORDS.replace('junk', 'test'))).rejects.toEqual(failing('invalid_secret'))
  })
})

test('a wallet whose label cannot be read any more takes any secret: nothing else would lead out', async () => {
  await restoreWords()
  const { active: _, ...damaged } = await storedVault()
  await fakeBrowser.storage.local.set({ vault: damaged })
  await expect(openKey(PAYER)).rejects.toEqual(failing('vault_damaged'))
  expect([await vaultState(), await vaultAccounts()]).toEqual(['unlocked', []])
  expect(await isOwnSecret(KEY)).toBe(true)
  await fakeBrowser.storage.local.remove('vault')
  await expect(isOwnSecret(KEY)).rejects.toEqual(failing('wallet_missing'))
})

describe('a wallet of a key', () => {
  beforeEach(() => restoreKey())

  test('has no further accounts to give, and knows its key', async () => {
    await expect(addAccount('evm')).rejects.toEqual(failing('no_words'))
    expect(await isOwnSecret(KEY)).toBe(true)
    expect(await isOwnSecret(OTHER_KEY)).toBe(false)
    expect(await isOwnSecret(WORDS)).toBe(false)
  })

  test('needs no backup of words that it does not have', async () => {
    expect((await vaultLabel())?.backedUp).toBe(true)
  })
})
