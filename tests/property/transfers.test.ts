import 'fake-indexeddb/auto'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ledger } from '@/lib/ledger/ledger'
import type { TransferState } from '@/lib/ledger/transfer'
import { usd } from '@/lib/money/usd'
import { authorization, CREDENTIAL, draft, limits, NETWORK, TRANSACTION, USDC, WALLET } from '../unit/ledger/books'

/** What is in the account when everything begins. */
const BALANCE = 100n
const ELSEWHERE = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'

type Command =
  | { readonly do: 'pay' | 'withdraw'; readonly units: bigint }
  | { readonly do: 'top up'; readonly units: bigint }
  | {
      readonly do: 'payment'
      readonly which: number
      readonly step: 'sign' | 'send' | 'settle' | 'expire' | 'release'
    }
  | {
      readonly do: 'transfer'
      readonly which: number
      readonly step:
        | 'sign'
        | 'keepSignature'
        | 'send'
        | 'takeBack'
        | 'settle'
        | 'fail'
        | 'expire'
        | 'release'
        | 'loseSight'
    }
  | { readonly do: 'recount' | 'restart' }

const units = fc.bigInt(1n, 60n)
const which = fc.nat({ max: 5 })
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('pay', 'withdraw', 'top up'), units }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('payment' as const),
      which,
      step: fc.constantFrom('sign', 'send', 'settle', 'expire', 'release'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('transfer' as const),
      which,
      step: fc.constantFrom(
        'sign',
        'keepSignature',
        'send',
        'takeBack',
        'settle',
        'fail',
        'expire',
        'release',
        'loseSight',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('recount', 'restart') }) },
) as fc.Arbitrary<Command>

/** The books, the account on the chain, and who goes by both. */
class World {
  readonly #name = crypto.randomUUID()
  ledger = new Ledger({ name: this.#name })
  readonly payments: string[] = []
  readonly transfers: string[] = []
  /** What the chain shows: it goes down when something settles. */
  balance = BALANCE

  open = () => this.ledger.open()
  close() {
    this.ledger.close()
    indexedDB.deleteDatabase(this.#name)
  }

  /** Resolves with an error's name when the books say no. */
  async run(step: Command): Promise<string | null> {
    try {
      await this.#run(step)
      return null
    } catch (error) {
      const { name, code } = error as Error & { code?: string }
      return code ?? name
    }
  }

  async #run(step: Command): Promise<void> {
    const { ledger } = this
    const account = { network: NETWORK, asset: USDC } as const
    switch (step.do) {
      case 'pay': {
        const price = { units: step.units, price: usd(step.units) }
        const paid = await ledger.reserve(draft(price), limits(), () => this.balance)
        this.payments.push(paid.id)
        return
      }
      case 'withdraw': {
        const own = { kind: 'withdrawal', from: WALLET, to: ELSEWHERE, units: step.units, ...account } as const
        this.transfers.push((await ledger.transfers.begin(own, () => this.balance)).id)
        return
      }
      case 'top up': {
        const own = { kind: 'top_up', from: ELSEWHERE, to: WALLET, units: step.units, ...account } as const
        this.transfers.push((await ledger.transfers.begin(own)).id)
        return
      }
      case 'payment':
        return this.#payment(this.payments[step.which] ?? 'nobody', step.step)
      case 'transfer':
        return this.#transfer(this.transfers[step.which] ?? 'nobody', step.step)
      case 'recount':
        return ledger.recount()
      case 'restart':
        ledger.close()
        this.ledger = new Ledger({ name: this.#name })
        return this.ledger.open()
    }
  }

  async #payment(id: string, step: Extract<Command, { do: 'payment' }>['step']): Promise<void> {
    const { ledger } = this
    const before = await ledger.get(id)
    if (step === 'sign') await ledger.sign(id, authorization())
    else if (step === 'send') await ledger.send(id, CREDENTIAL)
    else if (step === 'settle') {
      const { units: gone } = await ledger.settle(id, TRANSACTION)
      if (before?.state !== 'settled') this.balance -= gone
    } else await ledger[step](id)
  }

  async #transfer(id: string, step: Extract<Command, { do: 'transfer' }>['step']): Promise<void> {
    const { transfers } = this.ledger
    const before = await transfers.get(id)
    if (step === 'sign') await transfers.sign(id, authorization())
    else if (step === 'keepSignature') await transfers.keepSignature(id, '0x51')
    else if (step === 'send') await transfers.send(id, TRANSACTION)
    else if (step === 'settle') {
      const { kind, units: moved } = await transfers.settle(id, TRANSACTION, null)
      if (before?.state !== 'settled') this.balance += kind === 'withdrawal' ? -moved : moved
    } else if (step === 'takeBack' || step === 'fail') await transfers[step](id, null)
    else await transfers[step](id)
  }

  /** What must hold after every step. */
  async expectSound(): Promise<void> {
    const { ledger } = this
    const [payments, transfers] = [await ledger.list(1_000), await ledger.transfers.list(1_000)]
    const open: readonly (string | TransferState)[] = ['reserved', 'signed', 'sent', 'unknown']
    const promised = [
      ...payments.filter(({ state }) => open.includes(state)),
      ...transfers.filter(({ kind, state }) => kind === 'withdrawal' && open.includes(state)),
    ].reduce((sum, row) => sum + row.units, 0n)
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(promised)
    // Whatever is promised can be kept: payments and withdrawals never count on the same money.
    expect(promised).toBeLessThanOrEqual(this.balance)
    expect(await ledger.isSound()).toBe(true)
    for (const { history, authorization: signed, signature, nonce, transaction } of transfers) {
      const states = history.map(({ state }) => state)
      expect(states[0]).toBe('reserved')
      // One signature, however often it was handed in, and never one that was not noted before.
      expect(signed?.nonce).toBe(nonce)
      if (signature) expect(signed).toBeDefined()
      if (states.includes('sent')) expect(transaction).toBeDefined()
    }
    const nonces = transfers.flatMap(({ nonce }) => nonce ?? [])
    expect(new Set(nonces).size).toBe(nonces.length)
  }
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const world = new World()
  await world.open()
  try {
    await run(world)
  } finally {
    world.close()
  }
}

const REFUSALS = [null, 'insufficient_balance', 'transfer_over', 'WrongStep', 'payment_expiring', 'LimitReached']

describe('payments and withdrawals of one account', () => {
  test('never count on the same money, and hold just what is open', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60 }), (commands) =>
        inWorld(async (world) => {
          for (const step of commands) {
            expect(REFUSALS).toContain(await world.run(step))
            await world.expectSound()
          }
        }),
      ),
      { numRuns: 40 },
    )
  }, 120_000)

  test('never do so when they come at the same time', async () => {
    const taking = fc.record({ do: fc.constantFrom('pay' as const, 'withdraw' as const), units })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(taking, { minLength: 2, maxLength: 12 }), { maxLength: 4 }), (batches) =>
        inWorld(async (world) => {
          for (const batch of batches) {
            await Promise.all(batch.map((one) => world.run(one)))
            await world.expectSound()
          }
        }),
      ),
      { numRuns: 25 },
    )
  }, 60_000)
})
