import { z } from 'zod'
import { generalRulesSchema, rulesSchema, siteKey, siteRuleSchema } from '@/lib/policy/rules'
import {
  approvalSchema,
  balanceSchema,
  networkSchema,
  paymentSchema,
  spendingSchema,
  tabSchema,
  troubleSchema,
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
  /** Gives one site (an origin or a domain) a rule of its own, or (null) takes it away. */
  'rules.setSite': { input: z.object({ site: siteKey, rule: siteRuleSchema.nullable() }), output: done },
  /** All rules as the text of a file to keep. */
  'rules.backup': { input: nothing, output: z.object({ text: z.string() }) },
  /** Puts the rules of such a file in place of all there are. */
  'rules.restore': { input: z.object({ text: z.string().max(4_000_000) }), output: done },
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
  /** Asks the chain about every payment whose outcome is open. Resolves when it was asked. */
  'payments.check': { input: nothing, output: done },
  /** What was spent against the limits of everywhere, in the kind of money that was used last. */
  'spending.get': { input: nothing, output: spendingSchema },
  /** What is wrong with the books or the rules; empty when all is well. */
  'health.get': { input: nothing, output: z.array(troubleSchema) },
  /** Does what can be done about one of them. */
  'health.mend': { input: z.object({ trouble: troubleSchema }), output: done },
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
