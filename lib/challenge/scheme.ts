import type { Asset } from '@/lib/money/assets'
import type { OfferProblem } from './challenge'

/** One entry of `accepts` whose shape was checked (x402, PaymentRequirements), or what another dialect says in its place. */
export interface AcceptsEntry {
  readonly scheme: string
  /** CAIP-2. */
  readonly network: string
  /** Atomic units. */
  readonly amount: string
  readonly asset: string
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly extra?: Readonly<Record<string, unknown>> | null | undefined
}

/** Who can sign: the spending wallet, or MetaMask. */
export type SignerKind = 'vault' | 'metamask'

/** What rules and a rail need to know of an offer beyond its price. Each rail adds what is its own. */
export interface Terms {
  /** The rail that pays it. */
  readonly rail: string
  readonly signers: readonly SignerKind[]
  /** Whether a server of the user's has to be asked before it can be signed. */
  readonly asksChain: boolean
  /** Whether the price is the most that can be taken, and what is taken shows only afterwards. */
  readonly upTo?: true
  /** Somebody besides the payee who takes part, and cannot be the payer: who pays the network's fee on Solana. */
  readonly feePayer?: string
  /** Where it is paid from a prepaid tab. */
  readonly tab?: Tab
}

/** The conditions of a prepaid tab at a site. */
export interface Tab {
  /** Who says for the site what it claims of the tab, and what it gives back; in lower case. */
  readonly receiverAuthorizer: string
  /** How many seconds after one has asked for it the rest comes back without the site's help. */
  readonly withdrawDelay: number
  /** What a new tab starts with, in units. */
  readonly deposit: bigint
  /** What the site says that it has charged of a tab in all, where it says so to set us right; null otherwise. */
  readonly count: { readonly channel: string; readonly charged: bigint } | null
}

/** How a rail reads the offers that it pays. */
export interface Scheme {
  /** As offers name it. */
  readonly scheme: string
  /**
   * The terms of an offer for a pinned token; a problem when the offer is this rail's and cannot be paid; null when it is another
   * rail's. What all offers have in common (amount, payee, time limit) is looked at elsewhere. Pure, never throws.
   */
  read(entry: AcceptsEntry, asset: Asset): Terms | OfferProblem | null
}
