import 'fake-indexeddb/auto'

import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Ledger } from '@/lib/ledger/ledger'
import { TRANSFER_STATES, type Transfer, type TransferDraft, type TransferState } from '@/lib/ledger/transfer'
import { authorization, draft, limits, NETWORK, openLedger, paymentIn, TRANSACTION, USDC, WALLET } from './books'
import { rawDatabase } from './faults'

const ELSEWHERE = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const BALANCE = 100_000n
const over = { name: 'TuppenceError', code: 'transfer_over' }

const account = { network: NETWORK, asset: USDC } as const
const withdrawal = (units = 30_000n): TransferDraft => ({
  kind: 'withdrawal',
  units,
  from: WALLET,
  to: ELSEWHERE,
  ...account,
})
const topUp = (units = 30_000n): TransferDraft => ({ kind: 'top_up', units, from: ELSEWHERE, to: WALLET, ...account })

let ledger: Ledger
beforeEach(async () => {
  ledger = await openLedger()
})
const held = () => ledger.held(WALLET, NETWORK, USDC)
const begin = (one: TransferDraft = withdrawal()) => ledger.transfers.begin(one, () => BALANCE)

/** The steps by their names, as the service takes them. */
const STEPS: Readonly<Record<string, (id: string) => Promise<Transfer>>> = {
  sign: (id) => ledger.transfers.sign(id, authorization()),
  keepSignature: (id) => ledger.transfers.keepSignature(id, '0x51'),
  send: (id) => ledger.transfers.send(id, TRANSACTION),
  takeBack: (id) => ledger.transfers.takeBack(id, 7n),
  settle: (id) => ledger.transfers.settle(id, TRANSACTION, 7n),
  fail: (id) => ledger.transfers.fail(id, 7n),
  expire: (id) => ledger.transfers.expire(id),
  release: (id) => ledger.transfers.release(id),
  loseSight: (id) => ledger.transfers.loseSight(id),
}
async function walk(one: TransferDraft, ...steps: string[]): Promise<Transfer> {
  let transfer = await begin(one)
  for (const step of steps) transfer = (await STEPS[step]?.(transfer.id)) ?? transfer
  return transfer
}

describe('a withdrawal', () => {
  test('holds its units until the chain has spoken', async () => {
    const { id } = await begin()
    expect(await held()).toBe(30_000n)
    await ledger.transfers.sign(id, authorization())
    await ledger.transfers.keepSignature(id, '0x51')
    await ledger.transfers.send(id, TRANSACTION)
    expect(await held()).toBe(30_000n)
    const { state, history, transaction, fee } = await ledger.transfers.settle(id, TRANSACTION, 7n)
    expect({ state, transaction, fee }).toEqual({ state: 'settled', transaction: TRANSACTION, fee: 7n })
    expect(history.map((step) => step.state)).toEqual(['reserved', 'signed', 'sent', 'settled'])
    expect(await held()).toBe(0n)
  })

  test.each([
    ['released before it was signed', ['release']],
    ['run out unused', ['sign', 'expire']],
    ['handed in and run out', ['sign', 'send', 'expire']],
    ['seen though nobody named its transaction', ['sign', 'settle']],
  ])('frees its units once it is %s', async (_, steps) => {
    await walk(withdrawal(), ...steps)
    expect(await held()).toBe(0n)
    expect(await ledger.isSound()).toBe(true)
  })

  test('cannot take what there is not, or what is not known to be there', async () => {
    const insufficient = { code: 'insufficient_balance' }
    await expect(begin(withdrawal(BALANCE + 1n))).rejects.toMatchObject(insufficient)
    await expect(ledger.transfers.begin(withdrawal(), () => null)).rejects.toMatchObject(insufficient)
    expect(await ledger.transfers.list(10)).toEqual([])
    expect(await held()).toBe(0n)
    await begin(withdrawal(BALANCE))
  })

  test('cannot take what a payment holds, nor a second one what the first does', async () => {
    await paymentIn(ledger, 'sent', { units: 20_000n })
    await expect(begin(withdrawal(80_001n))).rejects.toMatchObject({ code: 'insufficient_balance' })
    await begin(withdrawal(50_000n))
    await expect(begin(withdrawal(30_001n))).rejects.toMatchObject({ code: 'insufficient_balance' })
    await begin(withdrawal(30_000n))
    expect(await held()).toBe(BALANCE)
  })

  test('among a hundred at once gets through as often as there is money', async () => {
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => begin(withdrawal(3_000n))))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(33)
    expect(await held()).toBe(99_000n)
  })

  test('counts against no limit', async () => {
    await begin(withdrawal(BALANCE))
    await ledger.reserve(draft({ units: 20_000n }), limits(20_000n))
    expect((await ledger.tallies(['test/all']))('test/all').days).toEqual({ [ledger.moment().day]: 20_000n })
  })

  test('is signed once: not again after its transaction failed, and with no nonce that was used', async () => {
    const { id, nonce } = await walk(withdrawal(), 'sign', 'keepSignature', 'send', 'takeBack')
    await expect(ledger.transfers.sign(id, authorization())).rejects.toMatchObject(over)
    await expect(ledger.transfers.keepSignature(id, '0x52')).rejects.toMatchObject(over)
    expect(await ledger.transfers.get(id)).toMatchObject({ state: 'signed', nonce, signature: '0x51', fee: 7n })
    expect(await held()).toBe(30_000n)
    const second = await begin()
    const reused = ledger.transfers.sign(second.id, authorization({ nonce: nonce as `0x${string}` }))
    await expect(reused).rejects.toMatchObject({ name: 'ConstraintError' })
    expect((await ledger.transfers.get(second.id))?.state).toBe('reserved')
  })

  test('keeps its signature only once it is noted what is signed', async () => {
    const { id } = await begin()
    await expect(ledger.transfers.keepSignature(id, '0x51')).rejects.toMatchObject(over)
  })
})

describe('a top-up', () => {
  test('holds nothing, and needs nothing to be there', async () => {
    const { id } = await ledger.transfers.begin(topUp(10n ** 12n))
    await ledger.transfers.send(id, TRANSACTION)
    expect(await held()).toBe(0n)
    expect(await ledger.held(ELSEWHERE, NETWORK, USDC)).toBe(0n)
    expect(await ledger.transfers.settle(id, TRANSACTION, null)).not.toHaveProperty('fee')
    expect(await ledger.isSound()).toBe(true)
  })
})

describe('the states', () => {
  const TABLE: Readonly<
    Record<TransferDraft['kind'], Readonly<Record<string, Partial<Record<string, TransferState>>>>>
  > = {
    withdrawal: {
      '': { sign: 'signed', release: 'released' },
      sign: { keepSignature: 'signed', send: 'sent', settle: 'settled', expire: 'expired' },
      'sign send': { takeBack: 'signed', settle: 'settled', expire: 'expired' },
      release: { release: 'released' },
      'sign settle': { settle: 'settled' },
      'sign expire': { expire: 'expired' },
    },
    top_up: {
      '': { send: 'sent', release: 'released', loseSight: 'unknown' },
      send: { settle: 'settled', fail: 'failed', loseSight: 'unknown' },
      'send settle': { settle: 'settled' },
      'send fail': { fail: 'failed' },
      loseSight: { loseSight: 'unknown' },
    },
  }
  const cases = (['withdrawal', 'top_up'] as const).flatMap((kind) =>
    Object.entries(TABLE[kind]).map(([path, allowed]) => ({ kind, path, allowed })),
  )

  test.each(cases)(
    'of a $kind after "$path" lead where they should and nowhere else',
    async ({ kind, path, allowed }) => {
      for (const step of Object.keys(STEPS)) {
        const { id, state } = await walk(
          kind === 'withdrawal' ? withdrawal(1n) : topUp(1n),
          ...path.split(' ').filter(Boolean),
        )
        const after = STEPS[step]?.(id)
        if (allowed[step]) expect((await after)?.state).toBe(allowed[step])
        else await expect(after, step).rejects.toMatchObject(over)
        expect((await ledger.transfers.get(id))?.state).toBe(allowed[step] ?? state)
      }
      expect(await ledger.isSound()).toBe(true)
    },
  )

  test('are all told apart', () => {
    expect(new Set(TRANSFER_STATES).size).toBe(TRANSFER_STATES.length)
  })
})

describe('the books', () => {
  test('find what is open, and give all of it newest first', async () => {
    const first = await walk(withdrawal(1n), 'sign')
    const done = await walk(withdrawal(1n), 'release')
    const last = await walk(topUp(), 'send')
    expect((await ledger.transfers.unfinished()).map(({ id }) => id).toSorted()).toEqual([first.id, last.id].toSorted())
    const listed = await ledger.transfers.list(10)
    expect(listed).toHaveLength(3)
    expect(listed.map(({ createdAt }) => createdAt)).toEqual(
      listed.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
    )
    expect(listed.map(({ id }) => id)).toContain(done.id)
    expect(await ledger.transfers.list(1)).toHaveLength(1)
  })

  test('hold the same after a recount, and say when they do not', async () => {
    await walk(withdrawal(10_000n), 'sign')
    await paymentIn(ledger, 'unknown')
    expect(await ledger.isSound()).toBe(true)
    await ledger.recount()
    expect(await held()).toBe(30_000n)
    expect(await ledger.isSound()).toBe(true)
  })

  test('are unsound when a withdrawal’s hold is gone, until they are counted again', async () => {
    const name = crypto.randomUUID()
    ledger = await openLedger({ name })
    await begin()
    ledger.close()
    const raw = await rawDatabase(name)
    await new Promise((resolve) => {
      const clearing = raw.transaction('holds', 'readwrite')
      clearing.objectStore('holds').clear()
      clearing.oncomplete = resolve
    })
    raw.close()
    await ledger.open()
    expect(await ledger.isSound()).toBe(false)
    await ledger.recount()
    expect(await ledger.isSound()).toBe(true)
    expect(await held()).toBe(30_000n)
  })

  test('tell of every change, once it is made', async () => {
    const onTransfer = vi.fn()
    ledger = await openLedger({ onTransfer })
    const { id } = await begin()
    await ledger.transfers.release(id)
    await expect(ledger.transfers.release('nobody')).rejects.toMatchObject(over)
    expect(onTransfer).toHaveBeenCalledTimes(2)
  })
})
