import 'fake-indexeddb/auto'

import { Dexie } from 'dexie'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Ledger } from '@/lib/ledger/ledger'
import type { PaymentV1 } from '@/lib/ledger/migrations'
import type { Authorization } from '@/lib/ledger/payment'
import { everything, siteScope } from '@/lib/policy/limits'
import { payeeId } from '@/lib/policy/site-record'
import { spentIn } from '@/lib/policy/tally'
import { authorization, CREDENTIAL, draft, limits, NETWORK, openLedger, SHOP, USDC, WALLET } from './books'
import { done, rawDatabase } from './faults'

const NOON = Date.UTC(2026, 10, 21, 12)
const HOUR = 3_600_000
const DAY = 24 * HOUR

let name: string
beforeEach(() => {
  name = crypto.randomUUID()
})

/** A row as version 1 wrote it. Ids are not in the order of time. */
function rowV1(id: string, state: PaymentV1['state'], changes: Partial<PaymentV1> = {}): PaymentV1 {
  const { agent: _, dialect: ___, rail: ____, ...rest } = draft()
  const { method: __, ...signed } = authorization()
  const isSigned = state !== 'reserved' && state !== 'released'
  return {
    ...rest,
    id,
    createdAt: NOON,
    state,
    history: [{ state: 'reserved', at: NOON }],
    counters: ['test/all/day/2026-11-21', 'test/https://shop.example/day/2026-11-21'],
    ...(isSigned && { authorization: signed, nonce: signed.nonce }),
    ...(isSigned && state !== 'signed' && { credential: { header: 'PAYMENT-SIGNATURE', value: 'signed' } }),
    ...(['signed', 'sent', 'unknown'].includes(state) && { open: rest.request }),
    ...changes,
  }
}

/** A database as version 1 left it. */
async function asVersion1(rows: readonly PaymentV1[], clockAt = NOON): Promise<void> {
  const db = new Dexie(name)
  db.version(1).stores({
    payments: 'id, state, open, &nonce, [createdAt+id], [request+createdAt]',
    counters: 'key',
    clock: 'key',
  })
  await db.table('payments').bulkAdd([...rows])
  await db.table('counters').bulkAdd([
    { key: 'test/all/day/2026-11-21', total: 1n },
    { key: `held/${WALLET.toLowerCase()}/${NETWORK}/${USDC}`, total: 1n },
  ])
  await db.table('clock').add({ key: 'highest', at: clockAt })
  db.close()
}

const ROWS = [
  rowV1('z', 'settled', { createdAt: NOON - 3 * DAY, answer: { status: 402, at: NOON } }),
  rowV1('y', 'expired', { createdAt: NOON - 2 * DAY }),
  rowV1('x', 'unknown', { createdAt: NOON - DAY, answer: { status: 500, at: NOON } }),
  rowV1('w', 'sent', { answer: { status: 200, at: NOON }, open: undefined } as unknown as Partial<PaymentV1>),
  rowV1('v', 'signed'),
  rowV1('u', 'released'),
]

describe('a database of version 1', () => {
  test('keeps every row, with what version 2 knows besides', async () => {
    await asVersion1(ROWS)
    const ledger = await openLedger({ name, now: () => NOON })
    expect(ledger.trouble).toBeNull()
    const rows = await ledger.list(100)
    expect(rows.map(({ id }) => id)).toEqual(['w', 'v', 'u', 'x', 'y', 'z'])
    const [row] = ROWS
    const { counters: _, authorization: signed, credential: __, ...rest } = row as PaymentV1
    expect(await ledger.get('z')).toEqual({
      ...rest,
      agent: null,
      dialect: 'x402-v2',
      rail: 'exact-eip3009',
      credential: CREDENTIAL,
      scopes: [everything('test'), siteScope('test', SHOP)],
      day: '2026-11-18',
      authorization: { ...(signed as Omit<Authorization, 'method'>), method: 'eip3009' },
    })
    expect(await ledger.get('u')).not.toHaveProperty('authorization')
  })

  test('has its totals, holds and sites worked out from the rows', async () => {
    await asVersion1(ROWS)
    const ledger = await openLedger({ name, now: () => NOON })
    const scope = everything('test')
    const tally = (await ledger.tallies([scope]))(scope)
    const windows = (['day', 'week', 'month'] as const).map((window) => spentIn(tally, window, '2026-11-21'))
    expect(windows).toEqual([40_000n, 80_000n, 80_000n])
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(60_000n)
    expect(await ledger.siteRecord({ network: NETWORK, site: SHOP })).toEqual({
      payees: [payeeId(draft())],
      // The latest answer brought its content.
      fruitless: 0,
      denied: false,
    })
    expect(await ledger.isSound()).toBe(true)
  })

  test('is not refilled: what version 1 had spent today still counts', async () => {
    await asVersion1(ROWS)
    const ledger = await openLedger({ name, now: () => NOON })
    await expect(ledger.reserve(draft(), limits(59_999n))).rejects.toMatchObject({ name: 'LimitReached' })
    await ledger.reserve(draft(), limits(60_000n))
  })

  test("keeps the ledger's clock, with its day", async () => {
    await asVersion1(ROWS, NOON + DAY)
    const ledger = await openLedger({ name, now: () => NOON })
    expect(await ledger.moment()).toEqual({ now: NOON + DAY, day: '2026-11-22' })
  })

  test('finds its open purchases and unfinished payments as before', async () => {
    await asVersion1(ROWS)
    const ledger = await openLedger({ name, now: () => NOON })
    expect((await ledger.openPurchases(draft().request)).map(({ id }) => id).toSorted()).toEqual(['v', 'x'])
    expect((await ledger.unfinished()).map(({ id }) => id).toSorted()).toEqual(['v', 'w', 'x'])
    await ledger.expire('v')
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(40_000n)
  })

  test('that is empty is one of today', async () => {
    await asVersion1([])
    const ledger = await openLedger({ name, now: () => NOON })
    await ledger.reserve(draft(), limits())
    expect(await ledger.isSound()).toBe(true)
  })

  test('is migrated once: opened again, nothing changes', async () => {
    await asVersion1(ROWS)
    const first = await openLedger({ name, now: () => NOON })
    const rows = await first.list(100)
    first.close()
    const again = await openLedger({ name, now: () => NOON })
    expect(await again.list(100)).toEqual(rows)
    expect((await rawDatabase(name)).version).toBe(40)
  })
})

describe('a database of version 2', () => {
  /** As version 2 left it: what there is now, without the transfers. */
  async function asVersion2(): Promise<void> {
    const today = await openLedger({ name, now: () => NOON })
    const { id } = await today.reserve(draft(), limits())
    await today.sign(id, authorization())
    today.close()
    const [source, target] = [await rawDatabase(name), new Dexie(`${name}-2`)]
    target.version(2).stores({
      payments: 'id, state, open, &nonce, [createdAt+id], [request+createdAt]',
      tallies: 'scope',
      holds: 'key',
      sites: 'scope',
      clock: 'key',
    })
    for (const table of ['payments', 'tallies', 'holds', 'sites', 'clock'])
      await target.table(table).bulkAdd(await done(source.transaction(table).objectStore(table).getAll()))
    target.close()
  }

  test('keeps all that is in it, and has room for transfers', async () => {
    await asVersion2()
    const before = await openLedger({ name, now: () => NOON })
    const ledger = await openLedger({ name: `${name}-2`, now: () => NOON })
    expect(ledger.trouble).toBeNull()
    expect(await ledger.list(10)).toEqual(await before.list(10))
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(20_000n)
    expect(await ledger.isSound()).toBe(true)
    expect(await ledger.transfers.list(10)).toEqual([])
    const account = { network: NETWORK, asset: USDC, from: WALLET, to: SHOP } as const
    await ledger.transfers.begin({ kind: 'withdrawal', units: 1n, ...account }, () => 20_001n)
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(20_001n)
  })
})

describe('a database of a later version', () => {
  /** As a version 5 of Tuppence might leave it. */
  async function asVersion5(): Promise<void> {
    const today = await openLedger({ name, now: () => NOON })
    await today.reserve(draft(), limits())
    today.close()
    const upgrade = indexedDB.open(name, 50)
    upgrade.onupgradeneeded = () => upgrade.result.createObjectStore('invoices')
    await new Promise((resolve) => {
      upgrade.onsuccess = resolve
    })
    upgrade.result.close()
  }

  test('is said to be one, and its history can be read', async () => {
    await asVersion5()
    const ledger = await openLedger({ name, now: () => NOON })
    expect(ledger.trouble).toBe('newer')
    expect(await ledger.list(10)).toMatchObject([{ state: 'reserved', price: 20_000n }])
  })

  test('is never written: nothing can be paid', async () => {
    await asVersion5()
    const ledger = await openLedger({ name, now: () => NOON })
    const [row] = await ledger.list(10)
    const id = row?.id ?? ''
    const writes = [
      () => ledger.reserve(draft(), limits()),
      () => ledger.sign(id, authorization()),
      () => ledger.release(id),
      () => ledger.recount(),
    ]
    for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'books_unusable' })
    await ledger.open()
    expect(ledger.trouble).toBe('newer')
    expect(await ledger.list(10)).toEqual([row])
    ledger.close()
    // Version 4 finds it as it was.
    expect((await rawDatabase(name)).version).toBe(50)
  })
})

describe('a database that cannot be opened', () => {
  test('is trouble, no error, until it can be', async () => {
    // Dexie says that it tries again.
    vi.spyOn(console, 'warn').mockReturnValue(undefined)
    const { open } = IDBFactory.prototype
    IDBFactory.prototype.open = () => {
      throw new DOMException('Corrupted.', 'UnknownError')
    }
    const ledger = new Ledger({ name, now: () => NOON })
    try {
      await ledger.open()
      expect(ledger.trouble).toBe('unreadable')
      await expect(ledger.reserve(draft(), limits())).rejects.toMatchObject({ code: 'books_unusable' })
      await expect(ledger.list(1)).rejects.toMatchObject({ code: 'books_unusable' })
      await ledger.open()
      expect(ledger.trouble).toBe('unreadable')
    } finally {
      IDBFactory.prototype.open = open
    }
    await ledger.open()
    expect(ledger.trouble).toBeNull()
    await ledger.reserve(draft(), limits())
    ledger.close()
  })
})
