import 'fake-indexeddb/auto'

import { encodePaymentResponseHeader } from '@x402/core/http'
import { privateKeyToAddress } from 'viem/accounts'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PaidAnswer, RepeatableRequest } from '@/lib/intercept/interceptor'
import { type Ledger, LimitReached } from '@/lib/ledger/ledger'
import { usd } from '@/lib/money/usd'
import { Checkout, type Order } from '@/lib/payment/checkout'
import { readChallenge } from '@/lib/payment/reading'
import type { Purchase } from '@/lib/payment/sighting'
import { createInterlock } from '@/lib/queue'
import { chooseAccount, importAccount } from '@/lib/wallet/accounts'
import { importVault, lockVault, unlockVault } from '@/lib/wallet/vault'
import { offersIn, payment } from '../challenge/mpp-samples'
import { answer, challengeOf, entry, header, request } from '../challenge/samples'
import { existing, NETWORK, openLedger, USDC } from '../ledger/books'
import { rules } from '../policy/situations'
import { AGENT, readyAgent } from '../wallet/agents'
import { KEY, PAYER } from '../wallet/typed-data'
import { MARKER, sighting } from './sightings'

/** Another account, that can be chosen to pay. */
const OTHER_KEY = `0x${'02'.repeat(32)}` as const
const OTHER = privateKeyToAddress(OTHER_KEY)
const PASSWORD = 'correct horse'
const SLOW = 30_000

/** The browser's part: keeps what it was given to send, and answers when the test says so. */
class Browser {
  readonly sent: {
    readonly request: RepeatableRequest
    readonly credential: Credential
    readonly until: number
    readonly state: unknown
  }[] = []
  readonly answers: ((answer: PaidAnswer) => void)[] = []
  readonly abandoned: string[] = []
  /** Makes it fail: before anything is signed, or when it is to be sent. */
  readonly refusal: { prepare?: Error; send?: Error } = {}
  showing = true
  active = true
  readonly #ledger: Ledger

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  readonly isShowing = async () => this.showing
  readonly isActive = async () => this.active
  readonly abandon = (_tabId: number, marker: string) => void this.abandoned.push(marker)

  readonly prepare: Interceptor['prepare'] = async (request) => {
    if (this.refusal.prepare) throw this.refusal.prepare
    return { send: (credential, until) => this.#send(request, credential, until) }
  }

  async #send(request: RepeatableRequest, credential: Credential, until: number) {
    if (this.refusal.send) throw this.refusal.send
    const [latest] = await this.#ledger.list(1)
    this.sent.push({ request, credential, until, state: latest?.state })
    const { promise, resolve } = Promise.withResolvers<PaidAnswer>()
    this.answers.push(resolve)
    return { answered: promise }
  }
}

function purchase(changes: Parameters<typeof entry>[0] = {}): Purchase {
  const value = header({ accepts: [entry(changes)] })
  const challenge = challengeOf(value)
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
  return { sighting: sighting({ answer: answer([{ name: 'payment-required', value }]) }), challenge, offer }
}

/** Two cents that the rules pay, with nothing against it. */
const order = (changes: Partial<Order> = {}): Order => ({
  ...purchase(),
  decidedBy: 'rules',
  rules: () => rules(),
  behind: false,
  balance: () => null,
  confirm: async () => undefined,
  ...changes,
})

let ledger: Ledger
let browser: Browser
let checkout: Checkout

beforeAll(() => importVault(KEY, PASSWORD), SLOW)
beforeEach(async () => {
  ledger = await openLedger()
  browser = new Browser(ledger)
  checkout = new Checkout(ledger, browser as unknown as Interceptor, createInterlock())
  checkout.want(sighting().target)
})
afterEach(() => {
  vi.useRealTimers()
})

const now = () => Math.floor(Date.now() / 1000)
const lastsFor = (purchased: { authorization?: { validBefore: number } }) =>
  (purchased.authorization?.validBefore ?? 0) - now()
const held = () => ledger.held(PAYER, NETWORK, USDC)

describe('a payment', () => {
  test('is on the books, signed bytes and all, before the browser gets it to send', async () => {
    const { payment } = await checkout.pay(order())
    const row = await existing(ledger, payment.id)
    expect(browser.sent).toEqual([
      {
        request: { ...sighting().target, url: 'https://shop.example/article', method: 'GET' },
        credential: row.credential,
        until: (row.authorization?.validBefore ?? 0) * 1000,
        state: 'sent',
      },
    ])
    expect(row).toMatchObject({ state: 'sent', price: 20_000n, from: PAYER, decidedBy: 'rules' })
  })

  test.each([
    ['rules', 10 ** 6, 120],
    ['user', 10 ** 6, 600],
    ['rules', 30, 30],
    ['user', 30, 30],
  ] as const)('decided by %s, with %i seconds offered, lasts %i', async (decidedBy, maxTimeoutSeconds, seconds) => {
    const { payment } = await checkout.pay(order({ ...purchase({ maxTimeoutSeconds }), decidedBy }))
    expect(lastsFor(payment)).toBeLessThanOrEqual(seconds)
    expect(lastsFor(payment)).toBeGreaterThan(seconds - 10)
  })

  test('among many at once goes through exactly as often as the limit allows', async () => {
    const five = rules({ mostPerDay: usd(100_000n) })
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => checkout.pay(order({ rules: () => five }))),
    )
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown)
    expect(results.length - failures.length).toBe(5)
    for (const failure of failures) expect(failure).toBeInstanceOf(LimitReached)
    expect([browser.sent.length, await held()]).toEqual([5, 100_000n])
  })

  test('among many at once goes through exactly as often as there is money beside what a withdrawal holds', async () => {
    const balance = () => 100_000n
    const to = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
    const draft = { kind: 'withdrawal', network: NETWORK, asset: USDC, units: 50_000n, from: PAYER, to } as const
    const [withdrawal, ...results] = await Promise.allSettled([
      ledger.transfers.begin(draft, balance),
      ...Array.from({ length: 6 }, () => checkout.pay(order({ balance }))),
    ])
    expect(withdrawal.status).toBe('fulfilled')
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(results.length - failures.length).toBe(2)
    for (const failure of failures)
      expect(failure).toMatchObject({
        code: 'insufficient_balance',
        values: { needed: '0.02 USDC', available: '0.01 USDC' },
      })
    expect([browser.sent.length, await held()]).toEqual([2, 90_000n])
  })

  test(
    'gives the budget back when nothing was signed',
    async () => {
      await lockVault()
      await expect(checkout.pay(order())).rejects.toMatchObject({ code: 'wallet_locked' })
      expect(await ledger.list(10)).toMatchObject([{ state: 'released' }])
      expect([browser.sent.length, await held()]).toEqual([0, 0n])
      await unlockVault(PASSWORD)
    },
    SLOW,
  )

  test('is made once for a challenge that the site gives out twice, and holds no money for the second', async () => {
    const [offer] = offersIn([payment()])
    if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
    const twice = await Promise.allSettled([1, 2].map(() => checkout.pay(order({ ...purchase(), offer }))))
    expect(twice.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(twice.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'nonce_used' } })
    expect((await ledger.list(3)).map(({ state }) => state).toSorted()).toEqual(['released', 'sent'])
    expect(await held()).toBe(20_000n)
  })

  test('is not even reserved when its request could not be repeated', async () => {
    browser.refusal.prepare = new TuppenceError('url_not_matchable')
    await expect(checkout.pay(order({ decidedBy: 'user' }))).rejects.toBe(browser.refusal.prepare)
    expect([await ledger.list(10), await held()]).toEqual([[], 0n])
  })

  test('keeps the budget held when something was signed, sent or not', async () => {
    browser.refusal.send = new TuppenceError('page_gone')
    await expect(checkout.pay(order())).rejects.toBe(browser.refusal.send)
    expect(await ledger.list(10)).toMatchObject([{ state: 'unknown', answer: { status: 0 } }])
    expect(await held()).toBe(20_000n)
    expect(await checkout.openPurchases(sighting())).toHaveLength(1)
  })
})

describe('right before it signs, it looks once more', () => {
  const expectNothingSigned = async (decidedBy: 'rules' | 'user') => {
    await expect(checkout.pay(order({ decidedBy }))).rejects.toMatchObject({ code: 'page_gone' })
    expect(await ledger.list(10)).toMatchObject([{ state: 'released' }])
    expect(await ledger.list(10)).not.toMatchObject([{ nonce: expect.anything() }])
    expect([browser.sent.length, await held()]).toEqual([0, 0n])
  }

  test.each(['rules', 'user'] as const)('at whether the page is still there, when decided by %s', async (decidedBy) => {
    browser.showing = false
    await expectNothingSigned(decidedBy)
  })

  test.each(['rules', 'user'] as const)('at whether the page still waits, when decided by %s', async (decidedBy) => {
    checkout.cancel(7, MARKER)
    expect(browser.abandoned).toEqual([MARKER])
    await expectNothingSigned(decidedBy)
  })

  test('at whether anybody looks at the tab, unless nobody has to', async () => {
    browser.active = false
    await expectNothingSigned('rules')
    expect((await checkout.pay(order({ behind: true }))).payment.state).toBe('sent')
  })

  test('at which account pays: one that was chosen meanwhile holds from then on', async () => {
    await importAccount(OTHER_KEY)
    const signing = createInterlock()
    const prepare: Interceptor['prepare'] = async (request) => {
      await signing.change(() => chooseAccount(OTHER))
      return browser.prepare(request)
    }
    checkout = new Checkout(ledger, { ...browser, prepare } as unknown as Interceptor, signing)
    checkout.want(sighting().target)
    await expect(checkout.pay(order())).rejects.toMatchObject({ code: 'not_allowed' })
    expect(await ledger.list(10)).toMatchObject([{ state: 'released', from: PAYER }])
    expect([browser.sent.length, await held()]).toEqual([0, 0n])
    // Begun anew, it is the new one's.
    expect((await checkout.pay(order())).payment.from).toBe(OTHER)
    await chooseAccount(PAYER)
  })

  test('at what else speaks against it', async () => {
    const confirm = vi.fn<Order['confirm']>().mockRejectedValue(new TuppenceError('page_gone'))
    await expect(checkout.pay(order({ confirm }))).rejects.toMatchObject({ code: 'page_gone' })
    expect(confirm).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ state: 'reserved', price: 20_000n }))
    expect(await ledger.list(10)).toMatchObject([{ state: 'released' }])
    expect([browser.sent.length, await held()]).toEqual([0, 0n])
  })
})

describe('the answer', () => {
  const paidAnswer = (status: number, whole = true): PaidAnswer => ({
    status,
    whole: Promise.resolve(whole),
    headers: [
      {
        name: 'Payment-Response',
        value: encodePaymentResponseHeader({ success: true, transaction: '0x01', network: 'eip155:84532' }),
      },
    ],
  })

  test.each([
    [200, 'sent', 0],
    [402, 'unknown', 1],
    [0, 'unknown', 1],
  ] as const)('of %i leaves the payment %s, with its receipt', async (status, state, open) => {
    const { answered } = await checkout.pay(order())
    browser.answers[0]?.(paidAnswer(status))
    expect(await answered).toMatchObject({ state, answer: { status }, receipt: { success: true, transaction: '0x01' } })
    expect(await checkout.openPurchases(sighting())).toHaveLength(open)
  })

  test('that is cut short in the middle leaves the purchase open', async () => {
    const { payment, answered } = await checkout.pay(order())
    browser.answers[0]?.(paidAnswer(200, false))
    await answered
    await expect
      .poll(() => existing(ledger, payment.id))
      .toMatchObject({ state: 'unknown', answer: { status: 200, cutShort: true } })
    expect(await checkout.openPurchases(sighting())).toHaveLength(1)
  })

  test('is waited for: until then the purchase is under way, and nobody joins it', async () => {
    const { answered } = await checkout.pay(order())
    expect(await checkout.openPurchases(sighting())).toEqual([])
    browser.answers[0]?.({ status: 500, headers: [], whole: Promise.resolve(true) })
    await answered
    expect(await checkout.openPurchases(sighting())).toHaveLength(1)
  })
})

describe('an open purchase', () => {
  /** A payment that was answered with an error. */
  async function unanswered() {
    const { answered } = await checkout.pay(order(purchase({ maxTimeoutSeconds: 60 })))
    browser.answers[0]?.({ status: 502, headers: [], whole: Promise.resolve(true) })
    return answered
  }

  test('sends the same bytes again, and signs nothing new', async () => {
    const open = await unanswered()
    const again = await checkout.resend(open, sighting())
    expect(again?.payment).toMatchObject({ id: open.id, state: 'sent', nonce: open.nonce })
    expect(browser.sent.map(({ credential }) => credential)).toEqual([open.credential, open.credential])
    expect([await held(), (await ledger.list(10)).length]).toEqual([20_000n, 1])
    browser.answers[1]?.({ status: 200, headers: [], whole: Promise.resolve(true) })
    await again?.answered
    expect(await checkout.openPurchases(sighting())).toEqual([])
  })

  test('of a page that is being loaded is joined by the same tab loading it again, and by nobody else', async () => {
    const byPage = (tabId: number) => sighting({ target: { via: 'navigation', tabId, documentId: 'document' } })
    const { payment } = await checkout.pay(order({ sighting: byPage(7) }))
    expect(await checkout.openPurchases(byPage(7))).toEqual([payment])
    expect(await checkout.openPurchases(byPage(8))).toEqual([])
    expect(await checkout.openPurchases(sighting())).toEqual([])
  })

  test('sends nothing with less than twenty seconds left', async () => {
    const open = await unanswered()
    const end = (open.authorization?.validBefore ?? 0) * 1000
    vi.useFakeTimers({ toFake: ['Date'], now: end - 19_000 })
    expect(await checkout.resend(open, sighting())).toBeNull()
    vi.setSystemTime(end - 20_000)
    expect(await checkout.resend(open, sighting())).not.toBeNull()
  })
})

describe('what is billed later', () => {
  /** A cent, by pay-per-crawl. */
  function billed(): Purchase {
    const asked = answer([{ name: 'crawler-price', value: 'USD 0.01' }])
    const reading = readChallenge(request(), asked)
    if (!reading.ok) throw new Error(reading.problem)
    const [offer] = reading.challenge.offers
    if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
    return { sighting: sighting({ answer: asked }), challenge: reading.challenge, offer }
  }
  const heldOnCredit = () => ledger.held(AGENT, 'cloudflare:402', 'USD/1000000')

  beforeEach(() => readyAgent(), SLOW)

  test('goes out with all of its headers, for half a minute', async () => {
    const { payment } = await checkout.pay(order(billed()))
    expect(browser.sent[0]?.credential.headers.map(({ name }) => name)).toEqual([
      'crawler-exact-price',
      'Signature-Agent',
      'Signature-Input',
      'Signature',
    ])
    expect(payment).toMatchObject({ from: AGENT, rail: 'deferred', dialect: 'crawler', payTo: 'merchant' })
    expect(lastsFor(payment)).toBeLessThanOrEqual(30)
  })

  test('is never sent a second time: every good signature is a charge', async () => {
    const { answered } = await checkout.pay(order(billed()))
    browser.answers[0]?.({ status: 502, headers: [], whole: Promise.resolve(true) })
    const open = await answered
    expect(open.state).toBe('unknown')
    expect(await checkout.resend(open, sighting())).toBeNull()
    expect(browser.sent).toHaveLength(1)
  })

  test('is free again when it was noted and then not signed: nothing of it was ever sent', async () => {
    const sign = ledger.sign.bind(ledger)
    vi.spyOn(ledger, 'sign').mockImplementationOnce(async (id, authorization) => {
      const signed = await sign(id, authorization)
      await lockVault()
      return signed
    })
    await expect(checkout.pay(order(billed()))).rejects.toMatchObject({ code: 'wallet_locked' })
    expect(await ledger.list(10)).toMatchObject([{ state: 'expired' }])
    expect([browser.sent.length, await heldOnCredit()]).toEqual([0, 0n])
    await unlockVault(PASSWORD)
  })

  test('is given up when the agent is another by the time of the signature', async () => {
    const signing = createInterlock()
    const prepare: Interceptor['prepare'] = async (request) => {
      await signing.change(() => readyAgent('https://other.example'))
      return browser.prepare(request)
    }
    checkout = new Checkout(ledger, { ...browser, prepare } as unknown as Interceptor, signing)
    checkout.want(sighting().target)
    await expect(checkout.pay(order(billed()))).rejects.toMatchObject({ code: 'not_allowed' })
    expect(await ledger.list(10)).toMatchObject([{ state: 'released', from: AGENT }])
    expect([browser.sent.length, await heldOnCredit()]).toEqual([0, 0n])
  })
})
