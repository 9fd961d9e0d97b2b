import { TuppenceError } from '@/lib/errors'
import {
  type Channel,
  type ChannelDraft,
  type ChannelState,
  ceilingFor,
  entered,
  leftIn,
  openedChannel,
  type Withdrawal,
  withVoucher,
} from './channel'
import type { Database } from './database'

type ChannelId = Channel['id']

/** What a tab has to be like to be paid from. */
export type Wanted = Pick<
  ChannelDraft,
  'site' | 'network' | 'asset' | 'from' | 'receiver' | 'receiverAuthorizer' | 'withdrawDelay'
>

/** Between the decision and the reservation, other purchases have used up the tab: it has to be decided anew. */
export class TabUsedUp extends Error {
  override readonly name = 'TabUsedUp'
}

interface Books {
  readonly tables: () => Database
  /** Runs a step as part of a transaction over all tables it may touch. */
  readonly write: <T>(step: () => Promise<T>) => Promise<T>
  /** Unix milliseconds on a clock that never goes back. */
  readonly now: () => number
  readonly onChange: () => void
}

/** The prepaid tabs, in the same database as the payments: a payment and what it takes from its tab are one step. */
export class Channels {
  readonly #books: Books

  constructor(books: Books) {
    this.#books = books
  }

  get(id: ChannelId): Promise<Channel | undefined> {
    return this.#books.tables().channels.get(id)
  }

  /** All of them, newest first, but those that never came to be. */
  async list(): Promise<Channel[]> {
    const channels = await this.#books.tables().channels.orderBy('createdAt').reverse().toArray()
    return channels.filter(({ state }) => state !== 'void')
  }

  /** The oldest tab that can pay so many units more on these conditions. Null when one has to be opened. */
  async payingFor(wanted: Wanted, units: bigint): Promise<Channel | null> {
    const channels = await this.#books.tables().channels.where('site').equals(wanted.site).toArray()
    const fit = channels.filter((channel) => fits(channel, wanted) && ceilingFor(channel, units) !== null)
    return fit.sort((a, b) => a.createdAt - b.createdAt)[0] ?? null
  }

  /** Those that money may still come back from. */
  async unfinished(): Promise<Channel[]> {
    const states: ChannelState[] = ['opening', 'open', 'closing']
    return this.#books.tables().channels.where('state').anyOf(states).toArray()
  }

  /**
   * Its rest is asked for back: from here on nothing is paid from it. Throws `tab_busy` while a payment is under way. Asking
   * again changes nothing.
   */
  close(id: ChannelId): Promise<Channel> {
    return this.#step(id, (channel, at) => {
      if (channel.pending !== null || channel.state === 'opening') throw new TuppenceError('tab_busy')
      return channel.state === 'open' ? entered(channel, 'closing', at) : channel
    })
  }

  /** Notes that a voucher is signed for asking back: it says what was charged, and no more. */
  async noteVoucher(id: ChannelId, ceiling: bigint): Promise<void> {
    await this.#step(id, (channel) => withVoucher(channel, ceiling))
  }

  /** The site says how much it has charged. It is believed as far as vouchers go. */
  recount(id: ChannelId, charged: bigint): Promise<Channel> {
    return this.#step(id, (channel) => (charged <= channel.signed ? { ...channel, charged } : channel))
  }

  /** The site says that it gave the rest back, in this transaction (null: it names none). */
  reportRefund(id: ChannelId, transaction: string | null): Promise<Channel> {
    return this.#step(id, (channel) => ({ ...channel, refund: transaction ?? channel.refund }))
  }

  /** Keeps the account's own transaction, before it is sent. */
  withdraw(id: ChannelId, withdrawal: Omit<Withdrawal, 'at'>): Promise<Channel> {
    return this.#step(id, (channel, at) => ({ ...channel, withdrawal: { ...withdrawal, at } }))
  }

  /**
   * The chain shows what was left in the channel, what of it the site has claimed, and since when it is asked for. What is less
   * than was put in has come back; what was claimed was charged, whatever the site has said of it.
   */
  prove(id: ChannelId, shown: { balance: bigint; claimed: bigint; askedAt: number | null }): Promise<Channel> {
    const { balance, claimed, askedAt } = shown
    return this.#step(id, (channel, at) => {
      // What is not yet there, or was never, has not come back.
      if (channel.state === 'opening' || channel.state === 'void' || balance > channel.deposit) return channel
      const returned = channel.deposit - balance
      // What has come back once does not go in again: a server that is behind changes nothing.
      if (returned < channel.returned) return channel
      const charged = claimed > channel.charged && claimed <= channel.signed ? claimed : channel.charged
      const next = { ...channel, askedAt, returned, charged }
      const isOver = next.returned > 0n && leftIn(next) === 0n
      return isOver && next.state !== 'closed' ? entered(next, 'closed', at) : next
    })
  }

  /* What follows is part of a payment's own step, within its transaction. */

  /** A tab is going to be opened by a payment. */
  async begin(draft: ChannelDraft, url: string | null, payment: string, units: bigint): Promise<bigint> {
    if (units > draft.deposit) throw new TabUsedUp()
    await this.#books.tables().channels.add({ ...openedChannel(draft, url, this.#books.now()), pending: payment })
    return units
  }

  /** A payment is going to take so many units from an open tab. Gives what its voucher says. Throws `TabUsedUp`, and `tab_busy` while another's outcome is to be noted. */
  async draw(id: ChannelId, units: bigint, url: string | null, payment: string): Promise<bigint> {
    const channel = await this.#existing(id)
    const ceiling = ceilingFor(channel, units)
    if (ceiling === null) throw new TabUsedUp()
    // Two at once would both count on the same charge.
    if (channel.pending !== null) throw new TuppenceError('tab_busy')
    await this.put({ ...channel, pending: payment, url: url ?? channel.url })
    return ceiling
  }

  /** A payment's voucher is about to be signed. */
  async sign(id: ChannelId, ceiling: bigint): Promise<void> {
    await this.put(withVoucher(await this.#existing(id), ceiling))
  }

  /** A payment's bytes go out once more. */
  async resend(id: ChannelId, payment: string): Promise<void> {
    const channel = await this.#existing(id)
    if (channel.pending !== null && channel.pending !== payment) throw new TuppenceError('tab_busy')
    await this.put({ ...channel, pending: payment })
  }

  /**
   * A payment is over, or given up: the next may come. One that was to open the tab says whether it is there; a site that said so
   * before the chain knew may have been wrong.
   */
  async release(id: ChannelId, payment: string, state: 'open' | 'void' | null = null): Promise<void> {
    const channel = await this.#existing(id)
    const freed = channel.pending === payment ? { ...channel, pending: null } : channel
    const follows = channel.state === 'opening' || (state === 'void' && ['open', 'closing'].includes(channel.state))
    await this.put(state !== null && follows ? entered(freed, state, this.#books.now()) : freed)
  }

  async put(channel: Channel): Promise<void> {
    await this.#books.tables().channels.put(channel)
  }

  async #existing(id: ChannelId): Promise<Channel> {
    const channel = await this.get(id)
    if (!channel) throw new TuppenceError('internal', {}, { cause: `no tab ${id}` })
    return channel
  }

  async #step(id: ChannelId, next: (channel: Channel, at: number) => Channel): Promise<Channel> {
    const channel = await this.#books.write(async () => {
      const after = next(await this.#existing(id), this.#books.now())
      await this.put(after)
      return after
    })
    this.#books.onChange()
    return channel
  }
}

const fits = (channel: Channel, wanted: Wanted): boolean =>
  channel.network === wanted.network &&
  channel.asset === wanted.asset &&
  channel.from.toLowerCase() === wanted.from.toLowerCase() &&
  channel.receiver === wanted.receiver &&
  channel.receiverAuthorizer === wanted.receiverAuthorizer &&
  channel.withdrawDelay === wanted.withdrawDelay
