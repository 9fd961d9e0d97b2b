import type { EvmClaim, TransferClaim } from '@/lib/chain/claim'
import type { Proof } from '@/lib/chain/proof'

/** What a signature lets anybody do on the chain, once. */
export interface SignedTransfer {
  readonly nonce: string
  readonly payTo: string
  readonly units: bigint
  /** Unix seconds. */
  readonly validBefore: number
}

interface Transfer extends SignedTransfer {
  readonly transaction: `0x${string}`
  /** When its block was made, in Unix milliseconds. */
  readonly at: number
}

/** A block this old is never taken back. */
const BURIED_MS = 20_000
/** As the engine's: an authorization counts as dead only this long after its end, in seconds. */
const EXPIRY_MARGIN = 30

/** All chains in one: a clock of its own, transfers by nonce, and whoever answers questions about it. */
export class Chain {
  now: number
  isUp = true
  balance: bigint
  readonly transfers = new Map<string, Transfer>()

  constructor(now: number, balance: bigint) {
    this.now = now
    this.balance = balance
  }

  /** As the token's contract does it: a nonce is good once, and in time. Null when the contract refuses. */
  transfer(signed: SignedTransfer): Transfer | null {
    if (this.transfers.has(signed.nonce)) return null
    if (this.now >= signed.validBefore * 1000 || this.balance < signed.units) return null
    const transaction = `0x${signed.nonce.slice(2)}` as const
    const transfer: Transfer = { ...signed, transaction, at: this.now }
    this.transfers.set(signed.nonce, transfer)
    this.balance -= signed.units
    return transfer
  }

  /** The latest blocks are replaced by others, without these transfers. */
  reorganise(): void {
    for (const { nonce, units } of [...this.transfers.values()].filter((transfer) => !this.#isBuried(transfer))) {
      this.transfers.delete(nonce)
      this.balance += units
    }
  }

  /** What can be said of a payment for good. */
  prove(claim: TransferClaim): Proof {
    const { nonce, payTo, units, validBefore } = claim as EvmClaim
    if (!this.isUp) return { state: 'open' }
    const transfer = this.transfers.get(nonce)
    if (!transfer) return this.isOver(validBefore) ? { state: 'expired' } : { state: 'open' }
    const isIt = transfer.payTo === payTo && transfer.units === units && this.#isBuried(transfer)
    return isIt ? { state: 'settled', transaction: transfer.transaction, units } : { state: 'open' }
  }

  isOver(validBefore: number): boolean {
    return this.now > (validBefore + EXPIRY_MARGIN) * 1000
  }

  #isBuried({ at }: Transfer): boolean {
    return this.now - at >= BURIED_MS
  }
}
