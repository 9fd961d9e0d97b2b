import 'fake-indexeddb/auto'

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Channel, ChannelDraft } from '@/lib/ledger/channel'
import { Ledger } from '@/lib/ledger/ledger'
import { isDelivered, type Payment } from '@/lib/ledger/payment'
import { usd } from '@/lib/money/usd'
import { effort } from '../effort'
import {
  authorization,
  CREDENTIAL,
  draft,
  limits,
  NETWORK,
  requestNamed,
  SHOP,
  USDC,
  WALLET,
} from '../unit/ledger/books'

const DEPOSIT = 500n
const RECEIVER = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'

/** Where the background is ended; null: nowhere. */
const DEATHS = ['reserved', 'signed', 'sent', 'answered', null] as const
type Death = (typeof DEATHS)[number]

/** How the site answers. `honest` is the scheme's own server; the others lie, forget, or fail. */
const CONDUCTS = ['honest', 'fails', 'silent', 'charges and fails', 'says nothing', 'lies', 'forgets'] as const
type Conduct = (typeof CONDUCTS)[number]

interface Purchase {
  readonly units: bigint
  readonly dies: Death
  readonly conduct: Conduct
  readonly lie: bigint
  /** Tries the last open purchase again, with the bytes there are. */
  readonly again: boolean
}

const purchase: fc.Arbitrary<Purchase> = fc.record({
  units: fc.bigInt(1n, 200n),
  dies: fc.constantFrom<Death>(null, null, null, null, 'reserved', 'signed', 'sent', 'answered'),
  conduct: fc.constantFrom<Conduct>('honest', 'honest', 'honest', ...CONDUCTS),
  lie: fc.bigInt(0n, 700n),
  again: fc.boolean(),
})

/** What a site answers to a voucher. */
interface SiteAnswer {
  readonly status: number
  readonly count: bigint | null
}

/** The site: what it has charged, and the most that it could claim with the vouchers that it was ever handed. */
class Site {
  charged = 0n
  claimable = 0n
  /** Purchases whose content it has brought. */
  readonly brought: string[] = []

  take({ id, tab }: Payment, { conduct, lie }: Purchase): SiteAnswer {
    const ceiling = tab?.ceiling ?? 0n
    const units = tab?.units ?? 0n
    if (ceiling > this.claimable) this.claimable = ceiling
    if (conduct === 'silent') return { status: 0, count: null }
    if (conduct === 'fails') return { status: 500, count: null }
    if (conduct === 'lies') return { status: 402, count: lie }
    if (conduct === 'forgets') this.charged = 0n
    // x402, batch-settlement: it takes the one voucher that fits its own count, and corrects every other.
    if (ceiling !== this.charged + units) return { status: 402, count: this.charged }
    this.charged += units
    if (conduct === 'charges and fails') return { status: 500, count: null }
    this.brought.push(id)
    return { status: 200, count: conduct === 'says nothing' ? null : this.charged }
  }
}

class World {
  readonly #name = crypto.randomUUID()
  ledger = new Ledger({ name: this.#name })
  readonly site = new Site()
  /** The most that our own signatures let the site claim. */
  signed = 0n
  readonly tab: ChannelDraft = {
    id: `0x${'ab'.repeat(32)}`,
    site: SHOP,
    network: NETWORK,
    asset: USDC,
    from: WALLET,
    receiver: RECEIVER,
    receiverAuthorizer: RECEIVER,
    withdrawDelay: 900,
    salt: `0x${'01'.repeat(32)}`,
    deposit: DEPOSIT,
  }
  #count = 0

  open = () => this.ledger.open()
  close() {
    this.ledger.close()
    indexedDB.deleteDatabase(this.#name)
  }

  async channel(): Promise<Channel> {
    const channel = await this.ledger.channels.get(this.tab.id)
    if (!channel) throw new Error('There is no tab.')
    return channel
  }

  /** The first purchase opens the tab. */
  async openTab(): Promise<void> {
    const paid = await this.ledger.reserve(
      draft({ decidedBy: 'user', units: DEPOSIT, price: usd(DEPOSIT) }),
      limits(),
      () => DEPOSIT,
      { does: 'open', channel: this.tab, units: 10n },
    )
    await this.ledger.sign(paid.id, authorization())
    this.#sign(paid)
    await this.ledger.send(paid.id, CREDENTIAL)
    const { status, count } = this.site.take(paid, { units: 10n, dies: null, conduct: 'honest', lie: 0n, again: false })
    await this.ledger.answer(paid.id, status, null, count)
  }

  /** Resolves false when the tab cannot pay it. */
  async buy(purchase: Purchase): Promise<boolean> {
    const lost = purchase.again ? (await this.ledger.unfinished()).find(({ tab }) => tab?.does === 'spend') : undefined
    const payment = lost ?? (await this.#begin(purchase))
    if (!payment) return false
    const sent = lost ? await this.ledger.resend(lost.id) : await this.#sendNew(payment, purchase)
    if (!sent) return true
    const answer = this.site.take(sent, purchase)
    // It was answered, and nobody was there to hear it.
    if (purchase.dies === 'sent') return this.#die()
    await this.ledger.answer(sent.id, answer.status, null, answer.count)
    return purchase.dies === 'answered' ? this.#die() : true
  }

  async #begin({ units, dies }: Purchase): Promise<Payment | null> {
    const before = await this.channel()
    this.#count += 1
    const reserved = await this.ledger
      .reserve(
        draft({ request: requestNamed(`purchase ${this.#count}`), units, price: usd(units) }),
        limits(),
        () => 0n,
        {
          does: 'spend',
          channel: this.tab,
          units,
        },
      )
      .catch((error: Error) => {
        if (error.name !== 'TabUsedUp') throw error
        return null
      })
    if (!reserved) {
      expect(before.disputed || before.charged + units > DEPOSIT).toBe(true)
      return null
    }
    // Never more than what is agreed to be charged, and this price.
    expect(reserved.tab?.ceiling).toBe(before.charged + units)
    return dies === 'reserved' ? this.#die().then(() => null) : reserved
  }

  async #sendNew(payment: Payment, { dies }: Purchase): Promise<Payment | null> {
    const digest = `0x${'cd'.repeat(32)}` as const
    await this.ledger.sign(payment.id, { method: 'voucher', digest, nonce: digest, validBefore: 2_000_000_000 })
    this.#sign(payment)
    if (dies === 'signed') return this.#die().then(() => null)
    return this.ledger.send(payment.id, CREDENTIAL)
  }

  /** Whatever is signed was written down before. */
  #sign({ tab }: Payment): void {
    const ceiling = tab?.ceiling ?? 0n
    if (ceiling > this.signed) this.signed = ceiling
  }

  /** The background ends, and starts again as `Reconciler.recover` does. Twice: the second time changes nothing. */
  async #die(): Promise<true> {
    this.ledger.close()
    this.ledger = new Ledger({ name: this.#name })
    await this.ledger.open()
    for (let times = 0; times < 2; times++)
      for (const payment of await this.ledger.unfinished()) {
        if (payment.state === 'reserved') await this.ledger.release(payment.id)
        else if (payment.state === 'signed' && payment.tab?.does === 'spend') await this.ledger.unsigned(payment.id)
        else if (payment.state === 'sent' && !isDelivered(payment)) await this.ledger.answer(payment.id, 0, null)
      }
    return true
  }
}

test('a tab never owes more than was signed, nor signs more than was put down, whatever the site does and wherever it is ended', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(purchase, { maxLength: 12 }), async (purchases) => {
      const world = new World()
      await world.open()
      try {
        await world.openTab()
        let highest = 0n
        for (const one of purchases) {
          await world.buy(one)
          const channel = await world.channel()
          // Claimed ≤ signed ≤ written down ≤ put down; and what was signed never goes back.
          expect(world.site.claimable).toBeLessThanOrEqual(world.signed)
          expect(world.signed).toBeLessThanOrEqual(channel.signed)
          expect(channel.signed).toBeLessThanOrEqual(DEPOSIT)
          expect(channel.charged).toBeLessThanOrEqual(channel.signed)
          expect(channel.signed).toBeGreaterThanOrEqual(highest)
          highest = channel.signed
          // Nothing waits for ever.
          expect(channel.pending).toBeNull()
          // No voucher is taken twice, but by a site that forgets.
          const forgot = purchases.some(({ conduct }) => conduct === 'forgets')
          expect(forgot || new Set(world.site.brought).size === world.site.brought.length).toBe(true)
        }
        // The deposit is counted once, and the purchases are not: they were its spending.
        const { now, day } = world.ledger.moment()
        expect(now).toBeGreaterThan(0)
        const tallyOf = await world.ledger.tallies(['test/all'])
        expect(tallyOf('test/all').days[day]).toBe(DEPOSIT)
        expect(await world.ledger.held(WALLET, NETWORK, USDC)).toBe(DEPOSIT)
        expect(await world.ledger.isSound()).toBe(true)
      } finally {
        world.close()
      }
    }),
    { numRuns: effort(40, 2_000) },
  )
})

test('with an honest site the two agree again after every loss, at the latest with the next answer', async () => {
  // Honest as it is, it may fail, and not be reached.
  const conduct = fc.constantFrom<Conduct>('honest', 'honest', 'fails', 'silent')
  const honest = fc.tuple(purchase, conduct).map(([one, conduct]) => ({ ...one, conduct }))
  await fc.assert(
    fc.asyncProperty(fc.array(honest, { maxLength: 10 }), async (purchases) => {
      const world = new World()
      await world.open()
      try {
        await world.openTab()
        for (const one of purchases) await world.buy(one)
        // Twice: the first may be corrected.
        const last = { units: 1n, dies: null, conduct: 'honest', lie: 0n, again: false } as const
        const paid = (await world.buy(last)) && (await world.buy(last))
        if (!paid) return
        const channel = await world.channel()
        expect(channel.disputed).toBe(false)
        expect(channel.charged).toBe(world.site.charged)
        // What it brought is what it charged for, and no purchase is left in doubt.
        const rows = await world.ledger.list(100)
        for (const row of rows.filter(({ tab }) => tab?.does === 'spend'))
          expect(['settled', 'expired', 'released']).toContain(row.state)
        const charged = rows.filter(({ tab, state }) => tab?.does === 'spend' && state === 'settled')
        expect(charged.reduce((sum, { units }) => sum + units, 10n)).toBe(world.site.charged)
      } finally {
        world.close()
      }
    }),
    { numRuns: effort(40, 2_000) },
  )
})
