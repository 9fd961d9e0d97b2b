import type { Credential } from '@/lib/challenge/credential'
import type { Intent, RequestKey } from '@/lib/challenge/intent'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { NetworkId } from '@/lib/money/networks'
import type { Usd } from '@/lib/money/usd'
import type { Scope } from '@/lib/policy/limits'
import type { Day } from '@/lib/policy/tally'
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
  /** Which contract keeps the nonce, and so where its use can be looked up. */
  readonly method: 'eip3009' | 'permit2'
}

export interface SolanaAuthorization extends AuthorizationBasics {
  readonly method: 'solana'
  /** The height of the last block that can hold the transaction. */
  readonly lastBlockHeight: number
  /** A slot from before the signature: the transaction is in no earlier one. */
  readonly slot: number
}

/** What a signature will say, known before it is made. */
export type Authorization = EvmAuthorization | SolanaAuthorization

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
  readonly network: NetworkId
  /** The token's contract, in lower case. */
  readonly asset: string
  readonly units: bigint
  readonly price: Usd
  readonly payTo: string
  readonly from: string
  readonly decidedBy: 'rules' | 'user'
  /** The agent that asked, by its id; null when none did. */
  readonly agent: string | null
}

/** One row of the ledger: one purchase, and the only signature ever made for it. */
export interface Payment extends Draft {
  readonly id: string
  readonly createdAt: number
  readonly state: PaymentState
  readonly history: readonly { readonly state: PaymentState; readonly at: number }[]
  /** The scopes that count this payment's price, and the day it is counted on. */
  readonly scopes: readonly Scope[]
  readonly day: Day
  /** Present while the outcome is open: an identical request then joins this purchase. */
  readonly open?: RequestKey
  readonly authorization?: Authorization
  /** A copy of the authorization's nonce, under a unique index. */
  readonly nonce?: string
  readonly credential?: Credential
  /** The answer to the paid request; status 0 when the connection failed, `cutShort` when it did before all was there. */
  readonly answer?: { readonly status: number; readonly at: number; readonly cutShort?: boolean }
  readonly receipt?: ReportedReceipt
  /** The transaction that the chain shows; present once the payment is settled. */
  readonly transaction?: string
}

/** The request brought its content: the purchase is complete, and the next identical request is a new one. */
export const isDelivered = ({ answer }: Payment): boolean =>
  answer !== undefined && answer.status >= 200 && answer.status < 300 && !answer.cutShort
