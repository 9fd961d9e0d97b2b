import type { TransactionSigner } from '@solana/kit'
import type { Signer as RequestSigner } from 'http-message-sig'
import type { Hex } from 'viem'
import type { PayableOffer, PricedRequest } from '@/lib/challenge/challenge'
import type { Credential } from '@/lib/challenge/credential'
import type { Scheme, Terms } from '@/lib/challenge/scheme'
import type { Reason, RefuseReason } from '@/lib/policy/reasons'
import type { ClearedAllowance, Gate } from '@/lib/wallet/gate'
import type { ExpectedRequest } from '@/lib/wallet/gate-request'
import type { ExpectedTransfer } from '@/lib/wallet/gate-svm'
import type { Signer } from '@/lib/wallet/signer'
import type { ChannelConfig } from './batch-settlement/contract'

/** A purchase's own signers. Each signs once, only what its gate clears, and holds no key. */
export interface Signers {
  typedData(gate: Gate): Signer
  /** For what goes along with a payment that is signed already. */
  allowance(gate: Gate<ClearedAllowance>): Signer
  /** Solana's. */
  transaction(expected: ExpectedTransfer): TransactionSigner
  /** The signature agent's. */
  request(expected: ExpectedRequest): RequestSigner
}

/** What is to be paid. */
export interface Order<T extends Terms = Terms> {
  readonly offer: PayableOffer
  readonly terms: T
  /** The account that pays. */
  readonly from: string
}

/** The leave to pay it, once its price is held. */
export interface Commission {
  /** How long what is signed may be good for, in seconds. */
  readonly validSeconds: number
  readonly signers: Signers
  /** What it takes from a prepaid tab; there only where it does. */
  readonly draw?: Draw | undefined
  /** Adds to what goes back of an extension of the server's (x402 v2, PaymentPayload.extensions). */
  readonly extend: (extension: string, info: Readonly<Record<string, unknown>>) => void
}

/** What is taken from a prepaid tab, as the books have it. */
export interface Draw {
  readonly does: 'open' | 'spend' | 'refund'
  readonly channel: Hex
  readonly config: ChannelConfig
  /** What is in the tab, in units. */
  readonly deposit: bigint
  /** What the site may claim of it in all from then on. */
  readonly ceiling: bigint
}

/** Signs, and gives what goes back to the server in the dialect's wrapping. Throws what the signers throw. */
export type Pay = (commission: Commission) => Promise<unknown>

/** One way of paying. */
export interface Rail<T extends Terms = Terms> extends Scheme {
  /** As its terms and the ledger name it. */
  readonly id: string
  /** What keeps it from being paid now though its terms are fine, as the chain has it: asked when it is decided on. Never throws. */
  obstacle?(order: Order<T>): Promise<Reason<RefuseReason> | null>
  /** What only one payment of an account can draw on at a time, by name: the next one begins with what that leaves. */
  shares?(offer: PayableOffer): string | null
  /** Asks what has to be asked before anything is held; nothing is signed yet. Throws what keeps it from being paid. */
  prepare(order: Order<T>): Promise<Pay>
  /** Of a rail that signs the request and not its payload: adds what signs the credential's headers. Throws what the signers throw. */
  seal?(credential: Credential, request: PricedRequest, commission: Commission): Promise<Credential>
}

/** A rail among others: its terms are those that it read itself. */
export const defineRail = <T extends Terms>(rail: Rail<T>): Rail => rail as unknown as Rail
