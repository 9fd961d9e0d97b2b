import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Paywalls } from '@/lib/payment/paywalls'
import type { Sighting } from '@/lib/payment/sighting'
import { answer, header } from '../challenge/samples'
import { SHOP } from '../policy/situations'
import { sighting } from './sightings'

const PAGE = { tabId: 7, documentId: 'document', origin: SHOP, url: `${SHOP}/article` }
const NAVIGATION = { via: 'navigation', tabId: 7, documentId: 'document' } as const
const SAID = '{"x402Version":1}'

/** A page whose headers say nothing. */
const silent = (changes: Partial<Sighting> = {}): Sighting =>
  sighting({ target: NAVIGATION, answer: answer([]), ...changes })

const sendMessage = vi.fn<(tabId: number, message: unknown, options: unknown) => Promise<unknown>>()
const frame = vi.fn<() => Promise<unknown>>()

beforeEach(() => {
  fakeBrowser.reset()
  vi.resetAllMocks()
  vi.useRealTimers()
  fakeBrowser.tabs.sendMessage = sendMessage as never
  fakeBrowser.webNavigation.getFrame = frame as never
  frame.mockResolvedValue({ documentId: 'document', errorOccurred: false })
})

const bodyOf = async (changes: Partial<Sighting> = {}) => (await new Paywalls().complete(silent(changes))).answer.body

describe('a page whose headers say nothing', () => {
  test('is asked what it says: its own document, about its own address, and no other', async () => {
    sendMessage.mockResolvedValue(SAID)
    expect(await bodyOf()).toEqual({ text: SAID, from: 'site' })
    expect(sendMessage).toHaveBeenCalledExactlyOnceWith(
      7,
      { tuppenceBody: { url: silent().request.url } },
      { documentId: 'document' },
    )
  })

  test('is asked again once somebody is there', async () => {
    sendMessage.mockRejectedValueOnce(new Error('Receiving end does not exist.')).mockResolvedValueOnce(SAID)
    const paywalls = new Paywalls()
    const completed = paywalls.complete(silent())
    await vi.waitFor(() => expect(frame).toHaveBeenCalled())
    paywalls.arrived({ ...PAGE, documentId: 'another' })
    expect(sendMessage).toHaveBeenCalledOnce()
    paywalls.arrived(PAGE)
    expect((await completed).answer.body).toEqual({ text: SAID, from: 'site' })
  })

  test.each([
    ['the browser shows a page of its own', { documentId: 'document', errorOccurred: true }],
    ['the tab has gone on', { documentId: 'next', errorOccurred: false }],
  ])('is not waited for where %s', async (_, shown) => {
    sendMessage.mockRejectedValue(new Error('Receiving end does not exist.'))
    frame.mockResolvedValue(shown)
    expect(await bodyOf()).toBeNull()
    expect(sendMessage).toHaveBeenCalledOnce()
  })

  test('is not waited for for ever', async () => {
    vi.useFakeTimers()
    sendMessage.mockReturnValue(new Promise(() => undefined))
    const body = bodyOf()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await body).toBeNull()
  })

  test.each([[null], [{ text: SAID }], [7], ['x'.repeat(64 * 1024 + 1)]])(
    'that says %.20s says nothing',
    async (said) => {
      sendMessage.mockResolvedValue(said)
      expect(await bodyOf()).toBeNull()
    },
  )
})

describe('nothing is asked of', () => {
  test.each<[string, Partial<Sighting>]>([
    ['a page whose header says what it costs', { answer: answer([{ name: 'payment-required', value: header() }]) }],
    ['a page whose header cannot be read', { answer: answer([{ name: 'payment-required', value: '%' }]) }],
    ['a submitted form', { request: { method: 'POST', url: `${SHOP}/article`, bodyDigest: null } }],
    ['a page’s request', { target: { ...NAVIGATION, via: 'fetch', marker: 'x402-1' } }],
  ])('%s', async (_, changes) => {
    const seen = silent(changes)
    expect(await new Paywalls().complete(seen)).toBe(seen)
    expect(sendMessage).not.toHaveBeenCalled()
  })
})
