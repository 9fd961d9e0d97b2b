import { z } from 'zod'
import { PAYMENT_STATES } from '@/lib/ledger/states'
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

export const walletSchema = z.object({
  state: z.enum(['missing', 'locked', 'unlocked']),
  /** The account that pays. */
  address: z.string().nullable(),
})
export type WalletView = z.output<typeof walletSchema>

export const balanceSchema = z.object({
  network: z.string(),
  asset: z.string(),
  /** Atomic units; null when it is unknown. */
  units: unitsCodec.nullable(),
  /** Why it is unknown, or when it was read (Unix milliseconds). */
  status: z.enum(['known', 'no_rpc', 'unreachable']),
  readAt: z.number().nullable(),
})
export type BalanceView = z.output<typeof balanceSchema>

/** How a site's report of a payment may differ from what the chain shows. */
const DISAGREEMENTS = ['said_unpaid', 'other_transaction', 'said_paid'] as const
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
  /** Where the site says one thing and the chain shows another. */
  disagreement: z.enum(DISAGREEMENTS).nullable(),
})
export type PaymentView = z.output<typeof paymentSchema>

export const approvalSchema = z.object({
  id: z.string(),
  via: z.enum(['navigation', 'fetch']),
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
  payTo: z.string(),
  reasons: z.array(reasonSchema),
  createdAt: z.number(),
  expiresAt: z.number(),
  /** All of today's payments against the day limit. */
  today: gaugeSchema,
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
