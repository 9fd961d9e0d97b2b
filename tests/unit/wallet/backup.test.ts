import { base58 } from '@scure/base'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { confirmBackup, exportKey, exportWords } from '@/lib/wallet/backup'
import { readSecret } from '@/lib/wallet/secret'
import { activeAccount, createVault, lockVault, vaultLabel } from '@/lib/wallet/vault'
import { KEY, PAYER, WORDS } from './typed-data'
import { failing, PASSWORD, SLOW, unlockedWallet } from './wallets'

const backedUp = async () => (await vaultLabel())?.backedUp

describe('the words of a new wallet', () => {
  test(
    'count as written down once three of them are right, and not before',
    async () => {
      fakeBrowser.reset()
      const words = (await createVault(PASSWORD)).split(' ')
      const asked = (...places: number[]) => places.map((index) => ({ index, word: words[index] ?? '' }))
      expect(await backedUp()).toBe(false)
      for (const wrong of [
        asked(0, 3, 3),
        asked(0, 3),
        [],
        [...asked(0, 3), { index: 7, word: 'wrong' }],
        [...asked(0, 3), { index: 12, word: '' }],
      ])
        await expect(confirmBackup(wrong)).rejects.toEqual(failing('wrong_words'))
      expect(await backedUp()).toBe(false)
      await confirmBackup(asked(1, 4, 11).map(({ index, word }) => ({ index, word: ` ${word.toUpperCase()} ` })))
      expect(await backedUp()).toBe(true)
      expect(await exportWords(PASSWORD)).toBe(words.join(' '))
    },
    SLOW,
  )
})

describe('a wallet', () => {
  let restore: () => Promise<void>
  beforeAll(async () => {
    restore = await unlockedWallet(WORDS)
  }, SLOW)
  beforeEach(() => restore())

  test(
    'shows its words and keys for the password, locked or not, as other wallets take them',
    async () => {
      await lockVault()
      expect(await exportWords(PASSWORD)).toBe(WORDS)
      expect(await exportKey(PAYER, PASSWORD)).toBe(KEY)
      const solana = (await activeAccount('svm')) ?? ''
      const exported = await exportKey(solana, PASSWORD)
      expect(base58.encode(base58.decode(exported).slice(32))).toBe(solana)
      expect(readSecret(exported)).toMatchObject({ family: 'svm' })
    },
    SLOW,
  )

  test(
    'shows nothing for a wrong one, which counts as any other',
    async () => {
      const wrong = [
        ...Array.from({ length: 3 }, () => exportWords('wrong horse')),
        ...Array.from({ length: 3 }, () => exportKey(PAYER, 'wrong horse')),
      ]
      for (const one of wrong) await expect(one).rejects.toEqual(failing('wrong_password'))
      await expect(exportWords(PASSWORD)).rejects.toEqual(failing('too_many_attempts'))
    },
    SLOW,
  )
})

test(
  'a wallet of a key has no words to show',
  async () => {
    await (await unlockedWallet(KEY))()
    await expect(exportWords(PASSWORD)).rejects.toEqual(failing('no_words'))
    await expect(confirmBackup([])).rejects.toEqual(failing('no_words'))
  },
  SLOW,
)
