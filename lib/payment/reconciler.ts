import type { Hex } from 'viem'
import { storage } from 'wxt/utils/storage'
import type { Balances } from '@/lib/chain/balances'
import { proveTransfer } from '@/lib/chain/proof'
import type { Ledger } from '@/lib/ledger/ledger'
import { isDelivered, type Payment } from '@/lib/ledger/payment'
import { findAsset } from '@/lib/money/assets'

/** A settled transaction may take a moment to be seen by every server that answers for the chain. */
const LOOKS_AGAIN_AFTER_MS = [500, 2_000, 8_000]

const LOOKS_AT_ALL_EVERY_MS = 10 * 60_000
const lookedAt = storage.defineItem<number>('session:lookedAt', { fallback: 0 })

/** Lets the chain have the last word on payments. */
export class Reconciler {
  readonly #ledger: Ledger
  readonly #balances: Balances

  constructor(ledger: Ledger, balances: Balances) {
    this.#ledger = ledger
    this.#balances = balances
  }

  /** Asks the chain once, and moves the payment if it proves something. Without proof nothing changes. */
  async look(payment: Payment): Promise<Payment> {
    const { authorization } = payment
    if (!authorization) return payment
    const proof = await proveTransfer({
      network: payment.network,
      asset: payment.asset,
      from: payment.from,
      payTo: payment.payTo,
      units: payment.units,
      nonce: authorization.nonce,
      validBefore: authorization.validBefore,
      transaction: payment.receipt?.transaction ?? null,
    })
    if (proof.state === 'open') return payment
    const asset = findAsset(payment.network, payment.asset)
    // Before the hold ends, the balance must already show the money gone.
    if (asset) await this.#balances.read(payment.from as Hex, asset)
    return proof.state === 'settled'
      ? this.#ledger.settle(payment.id, proof.transaction)
      : this.#ledger.expire(payment.id)
  }

  /** Follows a payment that brought its content, or that the site reports as settled, until the chain shows it. */
  async follow(payment: Payment): Promise<void> {
    if (!isDelivered(payment) && !payment.receipt?.success) return
    let latest = await this.look(payment)
    for (const pause of LOOKS_AGAIN_AFTER_MS) {
      if (latest.state === 'settled') return
      await new Promise((resolve) => setTimeout(resolve, pause))
      latest = await this.look(latest)
    }
  }

  /**
   * After a start: what was only reserved is given up, what was under way is of unknown outcome, and everything open is put
   * to the chain. Running it twice changes nothing. The look-ups go on after it resolves.
   */
  async recover(): Promise<void> {
    for (const payment of await this.#ledger.unfinished()) {
      if (payment.state === 'reserved') await this.#ledger.release(payment.id)
      else if (payment.state === 'sent' && !payment.answer) await this.#ledger.answer(payment.id, 0, null)
    }
    void this.#lookAtAll()
  }

  /** The background starts many times an hour; the chain is not asked each time. */
  async #lookAtAll(): Promise<void> {
    if (Date.now() - (await lookedAt.getValue()) < LOOKS_AT_ALL_EVERY_MS) return
    await lookedAt.setValue(Date.now())
    for (const payment of await this.#ledger.unfinished()) await this.look(payment)
  }
}
