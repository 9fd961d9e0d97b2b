import { cleanText } from '@/lib/challenge/text'
import { TuppenceError } from '@/lib/errors'
import type { Family } from '@/lib/money/networks'
import type { Account, Label, Opened } from './content'
import { addressOf, deriveKey, type Key, readSecret, seedOf } from './secret'
import { changeVault, FIRST_NAMES, openVault, vaultLabel, vaultState } from './vault'

/* The wallet's accounts. Changing them takes an unlocked vault, since its label is sealed with it: all throw `wallet_locked`. */

/** In characters. */
const LONGEST_NAME = 32

/** Adds the next account of a family that the words give. Throws `no_words`. */
export const addAccount = (family: Family): Promise<void> =>
  changeVault(async (opened) => {
    const { words } = opened
    if (words === null) throw new TuppenceError('no_words')
    const used = opened.label.accounts.flatMap((account) =>
      account.family === family && account.origin.kind === 'words' ? account.origin.index : [],
    )
    const index = firstFree(0, (number) => used.includes(number))
    return withAccount(opened, deriveKey(await seedOf(words), family, index), { kind: 'words', index })
  })

/** Adds an account by its own key. Throws `invalid_secret`, `words_not_taken`, `account_exists`. */
export async function importAccount(text: string): Promise<void> {
  const secret = readSecret(text)
  if ('words' in secret) throw new TuppenceError('words_not_taken')
  await changeVault((opened) => withAccount(opened, secret, { kind: 'imported' }))
}

/** Throws `invalid_name`. */
export async function renameAccount(address: string, text: string): Promise<void> {
  const name = cleanText(text)
  if (name === null || [...name].length > LONGEST_NAME) throw new TuppenceError('invalid_name')
  await changeVault((opened) => {
    find(opened.label, address)
    return withLabel(opened, {
      accounts: opened.label.accounts.map((account) => (account.address === address ? { ...account, name } : account)),
    })
  })
}

/**
 * Takes an account out of the wallet; another of its family pays then. One of the words' can be added again. An imported one
 * is gone with its key, so it takes the password. Throws `last_account`, `wrong_password`, `too_many_attempts`.
 */
export const removeAccount = (address: string, password: string | null): Promise<void> =>
  changeVault(async (opened) => {
    const { family, origin } = find(opened.label, address)
    const accounts = opened.label.accounts.filter((account) => account.address !== address)
    if (accounts.every(isForOneSite)) throw new TuppenceError('last_account')
    if (origin.kind === 'imported') {
      if (password === null) throw new TuppenceError('wrong_password')
      await openVault(password)
    }
    const { [address]: _, ...keys } = opened.keys
    const next = accounts.find((account) => account.family === family && !isForOneSite(account))?.address
    const { [family]: paying, ...others } = opened.label.active
    const heir = paying === address ? next : paying
    return { ...withLabel(opened, { accounts, active: { ...others, ...(heir && { [family]: heir }) } }), keys }
  })

/** Lets this account pay on the networks of its family. */
export const chooseAccount = (address: string): Promise<void> =>
  changeVault((opened) => {
    const { family } = find(opened.label, address)
    return withLabel(opened, { active: { ...opened.label.active, [family]: address } })
  })

/**
 * Whether somebody has what the wallet was made from: its words or, where no account comes from words, the key of one of its
 * accounts. Works while it is locked, and without its password. Where the label is illegible, there is nothing to compare with,
 * and nothing left that opens. Throws `wallet_missing`, and `invalid_secret` for what is neither words nor a key.
 */
export async function isOwnSecret(text: string): Promise<boolean> {
  const secret = readSecret(text)
  if ((await vaultState()) === 'missing') throw new TuppenceError('wallet_missing')
  const label = await vaultLabel()
  if (!label) return true
  const { accounts } = label
  const derived = accounts.filter(({ origin }) => origin.kind === 'words')
  if (!('words' in secret)) return derived.length === 0 && accounts.some(({ address }) => address === addressOf(secret))
  const seed = await seedOf(secret.words)
  return derived.some(
    ({ family, address, origin }) =>
      origin.kind === 'words' && addressOf(deriveKey(seed, family, origin.index)) === address,
  )
}

function withAccount(opened: Opened, key: Key, origin: Account['origin']): Opened {
  const { accounts, active } = opened.label
  const { family } = key
  const address = addressOf(key)
  if (accounts.some((account) => account.address === address)) throw new TuppenceError('account_exists')
  const nameOf = (number: number) => `${FIRST_NAMES[family]} ${number}`
  const number = firstFree(1, (number) => accounts.some(({ name }) => name === nameOf(number)))
  const account: Account = { family, address, name: nameOf(number), origin }
  return {
    ...withLabel(opened, { accounts: [...accounts, account], active: { [family]: address, ...active } }),
    keys: { ...opened.keys, [address]: key.key },
  }
}

const withLabel = (opened: Opened, changes: Partial<Label>): Opened => ({
  ...opened,
  label: { ...opened.label, ...changes },
})

/** One of those that are shown to people. What is for one site is in `site-accounts.ts`. */
function find({ accounts }: Label, address: string): Account {
  const account = accounts.find((account) => account.address === address && !isForOneSite(account))
  if (!account) throw new TuppenceError('wallet_missing')
  return account
}

const isForOneSite = ({ origin }: Account): boolean => origin.kind === 'site'

function firstFree(from: number, isTaken: (number: number) => boolean): number {
  let number = from
  while (isTaken(number)) number += 1
  return number
}
