import type { Hex } from 'viem'
import { storage } from 'wxt/utils/storage'
import { TuppenceError } from '@/lib/errors'
import type { Family } from '@/lib/money/networks'
import { createQueue } from '@/lib/queue'
import { beginPeriod, isWithin, type Period } from './auto-lock'
import { attemptPassword } from './back-off'
import { type Account, isSameLabel, type Label, labelSchema, type Opened, openedSchema } from './content'
import { openedFromV1, storedToV2 } from './migrations'
import { isWeak, resealWith, seal, unseal, unsealWith } from './seal'
import { addressOf, deriveKey, newWords, readSecret, type Secret, seedOf } from './secret'

export type { Account }

const SHORTEST_PASSWORD = 8

/** What rests on disk: the label, and everything secret encrypted. */
interface StoredVault extends Label {
  readonly encrypted: string
}

const storedVault = storage.defineItem<StoredVault | null>('local:vault', {
  fallback: null,
  version: 2,
  migrations: { 2: storedToV2 },
})
/**
 * The key that opens the vault, and for how long, while it is unlocked. Session storage is memory: it is never written to
 * disk, and gone when the browser closes.
 */
const unlocked = storage.defineItem<(Period & { readonly key: string }) | null>('session:unlocked', { fallback: null })

export type VaultState = 'missing' | 'locked' | 'unlocked'

/** Makes a new wallet, leaves it unlocked and gives its words. Throws `wallet_exists`, `weak_password`. */
export async function createVault(password: string): Promise<string> {
  const words = newWords()
  await store({ words }, password, false)
  return words
}

/** Takes over a recovery phrase or private key. Throws `wallet_exists`, `weak_password`, `invalid_secret`. */
export async function importVault(text: string, password: string): Promise<void> {
  await store(readSecret(text), password, true)
}

/** Changes go one at a time: of two wallets made at once, one would be lost with its words already told. */
const inOrder = createQueue()

const store = (secret: Secret, password: string, backedUp: boolean): Promise<void> =>
  inOrder(async () => {
    checkStrength(password)
    if (await storedVault.getValue()) throw new TuppenceError('wallet_exists')
    await write(await begin(secret, backedUp), password)
  })

function checkStrength(password: string): void {
  if (password.length < SHORTEST_PASSWORD) throw new TuppenceError('weak_password')
}

/** A phrase gives an account of each family, a key its own. */
async function begin(secret: Secret, backedUp: boolean): Promise<Opened> {
  const words = 'words' in secret ? secret.words : null
  const seed = words === null ? null : await seedOf(words)
  const keys = seed ? [deriveKey(seed, 'evm', 0), deriveKey(seed, 'svm', 0)] : 'words' in secret ? [] : [secret]
  const accounts = keys.map((key): Account => {
    const origin = seed ? ({ kind: 'words', index: 0 } as const) : ({ kind: 'imported' } as const)
    return { family: key.family, address: addressOf(key), name: `${FIRST_NAMES[key.family]} 1`, origin }
  })
  return {
    words,
    keys: Object.fromEntries(keys.map((key) => [addressOf(key), key.key])),
    label: {
      accounts,
      active: Object.fromEntries(accounts.map(({ family, address }) => [family, address])),
      backedUp,
      separate: false,
    },
  }
}

/** What accounts are called until they are given a name, with a number. */
export const FIRST_NAMES: Readonly<Record<Family, string>> = { evm: 'Account', svm: 'Solana' }

/** Seals a vault anew, and leaves it unlocked. A background that ends on the way leaves it locked, the old one or the new. */
async function write(opened: Opened, password: string): Promise<void> {
  const { text, key } = await seal(opened, password)
  await unlocked.removeValue()
  await storedVault.setValue({ ...opened.label, encrypted: text })
  await unlocked.setValue({ key, ...(await beginPeriod()) })
}

/**
 * Throws `wallet_missing`, `wrong_password`, `too_many_attempts`, `vault_damaged`. What an older version has written, or with
 * fewer rounds, is written anew.
 */
export const unlockVault = (password: string): Promise<void> =>
  inOrder(async () => {
    const { opened, key, isOld } = await openWith(password)
    if (isOld) await write(opened, password)
    else await unlocked.setValue({ key, ...(await beginPeriod()) })
  })

/** In force before the next signature. */
export const lockVault = (): Promise<void> => inOrder(() => unlocked.removeValue())

/** Locks the vault if its time is up. */
export const lockIfLate = (): Promise<void> =>
  inOrder(async () => {
    if ((await keyInTime()) === null) await unlocked.removeValue()
  })

/** Its owner was there: the time until it locks itself begins anew. What is locked stays so. */
export const stayUnlocked = (): Promise<void> =>
  inOrder(async () => {
    const key = await keyInTime()
    if (key !== null) await unlocked.setValue({ key, ...(await beginPeriod()) })
  })

/** Throws `wallet_missing`, `weak_password`, `wrong_password`, `too_many_attempts`, `vault_damaged`. Leaves it unlocked. */
export const changePassword = (password: string, next: string): Promise<void> =>
  inOrder(async () => {
    checkStrength(next)
    const { opened } = await openWith(password)
    await write(opened, next)
  })

export async function vaultState(): Promise<VaultState> {
  const [stored, session] = await Promise.all([storedVault.getValue(), unlocked.getValue()])
  if (!stored) return 'missing'
  if (!session) return 'locked'
  if (isWithin(session)) return 'unlocked'
  await lockIfLate()
  return 'locked'
}

/** What is written on the vault; null while there is none, or nothing legible. Known while locked. */
export async function vaultLabel(): Promise<Label | null> {
  const { encrypted: _, ...label } = (await storedVault.getValue()) ?? {}
  return labelSchema.safeParse(label).data ?? null
}

/** The wallet's accounts, oldest first. Known while locked; empty while there is no wallet. */
export const vaultAccounts = async (): Promise<readonly Account[]> => (await vaultLabel())?.accounts ?? []

/** The account that pays on networks of a family; null while there is none. Known while locked. */
export const activeAccount = async (family: Family): Promise<string | null> =>
  (await vaultLabel())?.active[family] ?? null

/** The key of an account, for `signer.ts` alone. Throws `wallet_missing`, `wallet_locked`, `vault_damaged`. */
export async function openKey(address: string): Promise<Hex> {
  const { opened } = await openInTime()
  const key = opened.keys[address]
  if (!key) throw new TuppenceError('wallet_missing')
  return key
}

/** The signature agent's key, for `signer-request.ts` alone. Throws `signature_agent_missing`, and as `openKey` does. */
export async function openAgentKey(): Promise<Hex> {
  const { opened } = await openInTime()
  if (!opened.agentKey) throw new TuppenceError('signature_agent_missing')
  return opened.agentKey
}

/** What is in the vault, for `lib/wallet` alone, by its password. Throws as `unlockVault` does. */
export const openVault = async (password: string): Promise<Opened> => (await openWith(password)).opened

/**
 * Changes what is in an unlocked vault, in one write. Throws `wallet_missing`, `wallet_locked`, `vault_damaged`, and what
 * `change` throws.
 */
export const changeVault = (change: (opened: Opened) => Promise<Opened> | Opened): Promise<void> =>
  inOrder(async () => {
    const { opened, key, stored } = await openInTime()
    const changed = await change(opened)
    await storedVault.setValue({ ...changed.label, encrypted: await resealWith(key, stored.encrypted, changed) })
  })

async function openInTime(): Promise<{ opened: Opened; key: string; stored: StoredVault }> {
  const stored = await existingVault()
  const key = await keyInTime()
  if (key === null) throw new TuppenceError('wallet_locked')
  const opened = readContent(await unsealWith(key, stored.encrypted), stored)
  if (!opened) throw new TuppenceError('vault_damaged')
  return { opened, key, stored }
}

async function openWith(password: string): Promise<{ opened: Opened; key: string; isOld: boolean }> {
  const stored = await existingVault()
  const { content, key } = await attemptPassword(() => unseal(stored.encrypted, password))
  const opened = readContent(content, stored)
  if (opened) return { opened, key, isOld: isWeak(stored.encrypted) }
  const updated = await openedFromV1(content, stored)
  if (!updated) throw new TuppenceError('vault_damaged')
  return { opened: updated, key, isOld: true }
}

/** Null when it is not what this version writes, or not what the label says. */
function readContent(content: unknown, { encrypted: _, ...label }: StoredVault): Opened | null {
  const { data } = openedSchema.safeParse(content)
  return data && isSameLabel(data.label, label) ? data : null
}

/** The key of the session, as long as its time is not up. */
async function keyInTime(): Promise<string | null> {
  const session = await unlocked.getValue()
  return session && isWithin(session) ? session.key : null
}

async function existingVault(): Promise<StoredVault> {
  const stored = await storedVault.getValue()
  if (!stored) throw new TuppenceError('wallet_missing')
  return stored
}
