import 'fake-indexeddb/auto'

import { toHex } from 'viem'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import type { Ledger } from '@/lib/ledger/ledger'
import { PAYMENT_STATES, type PaymentState } from '@/lib/ledger/states'
import { usd } from '@/lib/money/usd'
import { Reconciler } from '@/lib/payment/reconciler'
import { viewPayment } from '@/lib/payment/views'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Relay, type RpcAnswer, startRelay } from '../../chain/relay'
import { authorization, existing, NETWORK, openLedger, paymentIn, USDC, WALLET } from '../ledger/books'

const MINUTE = 60_000
const ALARM = 'reconcile'

beforeEach(() => {
  fakeBrowser.reset()
})
afterEach(() => {
  vi.useRealTimers()
})

async function oneOfEach(ledger: Ledger) {
  const payments = await Promise.all(PAYMENT_STATES.map((state) => paymentIn(ledger, state)))
  const delivered = await paymentIn(ledger, 'sent')
  await ledger.answer(delivered.id, 200, null)
  return [...payments, delivered].map(({ id }) => id)
}

/** A server on whose chain no nonce was ever used, at a time that the test sets. */
async function startServer(time: number): Promise<Relay & { setTime(time: number): void }> {
  const relay = await startRelay('http://127.0.0.1:9/')
  onTestFinished(() => relay.stop())
  let now = time
  const answers: Record<string, () => unknown> = {
    eth_chainId: () => '0x14a34',
    eth_blockNumber: () => '0x64',
    eth_call: () => toHex(0n, { size: 32 }),
    eth_getBlockByNumber: () => ({ number: '0x63', timestamp: toHex(now), transactions: [] }),
  }
  const answer: RpcAnswer = ({ method }) => answers[method]?.()
  const setTime = (time: number) => {
    now = time
  }
  await setRpcUrl(NETWORK, relay.url)
  return Object.assign(relay, { answer, setTime })
}

/** No authorization of these tests is over yet, or all are. */
const [EARLY, LATE] = [1_900_000_000, authorization().validBefore + 31]

/** So many payments of unknown outcome. */
async function unknowns(ledger: Ledger, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made++) ids.push((await paymentIn(ledger, 'unknown', { price: usd(1n) })).id)
  return ids
}

/** Only the clock: what waits goes on waiting. */
const setClock = (time: number) => vi.useFakeTimers({ toFake: ['Date'], now: time })

describe('after a start', () => {
  test('what was never signed is given up, and what was under way is of unknown outcome', async () => {
    const ledger = await openLedger()
    const ids = await oneOfEach(ledger)
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.recover()
    await reconciler.lookAtAll()
    const states = await Promise.all(ids.map(async (id) => (await existing(ledger, id)).state))
    const expected: PaymentState[] = [
      'released',
      'signed',
      'unknown',
      'settled',
      'unknown',
      'expired',
      'released',
      'sent',
    ]
    expect(states).toEqual(expected)
    // What may have been paid stays held: signed, of unknown outcome (two), and delivered.
    expect(await ledger.held(WALLET, NETWORK, USDC)).toBe(80_000n)
  })

  test('recovering twice changes nothing more', async () => {
    const ledger = await openLedger()
    await oneOfEach(ledger)
    const reconcilers = [new Reconciler(ledger, new Balances()), new Reconciler(ledger, new Balances())]
    await reconcilers[0]?.recover()
    const once = await ledger.list(100)
    for (const reconciler of reconcilers) {
      await reconciler.recover()
      await reconciler.lookAtAll()
    }
    expect(await ledger.list(100)).toEqual(once)
  })

  test('what would be billed and was never sent is free again, and what was sent is not', async () => {
    const ledger = await openLedger()
    const onCredit = { network: 'cloudflare:402', asset: 'USD', rail: 'deferred' } as const
    const [signed, sent] = [await paymentIn(ledger, 'signed', onCredit), await paymentIn(ledger, 'sent', onCredit)]
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.recover()
    await reconciler.lookAtAll()
    expect((await existing(ledger, signed.id)).state).toBe('expired')
    const unknown = await existing(ledger, sent.id)
    expect(unknown.state).toBe('unknown')
    // Nobody can be asked, however often.
    expect(await reconciler.look(unknown)).toEqual(unknown)
    expect(await fakeBrowser.alarms.get(ALARM)).toBeUndefined()
  })

  test('what is open is put to the chain', async () => {
    await startServer(LATE)
    const ledger = await openLedger()
    const ids = await unknowns(ledger, 3)
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.recover()
    await vi.waitFor(async () => {
      for (const id of ids) expect((await existing(ledger, id)).state).toBe('expired')
    })
    await reconciler.lookAtDue()
  })
})

describe('a look', () => {
  test('proves nothing without anybody to ask', async () => {
    const ledger = await openLedger()
    const payment = await paymentIn(ledger, 'unknown')
    expect(await new Reconciler(ledger, new Balances()).look(payment)).toEqual(payment)
    expect(await existing(ledger, payment.id)).toEqual(payment)
  })

  test('leaves what is under way alone, and what was answered without anybody to ask as the site reported it', async () => {
    const ledger = await openLedger()
    const underway = await paymentIn(ledger, 'sent')
    const delivered = await paymentIn(ledger, 'sent')
    await ledger.answer(delivered.id, 200, { success: true, transaction: null, errorReason: null })
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.lookAtAll()
    expect((await existing(ledger, delivered.id)).state).toBe('sent')
    await startServer(LATE)
    await reconciler.lookAtAll()
    expect((await existing(ledger, delivered.id)).state).toBe('expired')
    expect((await existing(ledger, underway.id)).state).toBe('sent')
  })

  test('at all of them is one run, however many ask for it meanwhile', async () => {
    const server = await startServer(EARLY)
    const ledger = await openLedger()
    await unknowns(ledger, 3)
    const reconciler = new Reconciler(ledger, new Balances())
    const runs = [reconciler.lookAtAll(), reconciler.lookAtAll()]
    expect(runs[0]).toBe(runs[1])
    await Promise.all(runs)
    expect(server.asked.filter((method) => method === 'eth_call')).toHaveLength(3)
    await reconciler.lookAtAll()
    expect(server.asked.filter((method) => method === 'eth_call')).toHaveLength(6)
  })

  test('that fails at one payment still takes place at the others', async () => {
    await startServer(LATE)
    const ledger = await openLedger()
    await unknowns(ledger, 3)
    vi.spyOn(ledger, 'expire').mockRejectedValueOnce(new Error('on purpose'))
    vi.spyOn(console, 'error').mockImplementationOnce(() => undefined)
    await new Reconciler(ledger, new Balances()).lookAtAll()
    expect(await ledger.unfinished()).toHaveLength(1)
  })
})

describe('the alarm', () => {
  test('is there while a payment is unfinished, and keeps its minute', async () => {
    const server = await startServer(EARLY)
    const ledger = await openLedger()
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.lookAtDue()
    expect(await fakeBrowser.alarms.get(ALARM)).toBeFalsy()

    await reconciler.follow(await paymentIn(ledger, 'unknown'))
    const alarm = await fakeBrowser.alarms.get(ALARM)
    expect(alarm).toMatchObject({ periodInMinutes: 1 })
    await reconciler.lookAtAll()
    await reconciler.follow(await paymentIn(ledger, 'unknown'))
    expect(await fakeBrowser.alarms.get(ALARM)).toEqual(alarm)

    server.setTime(LATE)
    await reconciler.lookAtAll()
    expect(await fakeBrowser.alarms.get(ALARM)).toBeFalsy()
  })

  test('is not there when nobody can be asked', async () => {
    const ledger = await openLedger()
    const reconciler = new Reconciler(ledger, new Balances())
    await reconciler.follow(await paymentIn(ledger, 'unknown'))
    await reconciler.lookAtAll()
    expect(await fakeBrowser.alarms.get(ALARM)).toBeFalsy()
  })

  test('calls back, and no other does', async () => {
    const listener = vi.fn()
    new Reconciler(await openLedger(), new Balances()).onAlarm(listener)
    await fakeBrowser.alarms.onAlarm.trigger({ name: 'approval:1', scheduledTime: 0, persistAcrossSessions: false })
    expect(listener).not.toHaveBeenCalled()
    await fakeBrowser.alarms.onAlarm.trigger({ name: ALARM, scheduledTime: 0, persistAcrossSessions: false })
    expect(listener).toHaveBeenCalledOnce()
  })
})

describe('looking at what is due', () => {
  test('asks little at a time, and gets round to everybody', async () => {
    const server = await startServer(EARLY)
    const ledger = await openLedger()
    await unknowns(ledger, 50)
    const reconciler = new Reconciler(ledger, new Balances())
    const rounds: number[] = []
    for (let round = 0; round < 4; round++) {
      server.asked = []
      await reconciler.lookAtDue()
      rounds.push(server.asked.filter((method) => method === 'eth_call').length)
      expect(server.asked.length).toBeLessThan(25)
    }
    expect(rounds).toEqual([20, 20, 10, 0])
  })

  test('asks once while nobody answers, whatever waits', async () => {
    const server = await startServer(EARLY)
    server.answer = () => {
      throw new Error('overloaded')
    }
    const ledger = await openLedger()
    await unknowns(ledger, 30)
    const before = await ledger.list(100)
    await new Reconciler(ledger, new Balances()).lookAtDue()
    expect(server.asked).toHaveLength(2)
    expect(await ledger.list(100)).toEqual(before)
  })

  test('looks at a payment the more seldom the older it is, also after the background was ended', async () => {
    const server = await startServer(EARLY)
    const start = Date.now()
    const ledger = await openLedger()
    await unknowns(ledger, 1)
    const looksWithin = async (from: number, minutes: number) => {
      server.asked = []
      for (let minute = 0; minute < minutes; minute++) {
        setClock(start + (from + minute) * MINUTE)
        await new Reconciler(ledger, new Balances()).lookAtDue()
      }
      return server.asked.filter((method) => method === 'eth_call').length
    }
    expect(await looksWithin(0, 6)).toBe(6)
    expect(await looksWithin(60, 60)).toBeLessThan(10)
    const DAY = 24 * 60
    expect(await looksWithin(DAY, 60)).toBe(1)
  })

  test('is not put off by a clock that was set back', async () => {
    const server = await startServer(EARLY)
    const ledger = await openLedger()
    await unknowns(ledger, 1)
    await new Reconciler(ledger, new Balances()).lookAtDue()
    setClock(Date.now() - 24 * 60 * MINUTE)
    server.setTime(LATE)
    await new Reconciler(ledger, new Balances()).lookAtDue()
    expect(await ledger.unfinished()).toEqual([])
  })
})

describe('what a screen is shown of a payment', () => {
  test('never has the signed bytes or the digest', async () => {
    const ledger = await openLedger()
    for (const state of PAYMENT_STATES) {
      const view = viewPayment(await paymentIn(ledger, state))
      expect(view).toMatchObject({ state, price: 20_000n, site: 'https://shop.example' })
      expect(view).not.toHaveProperty('credential')
      expect(view).not.toHaveProperty('authorization')
    }
  })
})
