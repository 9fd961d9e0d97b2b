import type { NetworkId } from '@/lib/money/networks'
import type { Authorization } from './payment'

/**
 * A transfer of the user's own money between the spending wallet and an account elsewhere. It is no payment, and counts against
 * no limit.
 *
 *   withdrawal:  reserved → signed → sent → settled | expired        reserved → released
 *                           signed → settled | expired               sent → signed (the transaction failed)
 *   top-up:      reserved → sent → settled | failed                  reserved → released | unknown
 *                           sent → unknown
 *
 * - `reserved`: of a withdrawal, its units are held and nothing was signed; of a top-up, MetaMask is being asked.
 * - `signed`: a signature may exist from here on; nonce and time limit were stored before it was made.
 * - `sent`: MetaMask has named the transaction.
 * - `settled`: the chain shows the transfer.
 * - `failed`: the chain shows that the transaction came to nothing.
 * - `expired`: the chain shows that the signature ran out unused.
 * - `released`: given up before anything was signed or sent.
 * - `unknown`: of a top-up, nobody said what became of it. The money itself tells, by arriving.
 */
export const TRANSFER_STATES = [
  'reserved',
  'signed',
  'sent',
  'settled',
  'failed',
  'expired',
  'released',
  'unknown',
] as const
export type TransferState = (typeof TRANSFER_STATES)[number]

export const TRANSFER_KINDS = ['withdrawal', 'top_up'] as const
type Kind = (typeof TRANSFER_KINDS)[number]

const NEXT: Readonly<Record<Kind, Readonly<Partial<Record<TransferState, readonly TransferState[]>>>>> = {
  withdrawal: {
    reserved: ['signed', 'released'],
    signed: ['sent', 'settled', 'expired'],
    sent: ['signed', 'settled', 'expired'],
  },
  top_up: {
    reserved: ['sent', 'released', 'unknown'],
    sent: ['settled', 'failed', 'unknown'],
  },
}

export const UNFINISHED_TRANSFERS: readonly TransferState[] = ['reserved', 'signed', 'sent']

/** What is known of a transfer before it is begun. */
export interface TransferDraft {
  readonly kind: Kind
  readonly network: NetworkId
  /** The token's contract, in lower case. */
  readonly asset: string
  readonly units: bigint
  readonly from: string
  readonly to: string
}

/** One row: one transfer, and the only signature ever made for it. */
export interface Transfer extends TransferDraft {
  readonly id: string
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly state: TransferState
  readonly history: readonly { readonly state: TransferState; readonly at: number }[]
  /** Of a withdrawal, from `signed` on. */
  readonly authorization?: Authorization
  /** A copy of the authorization's nonce, under a unique index. */
  readonly nonce?: string
  /** The signed bytes. Without them, a signed withdrawal can only be waited for. */
  readonly signature?: `0x${string}`
  /** The transaction: as MetaMask has named it, or (once settled) as the chain shows it. */
  readonly transaction?: string
  /** What the transaction cost, in the smallest units of the network's coin. */
  readonly fee?: bigint
}

/** Whether its units may still leave the wallet. */
export const isHolding = ({ kind, state }: Pick<Transfer, 'kind' | 'state'>): boolean =>
  kind === 'withdrawal' && UNFINISHED_TRANSFERS.includes(state)

export const canGo = ({ kind, state }: Pick<Transfer, 'kind' | 'state'>, to: TransferState): boolean =>
  NEXT[kind][state]?.includes(to) ?? false
