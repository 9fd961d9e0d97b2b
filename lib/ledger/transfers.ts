import { TuppenceError } from '@/lib/errors'
import type { Database } from './database'
import type { Authorization } from './payment'
import { holdKey } from './recount'
import {
  canGo,
  isHolding,
  type Transfer,
  type TransferDraft,
  type TransferState,
  UNFINISHED_TRANSFERS,
} from './transfer'

/** What the transfers need of the books that they are part of. */
export interface Books {
  readonly tables: () => Database
  /** Runs a step as part of a transaction over all tables it may touch. */
  readonly write: <T>(step: () => Promise<T>) => Promise<T>
  /** Unix milliseconds on a clock that never goes back. */
  readonly now: () => number
  readonly onChange: () => void
}

/** A step that a transfer's states do not allow: somebody else was faster, or a defect of ours. */
const wrongStep = (id: string, from: string, to: string) =>
  new TuppenceError('transfer_over', {}, { cause: `${id}: ${from} → ${to}` })

/** The user's own transfers, in the same database as the payments: what one holds, the other cannot spend. */
export class Transfers {
  readonly #books: Books

  constructor(books: Books) {
    this.#books = books
  }

  /**
   * Writes a transfer down before anything is done for it. A withdrawal's units are held from here on: throws
   * `insufficient_balance` when what is in the account (null: unknown) does not cover them beside all that is held.
   */
  begin(draft: TransferDraft, balanceNow: () => bigint | null = () => null): Promise<Transfer> {
    return this.#write(async () => {
      const { transfers, holds } = this.#books.tables()
      const at = this.#books.now()
      const transfer: Transfer = {
        ...draft,
        id: crypto.randomUUID(),
        createdAt: at,
        state: 'reserved',
        history: [{ state: 'reserved', at }],
      }
      if (isHolding(transfer)) {
        const key = holdKey(draft)
        const held = (await holds.get(key))?.units ?? 0n
        const balance = balanceNow()
        if (balance === null || held + draft.units > balance) throw new TuppenceError('insufficient_balance')
        await holds.put({ key, units: held + draft.units })
      }
      await transfers.add(transfer)
      return transfer
    })
  }

  /** Notes what is about to be signed, once and for good. Throws when the nonce was ever used before. */
  sign(id: string, authorization: Authorization): Promise<Transfer> {
    return this.#step(id, 'signed', ({ state }) => {
      // From `sent`, one comes back to `signed` with the signature there is.
      if (state !== 'reserved') throw wrongStep(id, state, 'signed')
      return { authorization, nonce: authorization.nonce }
    })
  }

  /** Keeps the signed bytes, before anybody else gets them. */
  keepSignature(id: string, signature: `0x${string}`): Promise<Transfer> {
    return this.#write(async () => {
      const { transfers } = this.#books.tables()
      const before = existing(await transfers.get(id), id)
      if (before.state !== 'signed' || before.signature) throw wrongStep(id, before.state, 'signature')
      const after = { ...before, signature }
      await transfers.put(after)
      return after
    })
  }

  /** MetaMask has named the transaction. */
  send(id: string, transaction: string): Promise<Transfer> {
    return this.#step(id, 'sent', () => ({ transaction }))
  }

  /** The transaction of a withdrawal failed, and its authorization is still unused. `fee` was paid all the same. */
  takeBack(id: string, fee: bigint | null): Promise<Transfer> {
    return this.#step(id, 'signed', ({ state }) => {
      if (state !== 'sent') throw wrongStep(id, state, 'signed')
      return withFee(fee)
    })
  }

  /** The chain has shown the transfer, in this transaction. */
  settle(id: string, transaction: string, fee: bigint | null): Promise<Transfer> {
    return this.#step(id, 'settled', () => ({ transaction, ...withFee(fee) }))
  }

  /** The chain has shown that a top-up's transaction came to nothing. */
  fail(id: string, fee: bigint | null): Promise<Transfer> {
    return this.#step(id, 'failed', () => withFee(fee))
  }

  /** The chain has shown that the signature can never be used any more. */
  expire(id: string): Promise<Transfer> {
    return this.#step(id, 'expired')
  }

  /** Given up before anything was signed or sent. */
  release(id: string): Promise<Transfer> {
    return this.#step(id, 'released')
  }

  /** Nobody said what became of a top-up. */
  loseSight(id: string): Promise<Transfer> {
    return this.#step(id, 'unknown')
  }

  get(id: string): Promise<Transfer | undefined> {
    return this.#books.tables().transfers.get(id)
  }

  /** Those that the chain has not yet spoken on. */
  unfinished(): Promise<Transfer[]> {
    return this.#books.tables().transfers.where('state').anyOf(UNFINISHED_TRANSFERS).toArray()
  }

  /** The latest, newest first. */
  list(limit: number): Promise<Transfer[]> {
    return this.#books.tables().transfers.orderBy('createdAt').reverse().limit(limit).toArray()
  }

  /** Goes on to a state, unless it is there already. What no longer holds anything frees its units. */
  #step(id: string, state: TransferState, patch: (before: Transfer) => Partial<Transfer> = () => ({})) {
    return this.#write(async () => {
      const { transfers, holds } = this.#books.tables()
      const before = existing(await transfers.get(id), id)
      if (before.state === state && !UNFINISHED_TRANSFERS.includes(state)) return before
      if (!canGo(before, state)) throw wrongStep(id, before.state, state)
      const history = [...before.history, { state, at: this.#books.now() }]
      const after: Transfer = { ...before, ...patch(before), state, history }
      if (isHolding(before) && !isHolding(after)) {
        const key = holdKey(before)
        await holds.put({ key, units: ((await holds.get(key))?.units ?? 0n) - before.units })
      }
      await transfers.put(after)
      return after
    })
  }

  async #write(step: () => Promise<Transfer>): Promise<Transfer> {
    const transfer = await this.#books.write(step)
    this.#books.onChange()
    return transfer
  }
}

const withFee = (fee: bigint | null): Partial<Transfer> => (fee === null ? {} : { fee })

function existing(transfer: Transfer | undefined, id: string): Transfer {
  if (!transfer) throw new TuppenceError('transfer_over', {}, { cause: `no transfer ${id}` })
  return transfer
}
