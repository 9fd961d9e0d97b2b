import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Interceptor, SeenAnswer } from '@/lib/intercept/interceptor'
import type { Payment } from '@/lib/ledger/payment'
import type { PageRequest } from '@/lib/page/wire'
import type { Orchestrator, Outcome } from '@/lib/payment/orchestrator'
import { pageHandlers, payOutcome } from '@/lib/payment/page-requests'
import { because, REFUSE_REASONS } from '@/lib/policy/reasons'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { payment } from '../challenge/mpp-samples'
import { answer, entry, header } from '../challenge/samples'
import { auto, SHOP } from '../policy/situations'
import { MARKER, sighting } from './sightings'

const PAGE = { tabId: 7, documentId: 'document', origin: SHOP, url: `${SHOP}/` }
const REQUEST: PageRequest = { marker: MARKER, method: 'GET', url: `${SHOP}/article`, bodyDigest: null, answered: null }
const HEADERS = [
  { name: 'Payment-Required', value: header() },
  { name: 'Date', value: 'Sat, 21 Nov 2026 12:00:00 GMT' },
]
const SEEN: SeenAnswer = {
  url: REQUEST.url,
  method: 'GET',
  status: 402,
  headers: [...HEADERS, { name: 'Set-Cookie', value: 'secret' }],
  fromCache: false,
  byWorker: false,
}

const interceptor = { watch: vi.fn(), seenAnswer: vi.fn<Interceptor['seenAnswer']>() }
const orchestrator = {
  consider: vi.fn<Orchestrator['consider']>(),
  isAsking: vi.fn<Orchestrator['isAsking']>(),
  cancel: vi.fn<Orchestrator['cancel']>(),
}
const ruleBook = new RuleBook(createInterlock())
const handlers = pageHandlers(
  interceptor as unknown as Interceptor,
  orchestrator as unknown as Orchestrator,
  ruleBook,
  {
    arrived: () => undefined,
  },
)

beforeEach(() => {
  fakeBrowser.reset()
  vi.resetAllMocks()
  interceptor.seenAnswer.mockResolvedValue(SEEN)
  orchestrator.isAsking.mockReturnValue(false)
  orchestrator.consider.mockResolvedValue({ kind: 'paying', payment: {} as Payment })
})

describe('a page that asks to pay', () => {
  const pay = (changes: Partial<PageRequest> = {}, options: { maxAmount?: string; reason?: string } = {}) =>
    handlers.pay(PAGE, { kind: 'pay', request: { ...REQUEST, ...changes }, ...options })

  test('is taken at the word of the browser: its origin, and the 402 that was seen', async () => {
    expect(await pay({}, { maxAmount: '0.05', reason: ' weather\u202E\n' })).toEqual({ kind: 'repeat' })
    expect(interceptor.seenAnswer).toHaveBeenCalledExactlyOnceWith(PAGE, MARKER)
    expect(orchestrator.consider).toHaveBeenCalledExactlyOnceWith(
      sighting({ answer: answer(HEADERS), pageMaximum: '0.05', reason: 'weather' }),
    )
  })

  test('says what its 402 says, which counts where no header asks for a payment', async () => {
    await pay({ answered: 'its own words' })
    expect(orchestrator.consider).toHaveBeenLastCalledWith(sighting({ answer: answer(HEADERS) }))
    interceptor.seenAnswer.mockResolvedValue({ ...SEEN, headers: HEADERS.slice(1) })
    await pay({ answered: 'its own words' })
    const body = { text: 'its own words', from: 'page' } as const
    expect(orchestrator.consider).toHaveBeenLastCalledWith(sighting({ answer: { ...answer(HEADERS.slice(1)), body } }))
  })

  test.each(['-1', '1e3', 'all', '', '0x1', '0.0000001', '$1'])(
    'up to %j is refused: that is no amount',
    async (maxAmount) => {
      expect(await pay({}, { maxAmount })).toEqual({ kind: 'refused', code: 'invalid_options' })
      expect(orchestrator.consider).not.toHaveBeenCalled()
    },
  )

  test('for a 402 out of the browser’s cache has to ask the site anew', async () => {
    interceptor.seenAnswer.mockResolvedValue({ ...SEEN, fromCache: true })
    expect(await pay()).toEqual({ kind: 'again' })
    expect(orchestrator.consider).not.toHaveBeenCalled()
  })

  test('through its own service worker has that one’s request paid', async () => {
    interceptor.seenAnswer.mockResolvedValue({ ...SEEN, byWorker: true })
    await pay()
    expect(orchestrator.consider.mock.calls[0]?.[0].target).toMatchObject({ worker: SHOP })
  })

  test('for a 402 that nobody saw is refused', async () => {
    interceptor.seenAnswer.mockResolvedValue(null)
    expect(await pay()).toEqual({ kind: 'refused', code: 'not_payable' })
    expect(orchestrator.consider).not.toHaveBeenCalled()
  })

  test.each([
    ['another address', { url: `${SHOP}/other` }],
    ['another method', { method: 'POST' }],
  ])('for a 402 of %s cannot have its request repeated', async (_, changes) => {
    await pay(changes)
    expect(orchestrator.consider.mock.calls[0]?.[0]).toMatchObject({ obstacle: 'redirected' })
  })

  test('for what it could not have read itself is refused', async () => {
    const allowing = (...origins: string[]) => origins.map((value) => ({ name: 'Access-Control-Allow-Origin', value }))
    const elsewhere = { ...SEEN, url: 'https://api.example/weather' }
    const request = { url: elsewhere.url }
    for (const allowed of [allowing(), allowing('https://other.example'), allowing('null')]) {
      interceptor.seenAnswer.mockResolvedValue({ ...elsewhere, headers: [...HEADERS, ...allowed] })
      expect(await pay(request)).toEqual({ kind: 'refused', code: 'not_payable' })
    }
    expect(orchestrator.consider).not.toHaveBeenCalled()
    for (const allowed of [allowing('*'), allowing(SHOP)]) {
      interceptor.seenAnswer.mockResolvedValue({ ...elsewhere, headers: [...HEADERS, ...allowed] })
      expect(await pay(request)).toEqual({ kind: 'repeat' })
    }
  })

  test('again, while a person is being asked, waits on', async () => {
    orchestrator.isAsking.mockReturnValue(true)
    expect(await pay()).toEqual({ kind: 'waiting' })
    expect(orchestrator.consider).not.toHaveBeenCalled()
  })
})

describe('what a page learns', () => {
  test("tells nothing of the user's money or rules apart", () => {
    const codeOf = (outcome: Outcome) => {
      const told = payOutcome(outcome)
      return told.kind === 'refused' ? told.code : told.kind
    }
    const codes = Object.fromEntries(
      REFUSE_REASONS.map((code) => [code, codeOf({ kind: 'refused', reasons: [because(code)] })]),
    )
    const secret = /^(site_blocked|agent_blocked|token_off|test_money_off|insufficient_funds|over_(?!page_))/
    for (const code of REFUSE_REASONS.filter((name) => secret.test(name))) expect(codes[code]).toBe('not_allowed')
    for (const code of ['silenced', 'too_many_questions', 'rules_changed', 'books_unusable'])
      expect(codes[code]).toBe('not_allowed')
    expect(codes.declined).toBe(codes.no_answer)
  })

  test.each(REFUSE_REASONS)('has a code for %s', (reason) => {
    expect(payOutcome({ kind: 'refused', reasons: [because(reason)] })).toEqual({
      kind: 'refused',
      code: expect.stringMatching(/^[a-z_]+$/),
    })
  })

  test('is of the first of several reasons', () => {
    const reasons = [because('over_page_maximum'), because('site_blocked')]
    expect(payOutcome({ kind: 'refused', reasons })).toEqual({ kind: 'refused', code: 'over_max_amount' })
  })

  test('has no figures', () => {
    const reasons = [because('over_day_limit', { total: '$5.01', cap: '$5.00' })]
    expect(payOutcome({ kind: 'refused', reasons })).toEqual({ kind: 'refused', code: 'not_allowed' })
  })

  test('of its own standing is the rule for its site, and no more', async () => {
    const status = () => handlers.status(PAGE, { kind: 'status' })
    expect(await status()).toEqual({ version: 1, mode: 'ask' })
    await ruleBook.setSite(SHOP, auto(5n))
    expect(await status()).toEqual({ version: 1, mode: 'auto' })
    await ruleBook.setSite(SHOP, { mode: 'block' })
    expect(await status()).toEqual({ version: 1, mode: 'block' })
  })
})

describe('a quote', () => {
  const quote = () => handlers.quote(PAGE, { kind: 'quote', request: REQUEST })

  test('lists every offer, with dollars only where the token is known', async () => {
    const accepts = [entry(), entry({ asset: '0x0000000000000000000000000000000000000bad' }), entry({ amount: '-1' })]
    interceptor.seenAnswer.mockResolvedValue({
      ...SEEN,
      headers: [{ name: 'payment-required', value: header({ accepts }) }],
    })
    const { offers, ...rest } = (await quote()) ?? { offers: [] }
    expect(rest).toEqual({ url: REQUEST.url, description: 'An article' })
    expect(offers.map(({ amount, usd, payable }) => ({ amount, usd, payable }))).toEqual([
      { amount: '20000', usd: '0.02', payable: true },
      { amount: '20000', usd: null, payable: false },
      { amount: null, usd: null, payable: false },
    ])
    expect(orchestrator.consider).not.toHaveBeenCalled()
  })

  test('of what would take the place of the page’s own sign-in says that it cannot be paid', async () => {
    interceptor.seenAnswer.mockResolvedValue({ ...SEEN, headers: [{ name: 'WWW-Authenticate', value: payment() }] })
    const payable = async (changes: Partial<PageRequest>) =>
      (await handlers.quote(PAGE, { kind: 'quote', request: { ...REQUEST, ...changes } }))?.offers[0]?.payable
    expect([await payable({}), await payable({ isAuthorized: true })]).toEqual([true, false])
  })

  test('has no offer where there is nothing to read, and is none where nothing was seen', async () => {
    interceptor.seenAnswer.mockResolvedValue({ ...SEEN, headers: [] })
    expect(await quote()).toEqual({ url: REQUEST.url, description: null, offers: [] })
    interceptor.seenAnswer.mockResolvedValue(null)
    expect(await quote()).toBeNull()
  })
})
