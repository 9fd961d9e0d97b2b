import type { Credential } from '@/lib/challenge/credential'
import type { Intent, RequestKey } from '@/lib/challenge/intent'
import type { Signed } from '@/lib/challenge/offer-receipt'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { NetworkId } from '@/lib/money/networks'
import type { Usd } from '@/lib/money/usd'
import type { Scope } from '@/lib/policy/limits'
import type { Day } from '@/lib/policy/tally'
import type { Channel } from './channel'
import type { PaymentState } from './states'

interface AuthorizationBasics {
  /** 32 bytes in hex, never the same twice. On Solana the hash of the message, which is all that tells one payment from another. */
  readonly nonce: `0x${string}`
  /** Unix seconds. On Solana, whose transactions end at a block and not at a time, when they are over at the latest by all experience. */
  readonly validBefore: number
  /** The hash of what is signed: EIP-712's, or on Solana the message's SHA-256. */
  readonly digest: `0x${string}`
}

export interface EvmAuthorization extends AuthorizationBasics {
  /** Which contract keeps the nonce, and so where its use can be looked up. With `upto`, less than the price may be taken. */
  readonly method: 'eip3009' | 'permit2' | 'upto'
}

export interface SolanaAuthorization extends AuthorizationBasics {
  readonly method: 'solana'
  /** The height of the last block that can hold the transaction. */
  readonly lastBlockHeight: number
  /** A slot from before the signature: the transaction is in no earlier one. */
  readonly slot: number
}

/** A request that was signed: it is billed later, and no chain knows of it. Its nonce has 64 bytes. */
export interface RequestAuthorization extends AuthorizationBasics {
  readonly method: 'http-signature'
}

/** A voucher for a prepaid tab. It does not run out: `validBefore` is until when its bytes are sent. */
export interface VoucherAuthorization extends AuthorizationBasics {
  readonly method: 'voucher'
}

/** What a signature will say, known before it is made. */
export type Authorization = EvmAuthorization | SolanaAuthorization | VoucherAuthorization | RequestAuthorization

/** A payment's part in a prepaid tab. */
export interface TabPart {
  /** The tab's channel, by its id. */
  readonly channel: Channel['id']
  /** It opens the tab, and its price is the deposit; or it is paid from the tab, and nothing leaves the wallet for it. */
  readonly does: 'open' | 'spend'
  /** What the purchase itself costs, in units. */
  readonly units: bigint
  /** What its voucher lets the site claim of the tab in all. */
  readonly ceiling: bigint
}

/** A signed allowance for Permit2 (EIP-2612), exactly of a payment's units. By itself it moves nothing. */
export interface Allowance {
  readonly digest: `0x${string}`
  /** The token's own count of its owner's allowances. */
  readonly nonce: bigint
  /** Unix seconds. */
  readonly deadline: number
}

/** What is known of a payment before it is reserved. */
export interface Draft {
  readonly request: RequestKey
  readonly intent: Intent
  readonly site: string
  readonly page: string
  readonly url: string
  readonly method: string
  readonly description: string | null
  readonly reason: string | null
  /** The dialect that asked for it, and the rail that paid it, by their ids. */
  readonly dialect: string
  readonly rail: string
  readonly network: NetworkId
  /** The token's contract, in lower case. */
  readonly asset: string
  /** What is paid, or where that is known only afterwards, the most that can be. */
  readonly units: bigint
  readonly price: Usd
  readonly payTo: string
  readonly from: string
  readonly decidedBy: 'rules' | 'user'
  /** The agent that asked, by its id; null when none did. */
  readonly agent: string | null
  /** The offer, where the site has signed it. */
  readonly signedOffer?: Signed
}

/** One row of the ledger: one purchase, and the only signature ever made for it. */
export interface Payment extends Draft {
  readonly id: string
  readonly createdAt: number
  readonly state: PaymentState
  readonly tab?: TabPart
  readonly history: readonly { readonly state: PaymentState; readonly at: number }[]
  /** The scopes that count this payment's price, and the day it is counted on. */
  readonly scopes: readonly Scope[]
  readonly day: Day
  /** Present while the outcome is open: an identical request then joins this purchase. */
  readonly open?: RequestKey
  readonly authorization?: Authorization
  /** A copy of the authorization's nonce, under a unique index. */
  readonly nonce?: string
  /** What was signed along with it. */
  readonly allowance?: Allowance
  readonly credential?: Credential
  /** The answer to the paid request; status 0 when the connection failed, `cutShort` when it did before all was there. */
  readonly answer?: { readonly status: number; readonly at: number; readonly cutShort?: boolean }
  readonly receipt?: ReportedReceipt
  /** The transaction that the chain shows; present once the payment is settled. */
  readonly transaction?: string
  /** What the chain shows that was taken, where `units` and `price` are a ceiling; present once the payment is settled. */
  readonly charged?: { readonly units: bigint; readonly price: Usd }
}

/** Paid from a prepaid tab: its deposit was counted and held when it was made, and nothing is for what is paid from it. */
export const isDrawn = ({ tab }: Pick<Payment, 'tab'>): boolean => tab?.does === 'spend'

/** What a payment has cost, or may still cost. */
export const costOf = ({ price, charged }: Pick<Payment, 'price' | 'charged'>): Usd => charged?.price ?? price

/** The request brought its content: the purchase is complete, and the next identical request is a new one. */
export const isDelivered = ({ answer }: Payment): boolean =>
  answer !== undefined && answer.status >= 200 && answer.status < 300 && !answer.cutShort
