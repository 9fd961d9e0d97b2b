import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import type { Account, Label, Opened } from './content'
import { addressOf, deriveKey, type Key, seedOf } from './secret'

/* Version 1 of the vault had one account, on EVM networks. */

const storedV1 = z.strictObject({ address: z.string(), encrypted: z.string() })

const contentV1 = z.object({
  key: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]),
  words: z.string().nullable(),
})

/**
 * What rests on disk, from version 1. What is encrypted can be brought up to date only when it is opened, and only then it is
 * known where the account comes from; until then it counts as one that could not be had again. What is not in version 1's
 * shape is left as it is.
 */
export function storedToV2(stored: unknown): unknown {
  const old = storedV1.safeParse(stored)
  if (!old.success) return stored
  const { address, encrypted } = old.data
  const account: Account = { family: 'evm', address, name: 'Account 1', origin: { kind: 'imported' } }
  return { accounts: [account], active: { evm: address }, backedUp: true, separate: false, encrypted }
}

/**
 * What was encrypted by version 1, as this version has it: with an account of each family where there are words. Null for
 * what is not in version 1's shape. Throws `vault_damaged` when it is not what `label` says.
 */
export async function openedFromV1(content: unknown, { accounts }: Label): Promise<Opened | null> {
  const old = contentV1.safeParse(content)
  if (!old.success) return null
  const { words } = old.data
  const evm: Key = { family: 'evm', key: old.data.key }
  const [account] = accounts
  if (accounts.length !== 1 || account?.address !== addressOf(evm)) throw new TuppenceError('vault_damaged')
  const keys = { [account.address]: evm.key }
  const label: Label = { accounts, active: { evm: account.address }, backedUp: true, separate: false }
  if (words === null) return { label, words, keys }
  const svm = deriveKey(await seedOf(words), 'svm', 0)
  const origin = { kind: 'words', index: 0 } as const
  return {
    words,
    keys: { ...keys, [addressOf(svm)]: svm.key },
    label: {
      accounts: [
        { ...account, origin },
        { family: 'svm', address: addressOf(svm), name: 'Solana 1', origin },
      ],
      active: { evm: account.address, svm: addressOf(svm) },
      // They were shown; whether they were written down, nobody asked.
      backedUp: false,
      separate: false,
    },
  }
}
