import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Interceptor, PagePart, SeenAnswer } from '@/lib/intercept/interceptor'
import type { Payment } from '@/lib/ledger/payment'
import { usd } from '@/lib/money/usd'
import type { Orchestrator } from '@/lib/payment/orchestrator'
import { Parts } from '@/lib/payment/parts'
import { because } from '@/lib/policy/reasons'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { header } from '../challenge/samples'
import { auto, SHOP } from '../policy/situations'

const PAGE = { tabId: 7, documentId: 'document', origin: SHOP, url: `${SHOP}/page` }
const PHOTO: PagePart = { kind: 'image', url: `${SHOP}/photo` }
const SEEN: SeenAnswer = {
  url: PHOTO.url,
  method: 'GET',
  status: 402,
  headers: [{ name: 'PAYMENT-REQUIRED', value: header() }],
  fromCache: false,
  byWorker: false,
}
const FRAME = { tabId: 7, documentId: 'document', url: `${SHOP}/chart`, status: 402, headers: [], redirected: false }

const interceptor = {
  watchFrames: vi.fn(),
  pageOf: vi.fn<Interceptor['pageOf']>(),
  askAgain: vi.fn<Interceptor['askAgain']>(),
}
const consider = vi.fn<Orchestrator['consider']>()
let ruleBook: RuleBook
let parts: Parts

beforeEach(async () => {
  fakeBrowser.reset()
  vi.resetAllMocks()
  interceptor.pageOf.mockResolvedValue(PAGE)
  interceptor.askAgain.mockResolvedValue(SEEN)
  consider.mockResolvedValue({ kind: 'asked' })
  ruleBook = new RuleBook(createInterlock())
  await ruleBook.open({ newSession: false })
  parts = new Parts(interceptor as unknown as Interceptor, { consider } as unknown as Orchestrator, ruleBook)
})

describe('frames', () => {
  test('are neither watched nor paid for where the user has not set their site to be paid by itself', async () => {
    await ruleBook.setGeneral({ ...ruleBook.rules, autoPay: true })
    parts.arrived(7, PAGE.url)
    await parts.considerFrame(FRAME)
    expect(interceptor.watchFrames).not.toHaveBeenCalled()
    expect(consider).not.toHaveBeenCalled()
  })

  test('are considered where the user has, as what nobody asked for', async () => {
    await ruleBook.setSite(SHOP, auto(10n))
    parts.arrived(7, PAGE.url)
    await parts.considerFrame({ ...FRAME, redirected: true })
    expect(interceptor.watchFrames).toHaveBeenCalledExactlyOnceWith(7)
    expect(consider.mock.calls[0]?.[0]).toMatchObject({
      target: { via: 'part', kind: 'frame', wanted: false, documentId: 'document' },
      page: SHOP,
      afterRedirect: true,
      obstacle: null,
    })
  })
})

describe('a frame in a page of another site, or in a page that is gone', () => {
  test.each([
    ['another site’s page', { ...PAGE, origin: 'https://elsewhere.example' }],
    ['another page', { ...PAGE, documentId: 'another' }],
    ['no page', null],
  ])('is not considered: %s', async (_, page) => {
    await ruleBook.setSite(SHOP, auto(10n))
    interceptor.pageOf.mockResolvedValue(page)
    await parts.considerFrame(FRAME)
    expect(consider).not.toHaveBeenCalled()
  })
})

/** The price that the popup has shown. */
const SHOWN = usd(20_000n)

describe('a part that somebody asks for', () => {
  test('is asked about once: what is paid is what was shown', async () => {
    expect(await parts.price(7, PHOTO)).toBe(20_000n)
    expect(consider).not.toHaveBeenCalled()
    expect(await parts.pay(7, PHOTO, SHOWN)).toEqual({ waits: true })
    expect(interceptor.askAgain).toHaveBeenCalledOnce()
    expect(consider.mock.calls[0]?.[0]).toMatchObject({
      target: { via: 'part', kind: 'image', wanted: true },
      request: { method: 'GET', url: PHOTO.url },
      page: SHOP,
      // Whatever the site says next, it is not paid more.
      pageMaximum: '0.02',
    })
  })

  test('is asked about anew once the tab shows another page, or nobody has looked', async () => {
    await parts.price(7, PHOTO)
    interceptor.pageOf.mockResolvedValue({ ...PAGE, documentId: 'another' })
    consider.mockResolvedValue({ kind: 'paying', payment: {} as Payment })
    expect(await parts.pay(7, PHOTO, SHOWN)).toEqual({ waits: false })
    expect(interceptor.askAgain).toHaveBeenCalledTimes(2)
    expect(consider.mock.calls[0]?.[0].target).toMatchObject({ documentId: 'another' })
  })

  test('that the rules refuse says why', async () => {
    consider.mockResolvedValue({ kind: 'refused', reasons: [because('site_blocked')] })
    await expect(parts.pay(7, PHOTO, SHOWN)).rejects.toMatchObject({
      code: 'not_allowed',
      values: { reason: 'site_blocked' },
    })
  })

  test('that costs nothing any more, was led elsewhere, or whose page is gone is not paid', async () => {
    interceptor.askAgain.mockResolvedValueOnce(null)
    await expect(parts.price(7, PHOTO)).rejects.toMatchObject({ code: 'part_gone' })
    interceptor.askAgain.mockResolvedValueOnce({ ...SEEN, url: 'https://elsewhere.example/photo' })
    await expect(parts.pay(7, PHOTO, SHOWN)).rejects.toMatchObject({ code: 'part_gone' })
    interceptor.pageOf.mockResolvedValue(null)
    await expect(parts.pay(7, PHOTO, SHOWN)).rejects.toMatchObject({ code: 'page_gone' })
    expect(consider).not.toHaveBeenCalled()
  })

  test('without a price that can be read has none', async () => {
    interceptor.askAgain.mockResolvedValue({ ...SEEN, headers: [] })
    expect(await parts.price(7, PHOTO)).toBeNull()
  })

  test.each([
    ['max-age=60', 'part_cached'],
    ['public, immutable', 'part_cached'],
    ['no-store', null],
    ['max-age=0', null],
    ['private', null],
  ])('whose 402 comes with %s has the obstacle %s, a frame never', async (value, obstacle) => {
    const headers = [...SEEN.headers, { name: 'Cache-Control', value }]
    for (const kind of ['image', 'media', 'frame'] as const) {
      interceptor.askAgain.mockResolvedValue({ ...SEEN, headers })
      await parts.pay(7, { kind, url: PHOTO.url }, SHOWN)
      expect(consider.mock.lastCall?.[0].obstacle).toBe(kind === 'frame' ? null : obstacle)
    }
  })
})
