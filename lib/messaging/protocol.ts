import { z } from 'zod'
import { generalRulesSchema, origin, rulesSchema, siteRuleSchema } from '@/lib/policy/rules'
import {
  approvalSchema,
  balanceSchema,
  gaugeSchema,
  networkSchema,
  paymentSchema,
  tabSchema,
  walletSchema,
} from './schema'

const nothing = z.undefined()
const done = z.void()
const password = z.string().min(1).max(1024)

/**
 * Every message a screen can send to the background: what goes in, what comes back. Only the extension's own pages may
 * send them (`messaging.ts` checks the sender); what pages of the web may say is in `lib/page`.
 */
export const protocol = {
  'wallet.get': { input: nothing, output: walletSchema },
  /** Makes a wallet and gives its twelve words, once. */
  'wallet.create': { input: z.object({ password }), output: z.object({ words: z.string() }) },
  /** Takes a recovery phrase or a private key. */
  'wallet.import': { input: z.object({ password, secret: z.string().min(1).max(4096) }), output: done },
  'wallet.unlock': { input: z.object({ password }), output: done },
  'wallet.lock': { input: nothing, output: done },
  'wallet.balances': { input: z.object({ fresh: z.boolean() }), output: z.array(balanceSchema) },
  'rules.get': { input: nothing, output: rulesSchema },
  /** Changes what holds everywhere. */
  'rules.set': { input: generalRulesSchema, output: done },
  /** Gives one site a rule of its own, or (null) takes it away. */
  'rules.setSite': { input: z.object({ site: origin, rule: siteRuleSchema.nullable() }), output: done },
  'networks.get': { input: nothing, output: z.array(networkSchema) },
  /** Sets or clears (null) the address that answers questions about a network's chain. */
  'networks.set': { input: networkSchema, output: done },
  /** The latest payments, newest first; with `after`, those that follow that one in this order. */
  'payments.list': {
    input: z.object({
      limit: z.int().min(1).max(200),
      after: z.object({ createdAt: z.number(), id: z.string() }).optional(),
    }),
    output: z.array(paymentSchema),
  },
  /** All of today's payments against the day limit, in the kind of money that was used last. */
  'spending.today': { input: nothing, output: gaugeSchema },
  'approvals.list': { input: nothing, output: z.array(approvalSchema) },
  'approvals.answer': {
    input: z.object({
      id: z.string(),
      answer: z.enum(['pay', 'decline']),
      /** Also pay this site up to this price without asking from now on. */
      remember: z.boolean(),
    }),
    output: done,
  },
  'tab.get': { input: z.object({ tabId: z.int() }), output: tabSchema },
} as const

export type Protocol = typeof protocol
export type MessageName = keyof Protocol
/** As the caller has it: amounts are bigints. */
export type MessageInput<Name extends MessageName> = z.output<Protocol[Name]['input']>
export type MessageOutput<Name extends MessageName> = z.output<Protocol[Name]['output']>
