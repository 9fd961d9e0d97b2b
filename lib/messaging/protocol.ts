import { z } from 'zod'
import { unitsCodec, usdCodec } from '@/lib/money/codec'
import { generalRulesSchema, rulesSchema, siteKey, siteRuleSchema } from '@/lib/policy/rules'
import {
  AUTO_LOCKS,
  approvalSchema,
  balanceSchema,
  directoryFindingSchema,
  evidenceSchema,
  hostingSchema,
  metaMaskSchema,
  networkSchema,
  openingSchema,
  partSchema,
  paymentSchema,
  prepaidTabSchema,
  signatureAgentSchema,
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
/** A prepaid tab, by its channel. */
const channel = z.object({ id: z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)]) })
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
  /** Null while there is none. */
  'signatureAgent.get': { input: nothing, output: signatureAgentSchema.nullable() },
  /** Makes a key, in place of the one there may be. */
  'signatureAgent.create': { input: nothing, output: done },
  'signatureAgent.remove': { input: nothing, output: done },
  /** Says where the key is going to be published. */
  'signatureAgent.setAddress': { input: z.object({ address: z.string().max(512) }), output: done },
  'signatureAgent.hosting': { input: nothing, output: hostingSchema },
  /** Looks whether the key is published there. */
  'signatureAgent.check': { input: nothing, output: directoryFindingSchema },
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
  /** What the site has signed of a payment; null for one that is not in the books. */
  'payments.evidence': { input: z.object({ id: z.string() }), output: evidenceSchema.nullable() },
  /** Asks the chain about every payment whose outcome is open. Resolves when it was asked. */
  'payments.check': { input: nothing, output: done },
  /** Notes whether a payment that is billed later, and whose outcome is open, is on the bill. */
  'payments.readBill': { input: z.object({ id: z.string(), charged: z.boolean() }), output: done },
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
  /** What was opened free, since it was bought before: the latest, newest first. */
  'openings.list': { input: z.object({ limit: z.int().min(1).max(1000) }), output: z.array(openingSchema) },
  /** Prepaid tabs, newest first. */
  'tabs.list': { input: nothing, output: z.array(prepaidTabSchema) },
  /** Asks a tab's site for what is left in it. Nothing is paid from it after that. Resolves once the site has answered. */
  'tabs.refund': {
    input: channel,
    output: done,
  },
  /** Has the account ask a tab's contract for the rest, or take it once the delay is over. Resolves once that is sent. */
  'tabs.withdraw': { input: channel.extend({ mostFee: unitsCodec }), output: done },
  /** What that costs at most, in the smallest units of the network's coin. */
  'tabs.withdrawalFee': { input: channel, output: z.object({ fee: unitsCodec }) },
  /** How many payments are not finished yet. */
  'payments.unfinished': { input: nothing, output: z.int() },
  /** What was spent against the limits of everywhere, in the kind of money that was used last. */
  'spending.get': { input: nothing, output: spendingSchema },
  /** What is wrong with the books or the rules; empty when all is well. */
  'health.get': { input: nothing, output: z.array(troubleSchema) },
  /** Does what can be done about one of them. */
  'health.mend': { input: z.object({ trouble: troubleSchema }), output: done },
  'approvals.list': { input: nothing, output: z.array(approvalSchema) },
  /** Asks about another of the site's offers in place of the one that was put. */
  'approvals.choose': { input: z.object({ id: z.string(), offer: z.int().nonnegative() }), output: done },
  'approvals.answer': {
    input: z.object({
      id: z.string(),
      /** `sign_in`: what was bought before is opened again. */
      answer: z.enum(['pay', 'decline', 'sign_in']),
      /** Also pay this site up to this price without asking from now on. */
      remember: z.boolean(),
      /** Which of the site's offers the person saw. */
      offer: z.int().nonnegative(),
    }),
    output: done,
  },
  'tab.get': { input: z.object({ tabId: z.int() }), output: tabSchema },
  /** The images and frames of a tab's page that were answered 402, and the media that did not load. */
  'parts.list': { input: z.object({ tabId: z.int() }), output: z.array(partSchema) },
  /** Has the page ask for one of them once more, to see what it costs; a price that cannot be read is null. */
  'parts.price': {
    input: z.object({ tabId: z.int(), part: partSchema }),
    output: z.object({ price: usdCodec.nullable() }),
  },
  /**
   * Pays for one of them within the rules and for no more than the price that was shown, or asks: then `waits` is true. The page
   * loads it again once it is paid.
   */
  'parts.pay': {
    input: z.object({ tabId: z.int(), part: partSchema, most: usdCodec }),
    output: z.object({ waits: z.boolean() }),
  },
} as const

export type Protocol = typeof protocol
export type MessageName = keyof Protocol
/** As the caller has it: amounts are bigints. */
export type MessageInput<Name extends MessageName> = z.output<Protocol[Name]['input']>
export type MessageOutput<Name extends MessageName> = z.output<Protocol[Name]['output']>
