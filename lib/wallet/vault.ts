import {
  decryptWithDetail,
  decryptWithKey,
  type EncryptionResult,
  encryptWithDetail,
  importKey,
} from '@metamask/browser-passworder'
import type { Hex } from 'viem'
import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import { createQueue } from '@/lib/queue'
import { addressOf, createSecret, readSecret, type Secret } from './secret'

const SHORTEST_PASSWORD = 8
/** OWASP asks for 600,000 rounds of PBKDF2-HMAC-SHA256; a million take about 150 ms here. The vault's text records them. */
const KEY_DERIVATION = { algorithm: 'PBKDF2', params: { iterations: 1_000_000 } } as const

/** What rests on disk: the account's public address, and everything secret encrypted (AES-GCM under the password). */
interface StoredVault {
  readonly address: Hex
  readonly encrypted: string
}

const storedVault = storage.defineItem<StoredVault | null>('local:vault', { fallback: null, version: 1 })
/** The key that opens the vault, while it is unlocked. Session storage is memory: it is never written to disk. */
const unlockedKey = storage.defineItem<string | null>('session:vaultKey', { fallback: null })

const secretSchema = z.object({
  key: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]),
  words: z.string().nullable(),
}) satisfies z.ZodType<Secret>

export type VaultState = 'missing' | 'locked' | 'unlocked'

/** Makes a new wallet, leaves it unlocked and gives its words, once. Throws `wallet_exists`, `weak_password`. */
export async function createVault(password: string): Promise<string> {
  const secret = createSecret()
  await store(secret, password)
  return secret.words
}

/** Takes over a recovery phrase or private key. Throws `wallet_exists`, `weak_password`, `invalid_secret`. */
export async function importVault(text: string, password: string): Promise<void> {
  await store(readSecret(text), password)
}

/** One at a time: of two wallets made at once, one would be lost with its words already told. */
const inOrder = createQueue()
const store = (secret: Secret, password: string): Promise<void> =>
  inOrder(async () => {
    if (password.length < SHORTEST_PASSWORD) throw new TuppenceError('weak_password')
    if (await storedVault.getValue()) throw new TuppenceError('wallet_exists')
    const { vault, exportedKeyString } = await encryptWithDetail(password, secret, undefined, KEY_DERIVATION)
    await storedVault.setValue({ address: addressOf(secret), encrypted: vault })
    await unlockedKey.setValue(exportedKeyString)
  })

/** Throws `wallet_missing`, `wrong_password`. */
export async function unlockVault(password: string): Promise<void> {
  const stored = await existingVault()
  const opened = await decryptWithDetail(password, stored.encrypted).catch((error: unknown) => {
    throw new TuppenceError('wrong_password', {}, { cause: error })
  })
  await unlockedKey.setValue(opened.exportedKeyString)
}

/** In force before the next signature. */
export const lockVault = (): Promise<void> => unlockedKey.removeValue()

export async function vaultState(): Promise<VaultState> {
  if (!(await storedVault.getValue())) return 'missing'
  return (await unlockedKey.getValue()) ? 'unlocked' : 'locked'
}

/** The account that pays; null while there is no wallet. Known while locked. */
export const vaultAddress = async (): Promise<Hex | null> => (await storedVault.getValue())?.address ?? null

/** The secret itself, for `signer.ts` alone. Throws `wallet_missing`, `wallet_locked`. */
export async function openSecret(): Promise<Secret> {
  const stored = await existingVault()
  const key = await unlockedKey.getValue()
  if (!key) throw new TuppenceError('wallet_locked')
  const secret = await decryptWithKey(await importKey(key), JSON.parse(stored.encrypted) as EncryptionResult)
  return secretSchema.parse(secret)
}

async function existingVault(): Promise<StoredVault> {
  const stored = await storedVault.getValue()
  if (!stored) throw new TuppenceError('wallet_missing')
  return stored
}
