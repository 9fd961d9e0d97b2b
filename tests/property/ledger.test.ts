import 'fake-indexeddb/auto'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ledger } from '@/lib/ledger/ledger'
import { costOf, isDelivered, type Payment } from '@/lib/ledger/payment'
import type { PaymentState } from '@/lib/ledger/states'
import { usd } from '@/lib/money/usd'
import { spentIn } from '@/lib/policy/tally'
import {
  authorization,
  CREDENTIAL,
  draft,
  limitsUnder,
  NETWORK,
  requestNamed,
  TRANSACTION,
  USDC,
  WALLET,
} from '../unit/ledger/books'

const HOUR = 3_600_000
const SITES = ['https://a.example', 'https://b.example'] as const
const CAPS = { mostPerDay: usd(50n), mostPerSiteAndDay: usd(30n) }

type Command =
  | { readonly kind: 'reserve'; readonly site: (typeof SITES)[number]; readonly price: bigint }
  /** `nonce` is one of few, so that the same one is tried again now and then. With `upTo`, the price is a ceiling. */
  | { readonly kind: 'sign'; readonly which: number; readonly nonce: number; readonly upTo: boolean }
  /** What the chain shows that was taken; null for the price. */
  | { readonly kind: 'settle'; readonly which: number; readonly taken: bigint | null }
  | { readonly kind: 'answer'; readonly which: number; readonly status: number }
  | { readonly kind: Step; readonly which: number }
  | { readonly kind: 'clock'; readonly hours: number }

type Step = 'send' | 'resend' | 'allow' | 'release' | 'unsigned' | 'unsent' | 'expire'

/** Few payments, so that each gets far. */
const which = fc.nat({ max: 3 })
const reservation = fc.record({
  kind: fc.constant('reserve' as const),
  site: fc.constantFrom(...SITES),
  price: fc.bigInt(1n, 20n),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 2, arbitrary: reservation },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('sign' as const),
      which,
      nonce: fc.nat({ max: 40 }),
      upTo: fc.boolean(),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('send' as const, 'resend' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), which, status: fc.constantFrom(0, 200, 402) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'expire' as const), which }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which,
      taken: fc.option(fc.bigInt(0n, 12n), { freq: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('unsigned' as const, 'unsent' as const, 'allow' as const), which }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), hours: fc.integer({ min: -30, max: 30 }) }),
  },
)

/** One of those there are, so that few steps go astray. */
const pick = <T>(list: readonly T[], which: number): T | undefined => list[which % Math.max(1, list.length)]

/** A ledger, the clock that it goes by, and the payments made so far. */
class Books {
  readonly ledger: Ledger
  readonly ids: string[] = []
  #now = Date.UTC(2026, 10, 21, 12)

  constructor(name: string) {
    this.ledger = new Ledger({ name, now: () => this.#now })
  }

  /** Does what a command says. Resolves with the name of the error when it is refused. */
  async run(command: Command): Promise<string | null> {
    try {
      await this.#run(command)
      return null
    } catch (error) {
      return (error as Error).name
    }
  }

  async #run(command: Command): Promise<unknown> {
    if (command.kind === 'clock') {
      this.#now += command.hours * HOUR
      return
    }
    if (command.kind === 'reserve') {
      const { site, price } = command
      const limitsOf = limitsUnder(CAPS, { site })
      const request = requestNamed(`${site} ${price}`)
      const { id } = await this.ledger.reserve(draft({ site, request, price: usd(price), units: price }), limitsOf)
      this.ids.push(id)
      return
    }
    const id = pick(this.ids, command.which) ?? 'nobody'
    if (command.kind === 'sign') {
      const method = command.upTo ? 'upto' : 'eip3009'
      return this.ledger.sign(id, authorization({ method, nonce: nonceOf(command.nonce) }))
    }
    if (command.kind === 'allow') return this.ledger.allow(id, { digest: '0xd2', nonce: 0n, deadline: 2_000_000_000 })
    if (command.kind === 'send') return this.ledger.send(id, CREDENTIAL)
    if (command.kind === 'answer') return this.ledger.answer(id, command.status, null)
    if (command.kind === 'settle') return this.ledger.settle(id, TRANSACTION, command.taken ?? undefined)
    return this.ledger[command.kind](id)
  }
}

const nonceOf = (number: number): `0x${string}` => `0x${number.toString(16).padStart(64, '0')}`

const HOLDING: readonly PaymentState[] = ['reserved', 'signed', 'sent', 'unknown']
const FREED: readonly PaymentState[] = ['released', 'expired']

/** The invariants that hold after every step, whatever the steps were. */
async function expectSound(ledger: Ledger): Promise<Payment[]> {
  const payments = await ledger.list(1_000)
  const scopes = [...new Set(payments.flatMap((payment) => payment.scopes))]
  const days = [...new Set(payments.map(({ day }) => day))]
  const tallies = await ledger.tallies(scopes)
  for (const scope of scopes) {
    for (const day of days) {
      // What was spent or is held is what the rows say, and never above the limit.
      const rows = payments.filter((row) => row.scopes.includes(scope) && row.day === day && !FREED.includes(row.state))
      expect(spentIn(tallies(scope), 'day', day)).toBe(sum(rows.map(costOf)))
      expect(spentIn(tallies(scope), 'day', day)).toBeLessThanOrEqual(
        scope.endsWith('/all') ? CAPS.mostPerDay : CAPS.mostPerSiteAndDay,
      )
    }
  }
  expect(await ledger.isSound()).toBe(true)
  const holding = payments.filter(({ state }) => HOLDING.includes(state))
  expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(sum(holding.map(({ units }) => units)))

  const nonces = payments.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce]))
  expect(new Set(nonces).size).toBe(nonces.length)
  for (const payment of payments) expectSoundPayment(payment)
  expect((await ledger.unfinished()).length).toBe(holding.length)
  return payments
}

function expectSoundPayment(payment: Payment): void {
  const { state, history, authorization, nonce, credential, open, scopes, transaction, charged, allowance } = payment
  const passed = history.map((step) => step.state)
  expect(passed[0]).toBe('reserved')
  expect(passed.at(-1)).toBe(state)
  // No signature without an earlier row, and never a second one.
  expect(passed.filter((step) => step === 'signed').length).toBe(authorization ? 1 : 0)
  expect(authorization?.nonce).toBe(nonce)
  expect(credential !== undefined).toBe(passed.includes('sent'))
  // What is signed may have been given up.
  if (state !== 'signed') expect(open !== undefined).toBe(['sent', 'unknown'].includes(state) && !isDelivered(payment))
  expect(transaction !== undefined).toBe(state === 'settled')
  // Less than the price is only ever believed of a ceiling, once the chain has shown it; more never is.
  if (charged) expect([state, authorization?.method]).toEqual(['settled', 'upto'])
  expect(costOf(payment)).toBeLessThanOrEqual(payment.price)
  // An allowance only goes along with a payment that was noted before it.
  if (allowance) expect(authorization).toBeDefined()
  expect(scopes).toContain('test/all')
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)

/** A payment as it should be, by the plainest possible account of the rules. */
interface Expected {
  state: PaymentState
  delivered: boolean
  readonly price: bigint
  givenUp?: boolean
  upTo?: boolean
  charged?: bigint
  allowed?: boolean
}

/** What a step on a payment should come to, and whether it is refused. */
function expectStep(payment: Expected | undefined, command: Command, usedNonces: Set<string>): 'done' | 'refused' {
  if (!payment) return 'refused'
  const { state } = payment
  const go = (to: PaymentState, ...from: PaymentState[]) => {
    if (!from.includes(state)) return 'refused'
    payment.state = to
    return 'done'
  }
  switch (command.kind) {
    case 'sign': {
      const nonce = nonceOf(command.nonce)
      if (usedNonces.has(nonce)) return 'refused'
      const outcome = go('signed', 'reserved')
      if (outcome === 'done') {
        usedNonces.add(nonce)
        payment.upTo = command.upTo
      }
      return outcome
    }
    case 'send':
      return payment.givenUp ? 'refused' : go('sent', 'signed')
    case 'resend':
      return state === 'unknown' ? go('sent', 'unknown') : 'done'
    case 'answer':
      // The content, once brought, stays brought.
      if (state !== 'sent' || payment.delivered) return 'done'
      payment.delivered = command.status === 200
      return payment.delivered ? 'done' : go('unknown', 'sent')
    case 'release':
      return go('released', 'reserved', 'released')
    case 'unsigned':
      return go('released', 'signed', 'released')
    case 'unsent':
      payment.givenUp = state === 'signed'
      return 'done'
    case 'allow':
      if (state !== 'signed' || payment.allowed) return 'refused'
      payment.allowed = true
      return 'done'
    case 'settle': {
      if (state === 'settled') return 'done'
      const { taken } = command
      const isPossible = taken === null || (payment.upTo ? taken <= payment.price : taken === payment.price)
      const outcome = isPossible ? go('settled', 'sent', 'unknown') : 'refused'
      if (outcome === 'done' && taken !== null && payment.upTo) payment.charged = taken
      return outcome
    }
    case 'expire':
      return go('expired', 'signed', 'sent', 'unknown', 'expired')
    default:
      throw new Error(`${command.kind} is no step of a payment.`)
  }
}

async function withBooks(run: (books: Books, name: string) => Promise<void>): Promise<void> {
  const name = crypto.randomUUID()
  const books = new Books(name)
  await books.ledger.open()
  try {
    await run(books, name)
  } finally {
    books.ledger.close()
    indexedDB.deleteDatabase(name)
  }
}

describe('the books', () => {
  test('go exactly where the states lead, and are sound after every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 60 }), (commands) =>
        withBooks(async (books) => {
          const payments: Expected[] = []
          const nonces = new Set<string>()
          let before: Payment[] = []
          for (const step of commands) {
            const error = await books.run(step)
            if (step.kind === 'reserve') {
              if (error === null) payments.push({ state: 'reserved', delivered: false, price: step.price })
              else expect(error).toBe('LimitReached')
            } else if (step.kind !== 'clock') {
              const expected = expectStep(pick(payments, step.which), step, nonces)
              expect({ step, done: error === null }).toEqual({ step, done: expected === 'done' })
            }
            const after = await expectSound(books.ledger)
            if (error !== null) expect(after).toEqual(before)
            before = after
          }
          const ends = await Promise.all(books.ids.map((id) => books.ledger.get(id)))
          expect(ends.map((end) => [end?.state, end?.charged?.units])).toEqual(
            payments.map(({ state, charged }) => [state, charged]),
          )
        }),
      ),
      { numRuns: 25 },
    )
  }, 60_000)

  test('are sound whatever happens at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(command, { minLength: 1, maxLength: 15 }), { minLength: 2, maxLength: 6 }),
        (batches) =>
          withBooks(async (books) => {
            for (const batch of batches) {
              const errors = await Promise.all(batch.map((step) => books.run(step)))
              // The last: bytes of what the chain has called over meanwhile come too late.
              for (const error of errors)
                expect([null, 'LimitReached', 'WrongStep', 'ConstraintError', 'TuppenceError']).toContain(error)
              await expectSound(books.ledger)
            }
          }),
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  test('are full only when nothing more fits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(reservation, { minLength: 1, maxLength: 30 }), (reservations) =>
        withBooks(async (books) => {
          const spent = { all: 0n, 'https://a.example': 0n, 'https://b.example': 0n }
          for (const step of reservations) {
            const { site, price } = step
            const fits = spent.all + price <= CAPS.mostPerDay && spent[site] + price <= CAPS.mostPerSiteAndDay
            expect(await books.run(step)).toBe(fits ? null : 'LimitReached')
            if (fits) {
              spent.all += price
              spent[site] += price
            }
          }
        }),
      ),
      { numRuns: 25 },
    )
  }, 60_000)

  test('survive a restart at any point', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 25 }), (commands) =>
        withBooks(async (books, name) => {
          for (const step of commands) await books.run(step)
          const before = await books.ledger.list(1_000)
          books.ledger.close()
          const { ledger } = new Books(name)
          await ledger.open()
          try {
            expect(await ledger.list(1_000)).toEqual(before)
            await expectSound(ledger)
          } finally {
            ledger.close()
          }
        }),
      ),
      { numRuns: 15 },
    )
  }, 60_000)
})
