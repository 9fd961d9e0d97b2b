import { z } from 'zod'
import { unitsCodec } from '@/lib/money/codec'
import { generalRulesSchema, rulesSchema, siteKey, siteRuleSchema } from '@/lib/policy/rules'
import {
  AUTO_LOCKS,
  approvalSchema,
  balanceSchema,
  metaMaskSchema,
  networkSchema,
  paymentSchema,
  spendingSchema,
  tabSchema,
  transferSchema,
  troubleSchema,
  walletSchema,
} from './schema'

const nothing = z.undefined()
const done = z.void()
const password = z.string().min(1).max(1024)
/** So many units of a pinned token. */
const amount = z.object({ network: z.string(), asset: z.string(), units: unitsCodec })
const account = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{40}$/)])
/** A recovery phrase or private key. */
const secret = z.string().min(1).max(4096)
const address = z.string().max(64)
const origin = z
  .url()
  .max(512)
  .refine((text) => new URL(text).origin === text)

/**
 * Every message a screen can send to the background: what goes in, what comes back. Only the extension's own pages may
 * send them (`messaging.ts` checks the sender); what pages of the web may say is in `lib/page`.
 */
export const protocol = {
  'wallet.get': { input: nothing, output: walletSchema },
  /** Makes a wallet and gives its twelve words. */
  'wallet.create': { input: z.object({ password }), output: z.object({ words: z.string() }) },
  /** Takes a recovery phrase or a private key. */
  'wallet.import': { input: z.object({ password, secret }), output: done },
  'wallet.unlock': { input: z.object({ password }), output: done },
  'wallet.lock': { input: nothing, output: done },
  /** What the paying accounts own, or those that one site has to itself; on every network or on one. */
  'wallet.balances': {
    input: z.object({ fresh: z.boolean(), network: z.string().optional(), site: origin.optional() }),
    output: z.array(balanceSchema),
  },
  /** Whether each site is paid from an account of its own. */
  'wallet.setSeparate': { input: z.object({ separate: z.boolean() }), output: done },
  /** Makes the accounts that pay one site, unless there are some. */
  'wallet.addSite': { input: z.object({ site: origin }), output: done },
  'metamask.get': { input: nothing, output: metaMaskSchema },
  /** Has the person choose an account in MetaMask's window. */
  'metamask.connect': { input: nothing, output: done },
  /** Forgets that account. */
  'metamask.disconnect': { input: nothing, output: done },
  /** Whether that account pays on EVM networks, in place of the wallet's own. */
  'metamask.setPays': { input: z.object({ pays: z.boolean() }), output: done },
  /** Speaks to another build of MetaMask, or (null) to the browser store's. */
  'metamask.setExtensionId': { input: z.object({ extensionId: z.string().max(200).nullable() }), output: done },
  /** Notes that the words are written down, by three of them and their places from 0. */
  'wallet.confirmBackup': {
    input: z.object({
      words: z.array(z.object({ index: z.int().min(0).max(23), word: z.string().max(32) })).length(3),
    }),
    output: done,
  },
  'wallet.showWords': { input: z.object({ password }), output: z.object({ words: z.string() }) },
  'wallet.showKey': { input: z.object({ address, password }), output: z.object({ key: z.string() }) },
  'wallet.changePassword': { input: z.object({ password, next: password }), output: done },
  'wallet.setAutoLock': { input: z.object({ autoLock: z.enum(AUTO_LOCKS) }), output: done },
  /** Adds the next account that the words give. */
  'wallet.addAccount': { input: z.object({ family: z.enum(['evm', 'svm']) }), output: done },
  'wallet.importAccount': { input: z.object({ secret }), output: done },
  'wallet.renameAccount': { input: z.object({ address, name: z.string().max(128) }), output: done },
  /** The password is needed where the key would be lost with the account. */
  'wallet.removeAccount': { input: z.object({ address, password: password.nullable() }), output: done },
  /** Lets an account pay on the networks of its family. */
  'wallet.chooseAccount': { input: z.object({ address }), output: done },
  /** Deletes everything that Tuppence keeps and starts it anew, for whoever has the wallet's words or key. */
  'wallet.erase': { input: z.object({ secret }), output: done },
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
  /** Sets or clears (null) the address that answers questions about a network's chain, and says whether it answered now. */
  'networks.set': { input: networkSchema, output: z.object({ answered: z.boolean() }) },
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
  /** Moves money from MetaMask's account into the wallet. Resolves once MetaMask has sent it. */
  'topUp.start': { input: amount, output: z.object({ id: z.string() }) },
  /** What handing in a withdrawal would cost now, in the smallest units of the network's coin; null when nobody can say. */
  'withdrawal.fee': {
    input: amount.extend({ from: account, to: account }),
    output: z.object({ fee: unitsCodec.nullable() }),
  },
  /** Signs a withdrawal that a person has confirmed. Its units are held from then on; nothing has moved yet. */
  'withdrawal.sign': { input: amount.extend({ from: account, to: account }), output: z.object({ id: z.string() }) },
  /** Has MetaMask hand in a signed withdrawal, as often as it takes. Resolves once MetaMask has sent it. */
  'withdrawal.handIn': { input: z.object({ id: z.string() }), output: done },
  /** The latest top-ups and withdrawals, newest first. */
  'transfers.list': { input: z.object({ limit: z.int().min(1).max(1000) }), output: z.array(transferSchema) },
  /** How many payments are not finished yet. */
  'payments.unfinished': { input: nothing, output: z.int() },
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
