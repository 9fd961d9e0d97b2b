import { z } from 'zod'
import type { Family } from '@/lib/money/networks'

/* What is in a vault. */

const accountSchema = z.strictObject({
  family: z.enum(['evm', 'svm']),
  address: z.string(),
  name: z.string(),
  origin: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('words'), index: z.int().min(0) }),
    z.strictObject({ kind: z.literal('imported') }),
    z.strictObject({ kind: z.literal('site'), site: z.string(), index: z.int().min(0) }),
  ]),
})

/** One of the wallet's accounts, without its key. */
export interface Account {
  readonly family: Family
  readonly address: string
  readonly name: string
  /** Where its key comes from: the words, at a place on one of their paths, or brought by the user. */
  readonly origin:
    | { readonly kind: 'words'; readonly index: number }
    | { readonly kind: 'imported' }
    /** It pays this one site (an origin) and no other. */
    | { readonly kind: 'site'; readonly site: string; readonly index: number }
}

/** The key that signs requests for sites that bill later, without that key. */
const signatureAgentSchema = z.strictObject({
  /** Ed25519, in base64url: a key's `x` in the published directory. */
  publicKey: z.string().regex(/^[\w-]{43}$/),
  /** The origin under which its owner publishes it; null while there is none. */
  address: z.string().nullable(),
  /** When it was found to be published there, in Unix milliseconds; null: not yet. */
  checkedAt: z.number().nullable(),
})
export type StoredAgent = z.output<typeof signatureAgentSchema>

/** What can be read on the outside of a vault, locked or not. Nothing of it is secret. */
export interface Label {
  readonly accounts: readonly Account[]
  /** The account that pays, by family. */
  readonly active: { readonly evm?: string | undefined; readonly svm?: string | undefined }
  /** Whether the owner has shown to have the words, or brought them. */
  readonly backedUp: boolean
  /** Whether each site is paid from an account of its own. */
  readonly separate: boolean
  /** Missing while there is none. */
  readonly signatureAgent?: StoredAgent | undefined
}

export const labelSchema = z.strictObject({
  accounts: z.array(accountSchema).min(1),
  active: z.strictObject({ evm: z.string().optional(), svm: z.string().optional() }),
  backedUp: z.boolean(),
  separate: z.boolean(),
  signatureAgent: signatureAgentSchema.optional(),
}) satisfies z.ZodType<Label>

const key = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])

/**
 * What is encrypted: the words, if there are any, the key of every account by its address, and the label once more. The one
 * outside holds only as long as both are the same: nobody can put an address of his own on it.
 */
export const openedSchema = z.strictObject({
  words: z.string().nullable(),
  keys: z.record(z.string(), key),
  /** The signature agent's. Missing while there is none. */
  agentKey: key.optional(),
  label: labelSchema,
})

/** A vault that was opened. It never leaves `lib/wallet`. */
export type Opened = Readonly<Omit<z.output<typeof openedSchema>, 'label'>> & { readonly label: Label }

/** Whether two labels say the same. The browser's storage does not keep the order in which things were written. */
export const isSameLabel = (one: unknown, other: unknown): boolean => {
  const [a, b] = [labelSchema.safeParse(one), labelSchema.safeParse(other)]
  return a.success && b.success && JSON.stringify(a.data) === JSON.stringify(b.data)
}
