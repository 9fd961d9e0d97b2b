import 'fake-indexeddb/auto'

import { describe, expect, test } from 'vitest'
import { type Ledger, WrongStep } from '@/lib/ledger/ledger'
import { canAdvance, PAYMENT_STATES, type PaymentState } from '@/lib/ledger/states'
import { authorization, CREDENTIAL, existing, openLedger, paymentIn, TRANSACTION } from './books'

const STEPS = {
  sign: (ledger: Ledger, id: string) => ledger.sign(id, authorization()),
  send: (ledger: Ledger, id: string) => ledger.send(id, CREDENTIAL),
  'send again': (ledger: Ledger, id: string) => ledger.resend(id),
  'answer with content': (ledger: Ledger, id: string) => ledger.answer(id, 200, null),
  'answer without': (ledger: Ledger, id: string) => ledger.answer(id, 402, null),
  release: (ledger: Ledger, id: string) => ledger.release(id),
  'hear that nothing was signed': (ledger: Ledger, id: string) => ledger.unsigned(id),
  'give up sending': (ledger: Ledger, id: string) => ledger.unsent(id),
  settle: (ledger: Ledger, id: string) => ledger.settle(id, TRANSACTION),
  expire: (ledger: Ledger, id: string) => ledger.expire(id),
} satisfies Record<string, (ledger: Ledger, id: string) => Promise<unknown>>

type Step = keyof typeof STEPS

/** Where each step leads. What is not listed is a defect of the caller's, and changes nothing. */
const LEADS: Readonly<Record<PaymentState, Partial<Readonly<Record<Step, PaymentState>>>>> = {
  reserved: {
    sign: 'signed',
    release: 'released',
    // An answer or a repetition that comes late says nothing about where the payment stands.
    'send again': 'reserved',
    'give up sending': 'reserved',
    'answer with content': 'reserved',
    'answer without': 'reserved',
  },
  signed: {
    send: 'sent',
    expire: 'expired',
    'hear that nothing was signed': 'released',
    'give up sending': 'signed',
    'send again': 'signed',
    'answer with content': 'signed',
    'answer without': 'signed',
  },
  sent: {
    settle: 'settled',
    expire: 'expired',
    'send again': 'sent',
    'give up sending': 'sent',
    'answer with content': 'sent',
    'answer without': 'unknown',
  },
  unknown: {
    settle: 'settled',
    expire: 'expired',
    'send again': 'sent',
    'give up sending': 'unknown',
    'answer with content': 'unknown',
    'answer without': 'unknown',
  },
  settled: {
    settle: 'settled',
    'send again': 'settled',
    'give up sending': 'settled',
    'answer with content': 'settled',
    'answer without': 'settled',
  },
  expired: {
    expire: 'expired',
    'send again': 'expired',
    'give up sending': 'expired',
    'answer with content': 'expired',
    'answer without': 'expired',
  },
  released: {
    release: 'released',
    'hear that nothing was signed': 'released',
    'send again': 'released',
    'give up sending': 'released',
    'answer with content': 'released',
    'answer without': 'released',
  },
}

const all = PAYMENT_STATES.flatMap((from) =>
  (Object.keys(STEPS) as Step[]).map((step) => ({ from, step, to: LEADS[from][step] })),
)
const allowed = all.filter(({ to }) => to !== undefined)
/** Bytes that ran out before they could be kept are no defect of anybody's: a clock was wrong. */
const isTooLate = ({ from, step }: (typeof all)[number]) => from === 'expired' && step === 'send'
const forbidden = all.filter((one) => one.to === undefined && !isTooLate(one))

describe('a payment', () => {
  test.each(allowed)('that is $from is $to after: $step', async ({ from, step, to }) => {
    const ledger = await openLedger()
    const { id } = await paymentIn(ledger, from)
    await STEPS[step](ledger, id)
    expect((await existing(ledger, id)).state).toBe(to)
  })

  test.each(forbidden)('that is $from cannot: $step', async ({ from, step }) => {
    const ledger = await openLedger()
    const before = await paymentIn(ledger, from)
    await expect(STEPS[step](ledger, before.id)).rejects.toBeInstanceOf(WrongStep)
    expect(await existing(ledger, before.id)).toEqual(before)
  })

  test('that is expired cannot: send, which says that it came too late', async () => {
    const ledger = await openLedger()
    const before = await paymentIn(ledger, 'expired')
    await expect(ledger.send(before.id, CREDENTIAL)).rejects.toMatchObject({ code: 'payment_expiring' })
    expect(await existing(ledger, before.id)).toEqual(before)
  })

  test.each(Object.keys(STEPS) as Step[])('that does not exist cannot: %s', async (step) => {
    const ledger = await openLedger()
    await expect(STEPS[step](ledger, 'nobody')).rejects.toBeInstanceOf(WrongStep)
    expect(await ledger.list(10)).toEqual([])
  })

  test('keeps every state it has been in, with its time', async () => {
    let now = 1_000
    const ledger = await openLedger({ now: () => (now += 1) })
    const { id } = await paymentIn(ledger, 'unknown')
    await ledger.resend(id)
    await ledger.settle(id, TRANSACTION)
    const { history } = await existing(ledger, id)
    expect(history.map(({ state }) => state)).toEqual(['reserved', 'signed', 'sent', 'unknown', 'sent', 'settled'])
    expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => at).toSorted((a, b) => a - b))
  })
})

describe('the states', () => {
  test('that are an end lead nowhere', () => {
    for (const end of ['settled', 'expired', 'released'] as const)
      expect(PAYMENT_STATES.filter((to) => canAdvance(end, to))).toEqual([])
  })

  test('give a budget back only without a signature, or after it ran out', () => {
    expect(PAYMENT_STATES.filter((from) => canAdvance(from, 'released'))).toEqual(['reserved', 'signed'])
    expect(PAYMENT_STATES.filter((from) => canAdvance(from, 'expired'))).toEqual(['signed', 'sent', 'unknown'])
  })

  test('allow one signature for a payment', () => {
    expect(PAYMENT_STATES.filter((from) => canAdvance(from, 'signed'))).toEqual(['reserved'])
  })
})
