import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { storage } from 'wxt/utils/storage'
import { chooseAccount, isOwnSecret, removeAccount } from '@/lib/wallet/accounts'
import { setPays } from '@/lib/wallet/metamask'
import { payerFor } from '@/lib/wallet/payer'
import { addressOf, deriveKey, seedOf } from '@/lib/wallet/secret'
import { addSite, setSeparate } from '@/lib/wallet/site-accounts'
import { lockVault, openKey, vaultAccounts } from '@/lib/wallet/vault'
import { KEY, PAYER, WORDS } from './typed-data'
import { failing, SLOW, unlockedWallet } from './wallets'

const SHOP = 'https://shop.example'
const PRESS = 'https://press.example'
const BASE = 'eip155:8453'
const ACCOUNT_AT_METAMASK = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const SOLANA = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'

let restoreWords: () => Promise<void>
let restoreKey: () => Promise<void>

beforeAll(async () => {
  restoreKey = await unlockedWallet(KEY)
  restoreWords = await unlockedWallet(WORDS)
}, SLOW)

const payer = async (site: string, network = BASE) => (await payerFor(network, site)).address

describe('accounts for sites', () => {
  beforeEach(() => restoreWords())

  test('pay nothing until they are asked for, even when there are some', async () => {
    await addSite(SHOP)
    expect([await payer(SHOP), await payer(PRESS)]).toEqual([PAYER, PAYER])
  })

  test('pay their own site alone, and a site that has none is not paid from another', async () => {
    await setSeparate(true)
    await addSite(SHOP)
    expect(await payerFor(BASE, PRESS)).toEqual({ signer: 'vault', state: 'no_site_account', address: null })
    await addSite(PRESS)
    const paying = [await payer(SHOP), await payer(PRESS), await payer(SHOP, SOLANA), await payer(PRESS, SOLANA)]
    expect(new Set([...paying, PAYER]).size).toBe(5)
    expect(await payerFor(BASE, 'https://www.shop.example')).toMatchObject({ state: 'no_site_account' })
    await setSeparate(false)
    expect(await payer(SHOP)).toBe(PAYER)
  })

  test('come from the words, on a path of their own', async () => {
    await addSite(SHOP)
    await addSite(PRESS)
    const seed = await seedOf(WORDS)
    for (const family of ['evm', 'svm'] as const) {
      const derived = [0, 1].map((index) => deriveKey(seed, family, index, 'sites'))
      const own = (await vaultAccounts()).filter(
        ({ origin, ...account }) => origin.kind === 'site' && account.family === family,
      )
      expect(own.map(({ address }) => address)).toEqual(derived.map(addressOf))
      for (const key of derived) expect(await openKey(addressOf(key))).toBe(key.key)
    }
  })

  test('are made once, however often they are asked for', async () => {
    await Promise.all([addSite(SHOP), addSite(SHOP)])
    await addSite(SHOP)
    expect((await vaultAccounts()).filter(({ origin }) => origin.kind === 'site')).toHaveLength(2)
  })

  test('are none to choose, to remove or to be left with', async () => {
    await addSite(SHOP)
    const own = (await vaultAccounts()).find(({ origin }) => origin.kind === 'site')?.address ?? ''
    await expect(chooseAccount(own)).rejects.toEqual(failing('wallet_missing'))
    await expect(removeAccount(own, null)).rejects.toEqual(failing('wallet_missing'))
    const solana = (await vaultAccounts()).find(({ family }) => family === 'svm')?.address ?? ''
    await removeAccount(solana, null)
    await expect(removeAccount(PAYER, null)).rejects.toEqual(failing('last_account'))
    expect(await isOwnSecret(WORDS)).toBe(true)
  })

  test('take an unlocked wallet to be made, and are known while it is locked', async () => {
    await setSeparate(true)
    await addSite(SHOP)
    const address = await payer(SHOP)
    await lockVault()
    await expect(addSite(PRESS)).rejects.toEqual(failing('wallet_locked'))
    await expect(setSeparate(false)).rejects.toEqual(failing('wallet_locked'))
    expect(await payerFor(BASE, SHOP)).toEqual({ signer: 'vault', state: 'locked', address })
  })

  test('pay nothing while MetaMask pays, except on Solana, where it does not', async () => {
    await setSeparate(true)
    await addSite(SHOP)
    const own = await payer(SHOP)
    await storage.setItem('local:metamask', { extensionId: null, account: ACCOUNT_AT_METAMASK, pays: false })
    await setPays(true)
    expect(await payerFor(BASE, SHOP)).toEqual({ signer: 'metamask', state: 'unlocked', address: ACCOUNT_AT_METAMASK })
    expect(await payerFor(SOLANA, SHOP)).toMatchObject({ signer: 'vault', state: 'unlocked' })
    await setPays(false)
    expect(await payer(SHOP)).toBe(own)
  })
})

describe('a wallet of a single key', () => {
  beforeEach(() => restoreKey())

  test('has none', async () => {
    await expect(setSeparate(true)).rejects.toEqual(failing('no_words'))
    await expect(addSite(SHOP)).rejects.toEqual(failing('no_words'))
  })
})
