import { z } from 'zod'
import { WORTHS } from '@/lib/challenge/worth'
import { ERROR_CODES } from '@/lib/errors'
import { CHANNEL_STATES } from '@/lib/ledger/channel'
import { PAYMENT_STATES } from '@/lib/ledger/states'
import { TRANSFER_KINDS, TRANSFER_STATES } from '@/lib/ledger/transfer'
import { unitsCodec, usdCodec } from '@/lib/money/codec'
import { ASK_REASONS, REFUSE_REASONS } from '@/lib/policy/reasons'
import { siteRuleSchema } from '@/lib/policy/rules'

/* What crosses between the background and the screens: plain views, made for showing. */

const reasonSchema = z.object({
  code: z.enum([...ASK_REASONS, ...REFUSE_REASONS]),
  values: z.record(z.string(), z.string()),
})

/** A spending so far, and the most it may become, in real or in test money. */
export const gaugeSchema = z.object({ spent: usdCodec, cap: usdCodec, realm: z.enum(['main', 'test']) })
export type Gauge = z.output<typeof gaugeSchema>

/** The same for every window. A limit that is null was not set. */
const loose = gaugeSchema.extend({ cap: usdCodec.nullable() })
export const spendingSchema = z.object({ day: gaugeSchema, week: loose, month: loose })
export type SpendingView = z.output<typeof spendingSchema>

/** When the wallet locks itself after its owner was last there; `browser`: when the browser closes. */
export const AUTO_LOCKS = ['5min', '15min', '1h', '4h', 'browser'] as const
export type AutoLock = (typeof AUTO_LOCKS)[number]

const accountSchema = z.object({
  family: z.enum(['evm', 'svm']),
  address: z.string(),
  name: z.string(),
  /** From the wallet's words, or brought as a key of its own. */
  origin: z.enum(['words', 'imported']),
  /** Pays on the networks of its family. */
  active: z.boolean(),
})
export type AccountView = z.output<typeof accountSchema>

export const walletSchema = z.object({
  state: z.enum(['missing', 'locked', 'unlocked']),
  /** The account that pays on EVM networks. */
  address: z.string().nullable(),
  /** Oldest first. */
  accounts: z.array(accountSchema),
  /** Whether the words are known to be written down. */
  backedUp: z.boolean(),
  /** Whether each site is paid from an account of its own. */
  separate: z.boolean(),
  /** Those accounts, oldest first. */
  sites: z.array(z.object({ site: z.string(), family: z.enum(['evm', 'svm']), address: z.string() })),
  autoLock: z.enum(AUTO_LOCKS),
  /** When a password is looked at again after too many wrong ones (Unix milliseconds); null: at once. */
  waitUntil: z.number().nullable(),
})
export type WalletView = z.output<typeof walletSchema>

export const metaMaskSchema = z.object({
  /** Which extension is taken for MetaMask. */
  extensionId: z.string(),
  /** The account that was connected. */
  account: z.string().nullable(),
  /** Whether it pays on EVM networks. */
  pays: z.boolean(),
})
export type MetaMaskView = z.output<typeof metaMaskSchema>

export const signatureAgentSchema = z.object({
  /** The key's name where it is published. */
  keyId: z.string(),
  /** Where its owner publishes it; null while that was not said. */
  address: z.string().nullable(),
  /** When it was found there (Unix milliseconds); null: not yet, and nothing is signed with it. */
  checkedAt: z.number().nullable(),
})
export type SignatureAgentView = z.output<typeof signatureAgentSchema>

/** The file that has to be published, where, and the headers to send with it. */
export const hostingSchema = z.object({
  url: z.string(),
  file: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
})
export type Hosting = z.output<typeof hostingSchema>

/** What is wrong with how a signature agent's key is published: the first thing that is. */
export const DIRECTORY_PROBLEMS = [
  'not_reached',
  'wrong_status',
  'wrong_type',
  'not_a_directory',
  'key_missing',
  'key_not_valid',
] as const
export type DirectoryProblem = (typeof DIRECTORY_PROBLEMS)[number]

export const directoryFindingSchema = z.object({
  problem: z.enum(DIRECTORY_PROBLEMS).nullable(),
  /** Whether the answer proves to be the key's owner's. Cloudflare wants that when the address is registered. */
  signed: z.boolean(),
})
export type DirectoryFinding = z.output<typeof directoryFindingSchema>

export const balanceSchema = z.object({
  network: z.string(),
  asset: z.string(),
  /** Atomic units; null when it is unknown. */
  units: unitsCodec.nullable(),
  /** Why it is unknown, or when it was read (Unix milliseconds). */
  status: z.enum(['known', 'no_rpc', 'unreachable']),
  readAt: z.number().nullable(),
  /** Units that open payments and withdrawals may still take. */
  held: unitsCodec,
})
export type BalanceView = z.output<typeof balanceSchema>

/** The user's own transfer between the spending wallet and an account elsewhere. */
export const transferSchema = z.object({
  id: z.string(),
  kind: z.enum(TRANSFER_KINDS),
  state: z.enum(TRANSFER_STATES),
  network: z.string(),
  asset: z.string(),
  units: unitsCodec,
  from: z.string(),
  to: z.string(),
  createdAt: z.number(),
  history: z.array(z.object({ state: z.enum(TRANSFER_STATES), at: z.number() })),
  nonce: z.string().nullable(),
  /** Unix seconds after which the signature is worthless. */
  validBefore: z.number().nullable(),
  /** Whether the signed bytes are at hand: without them it can only be waited for. */
  signed: z.boolean(),
  /** As MetaMask names it (proved on chain once the state is `settled`). */
  transaction: z.string().nullable(),
  /** What the network took for it, in the smallest units of its coin; null while it is not known. */
  fee: unitsCodec.nullable(),
})
export type TransferView = z.output<typeof transferSchema>

/** Something that was opened free, since it was bought before. */
export const openingSchema = z.object({
  id: z.string(),
  createdAt: z.number(),
  site: z.string(),
  page: z.string(),
  url: z.string(),
  method: z.string(),
  description: z.string().nullable(),
  address: z.string(),
})

/** A prepaid tab at a site. Amounts are in units. */
export const prepaidTabSchema = z.object({
  id: z.string(),
  site: z.string(),
  state: z.enum(CHANNEL_STATES),
  network: z.string(),
  asset: z.string(),
  from: z.string(),
  deposit: unitsCodec,
  used: unitsCodec,
  left: unitsCodec,
  /** What the chain shows to have come back. */
  returned: unitsCodec,
  /** The site has claimed more than was signed. */
  disputed: z.boolean(),
  /** A payment from it is under way. */
  busy: z.boolean(),
  /** How many seconds after one has asked the contract for it the rest comes back. */
  withdrawDelay: z.number(),
  createdAt: z.number(),
  history: z.array(z.object({ state: z.enum(CHANNEL_STATES), at: z.number() })),
  /** The transaction in which the site says that it gave the rest back. */
  refund: z.string().nullable(),
  /** From when on the contract gives the rest back (Unix milliseconds); null while it is not asked. */
  readyAt: z.number().nullable(),
  /** When the account last sent a transaction for it (Unix milliseconds), while the chain has not shown it. */
  sentAt: z.number().nullable(),
})
export type PrepaidTabView = z.output<typeof prepaidTabSchema>

/** How a site's report of a payment may differ from what the chain shows. */
const DISAGREEMENTS = ['said_unpaid', 'other_transaction', 'other_amount', 'said_paid', 'charged_more'] as const
export type Disagreement = (typeof DISAGREEMENTS)[number]

export const paymentSchema = z.object({
  id: z.string(),
  state: z.enum(PAYMENT_STATES),
  site: z.string(),
  /** The origin of the page that asked, when it is another site's. */
  page: z.string(),
  url: z.string(),
  method: z.string(),
  /** The merchant's words. */
  description: z.string().nullable(),
  /** The page's words. */
  reason: z.string().nullable(),
  network: z.string(),
  asset: z.string(),
  units: unitsCodec,
  price: usdCodec,
  /** Whether units and price are the most that can be taken. */
  upTo: z.boolean(),
  /** What of it was taken, once the chain shows it. */
  charged: z.object({ units: unitsCodec, price: usdCodec }).nullable(),
  /** The same in units, as the site reports it. */
  reported: unitsCodec.nullable(),
  payTo: z.string(),
  from: z.string(),
  decidedBy: z.enum(['rules', 'user']),
  /** The agent that asked, by its id. */
  agent: z.string().nullable(),
  createdAt: z.number(),
  history: z.array(z.object({ state: z.enum(PAYMENT_STATES), at: z.number() })),
  nonce: z.string().nullable(),
  /** Unix seconds after which the signature is worthless. */
  validBefore: z.number().nullable(),
  /** The answer's HTTP status; 0 when the connection failed, null while there is none. */
  answerStatus: z.number().nullable(),
  /** The transaction, as the site reports it (proved on chain once the state is `settled`). */
  transaction: z.string().nullable(),
  /** What the site says went wrong. */
  errorReason: z.string().nullable(),
  /** Its part in a prepaid tab: it opened one with a deposit, or was paid from one. Null for all others. */
  tab: z.object({ does: z.enum(['open', 'spend']), units: unitsCodec }).nullable(),
  /** Where the site says one thing and the chain shows another. */
  disagreement: z.enum(DISAGREEMENTS).nullable(),
  /** Whether the site has signed anything of it. */
  signed: z.boolean(),
})
export type PaymentView = z.output<typeof paymentSchema>

/** What a site has signed of a payment: as it came, and what that is worth. */
const signedSchema = z.object({ worth: z.enum(WORTHS), signed: z.unknown() })
export const evidenceSchema = z.object({ offer: signedSchema.nullable(), receipt: signedSchema.nullable() })
export type Evidence = z.output<typeof evidenceSchema>

export const approvalSchema = z.object({
  id: z.string(),
  via: z.enum(['navigation', 'fetch', 'part']),
  site: z.string(),
  page: z.string(),
  url: z.string(),
  method: z.string(),
  description: z.string().nullable(),
  reason: z.string().nullable(),
  network: z.string(),
  asset: z.string(),
  units: unitsCodec,
  price: usdCodec,
  /** Whether units and price are the most that can be taken. */
  upTo: z.boolean(),
  payTo: z.string(),
  /** Which of the site's offers that is, and what it would take instead. */
  offer: z.number(),
  others: z.array(
    z.object({
      offer: z.number(),
      network: z.string(),
      asset: z.string(),
      units: unitsCodec,
      price: usdCodec,
      upTo: z.boolean(),
    }),
  ),
  reasons: z.array(reasonSchema),
  /** Who signs if it is paid, with which account. */
  signer: z.enum(['vault', 'metamask']),
  from: z.string().nullable(),
  /** Why it could not be paid when it was last tried. */
  trouble: z.object({ code: z.enum(ERROR_CODES), values: z.record(z.string(), z.string()) }).nullable(),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** The deposit with which it opens a prepaid tab; null where it opens none. */
  deposit: z.object({ units: unitsCodec, price: usdCodec }).nullable(),
  /** All of today's payments against the day limit. */
  today: gaugeSchema,
  /** Units that would be left in the account that pays; null when it is not known. */
  left: unitsCodec.nullable(),
})
export type ApprovalView = z.output<typeof approvalSchema>

export const tabSchema = z.object({
  /** The site's origin; null for pages that cannot be paid (the browser's own, files). */
  site: z.string().nullable(),
  /** What Tuppence knows of this tab's page. */
  state: z.enum(['free', 'waiting', 'paid', 'not_paid']),
  /** Why it was not paid. */
  reasons: z.array(reasonSchema),
  price: usdCodec.nullable(),
  payment: paymentSchema.nullable(),
  rule: siteRuleSchema.nullable(),
  /** Null where `site` is. */
  siteToday: gaugeSchema.nullable(),
  today: gaugeSchema,
})
export type TabView = z.output<typeof tabSchema>

/** A part of a page that is missing because it was not paid for, as far as the browser tells. */
export const partSchema = z.object({ kind: z.enum(['image', 'media', 'frame']), url: z.url().max(8 * 1024) })
export type PartView = z.output<typeof partSchema>

/** What can be wrong with the books or the rules. */
export const TROUBLES = [
  'ledger_newer',
  'ledger_unreadable',
  'ledger_full',
  'ledger_lost',
  'ledger_unsound',
  'clock_ahead',
  'rules_newer',
  'rules_unreadable',
] as const
export type Trouble = (typeof TROUBLES)[number]
export const troubleSchema = z.enum(TROUBLES)

export const networkSchema = z.object({ id: z.string(), rpcUrl: z.string().nullable() })
export type NetworkView = z.output<typeof networkSchema>
