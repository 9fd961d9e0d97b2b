import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { X402Provider } from '@/lib/page/api'
import { ANSWER_EVENT, ASK_EVENT, type Envelope, type PageAsk } from '@/lib/page/wire'

const URL_ASKED = 'https://shop.example/weather?city=Lisbon'

/** The page around the provider: its network, and the events over which the background is reached. */
const network = vi.fn<(request: Request) => Promise<Response>>()
const page = new EventTarget()
vi.stubGlobal('window', { fetch: network })
vi.stubGlobal('document', page)

const { createProvider } = await import('@/lib/page/provider')

/** Answers an ask; undefined when there is no relay to take it. */
type Background = (ask: PageAsk) => unknown
let asks: Envelope<PageAsk>[] = []
let background: Background = () => null

const tell = (id: string, value: unknown) =>
  page.dispatchEvent(new CustomEvent(ANSWER_EVENT, { detail: JSON.stringify({ id, content: { value } }) }))

page.addEventListener(ASK_EVENT, (event) => {
  const ask = JSON.parse((event as CustomEvent<string>).detail) as Envelope<PageAsk>
  asks.push(ask)
  const value = background(ask.content)
  if (value === undefined) return
  event.preventDefault()
  queueMicrotask(() => tell(ask.id, value))
})

const answering =
  (pay: unknown): Background =>
  ({ kind }) =>
    kind === 'pay' ? pay : null

let provider: X402Provider
beforeEach(() => {
  asks = []
  background = () => null
  network.mockReset()
  provider = createProvider().provider
})

const unpaid = () => new Response('pay first', { status: 402 })
const content = () => new Response('sunny')
const kinds = () => asks.map(({ content: { kind } }) => kind)
const sent = () => network.mock.calls.map(([request]) => request)

describe('a fetch', () => {
  test('of something free is one request, and asks for no payment', async () => {
    network.mockResolvedValueOnce(content())
    expect(await (await provider.fetch(URL_ASKED)).text()).toBe('sunny')
    expect(kinds()).toEqual(['watch'])
    expect(sent()).toHaveLength(1)
  })

  test('of something that costs is sent again under the same marker, past the cache', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(content())
    background = answering({ kind: 'repeat' })
    const init = {
      method: 'POST',
      body: 'Lisbon',
      headers: { 'x-mine': 'yes' },
      payment: { maxAmount: '0.05', reason: 'trip' },
    }
    expect(await (await provider.fetch(`${URL_ASKED}#mine`, init)).text()).toBe('sunny')

    const [first, second] = sent()
    expect(first?.url).toMatch(/^https:\/\/shop\.example\/weather\?city=Lisbon#x402-[0-9a-f-]{36}$/)
    expect(second).toMatchObject({ url: first?.url, method: 'POST', cache: 'no-store' })
    for (const request of sent()) {
      expect(request.headers.get('x-mine')).toBe('yes')
      expect(await request.text()).toBe('Lisbon')
    }
    const [, pay] = asks
    expect(pay?.content).toEqual({
      kind: 'pay',
      request: {
        marker: first?.url.split('#')[1],
        method: 'POST',
        url: URL_ASKED,
        // SHA-256 of "Lisbon".
        bodyDigest: '92e5dc262be8ca902fc5c4a7694866bcd373c4e77f1e155d980688479cc9877a',
        answered: 'pay first',
      },
      maxAmount: '0.05',
      reason: 'trip',
    })
  })

  test.each([
    [
      'nothing that a header has said already',
      new Response('pay first', { status: 402, headers: { 'payment-required': 'e30' } }),
    ],
    ['nothing longer than any price', new Response('x'.repeat(64 * 1024 + 1), { status: 402 })],
    [
      'nothing that breaks off',
      new Response(new ReadableStream({ start: (controller) => controller.error(new Error('cut')) }), { status: 402 }),
    ],
  ])('hands over %s', async (_, answer) => {
    network.mockResolvedValueOnce(answer).mockResolvedValueOnce(content())
    background = answering({ kind: 'repeat' })
    await provider.fetch(URL_ASKED).catch(() => undefined)
    expect(asks[1]?.content).toMatchObject({ kind: 'pay', request: { answered: null } })
  })

  test('whose 402 never ends is asked about without it', async () => {
    vi.useFakeTimers()
    const endless = new ReadableStream({ pull: () => new Promise(() => undefined) })
    network.mockResolvedValueOnce(new Response(endless, { status: 402 }))
    background = answering({ kind: 'refused', code: 'not_payable' })
    const answer = provider.fetch(URL_ASKED)
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await answer).status).toBe(402)
    expect(asks[1]?.content).toMatchObject({ request: { answered: null } })
    vi.useRealTimers()
  })

  test('says that it carries an Authorization of the page’s own, and not which', async () => {
    network.mockResolvedValueOnce(unpaid())
    await provider.fetch(URL_ASKED, { headers: { Authorization: 'Bearer secret' } })
    expect(asks.at(-1)?.content).toMatchObject({ kind: 'pay', request: { isAuthorized: true } })
    expect(JSON.stringify(asks)).not.toContain('secret')
  })

  test('is sent again once at most', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(unpaid())
    background = answering({ kind: 'repeat' })
    expect((await provider.fetch(URL_ASKED)).status).toBe(402)
    expect(sent()).toHaveLength(2)
    expect(kinds()).toEqual(['watch', 'pay'])
  })

  test('is asked about once more where it was to be opened free, and was not', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(content())
    const outcomes = [{ kind: 'again' }, { kind: 'repeat' }]
    background = ({ kind }) => (kind === 'pay' ? outcomes.shift() : null)
    expect(await (await provider.fetch(URL_ASKED)).text()).toBe('sunny')
    expect(kinds()).toEqual(['watch', 'pay', 'pay'])
    expect(new Set(sent().map(({ url }) => url)).size).toBe(1)
  })

  test('answered 412 asks for a payment only where that says so', async () => {
    background = answering({ kind: 'repeat' })
    network.mockResolvedValueOnce(new Response('changed meanwhile', { status: 412 }))
    expect((await provider.fetch(URL_ASKED)).status).toBe(412)
    expect(kinds()).toEqual(['watch'])
    const demand = new Response('no allowance', { status: 412, headers: { 'payment-required': 'e30=' } })
    network.mockResolvedValueOnce(demand).mockResolvedValueOnce(content())
    expect((await provider.fetch(URL_ASKED)).status).toBe(200)
    expect(kinds()).toEqual(['watch', 'watch', 'pay'])
  })

  test('of a 402 that came out of the cache asks the site anew, and then to pay', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(content())
    const outcomes = [{ kind: 'again' }, { kind: 'repeat' }]
    background = ({ kind }) => (kind === 'pay' ? outcomes.shift() : null)
    expect((await provider.fetch(URL_ASKED, { cache: 'force-cache' })).status).toBe(200)
    expect(sent().map(({ cache }) => cache)).toEqual(['force-cache', 'no-store', 'no-store'])
    expect(new Set(sent().map(({ url }) => url)).size).toBe(1)
  })

  test('is not sent anew for ever', async () => {
    network.mockImplementation(async () => unpaid())
    background = answering({ kind: 'again' })
    expect((await provider.fetch(URL_ASKED)).status).toBe(402)
    expect(sent()).toHaveLength(3)
  })

  test('of a page with a service worker says so, for its requests to be seen', async () => {
    vi.stubGlobal('navigator', { serviceWorker: { controller: {} } })
    network.mockResolvedValueOnce(content())
    await provider.fetch(`${URL_ASKED}#mine`)
    vi.unstubAllGlobals()
    vi.stubGlobal('window', { fetch: network })
    vi.stubGlobal('document', page)
    expect(asks[0]?.content).toEqual({ kind: 'watch', worker: URL_ASKED })
  })

  test('that is not paid gives the original 402, unread', async () => {
    network.mockResolvedValueOnce(unpaid())
    background = answering({ kind: 'refused', code: 'declined' })
    const answer = await provider.fetch(URL_ASKED)
    expect([answer.status, await answer.text()]).toEqual([402, 'pay first'])
  })

  test('that is not paid throws, with the reason, where the page wants it so', async () => {
    network.mockResolvedValueOnce(unpaid())
    background = answering({ kind: 'refused', code: 'not_allowed' })
    await expect(provider.fetch(URL_ASKED, { payment: { onDecline: 'throw' } })).rejects.toMatchObject({
      name: 'PaymentError',
      code: 'not_allowed',
    })
  })

  test('waits for a person as long as it takes', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(content())
    background = answering({ kind: 'waiting' })
    const answer = provider.fetch(URL_ASKED)
    await vi.waitFor(() => expect(kinds()).toEqual(['watch', 'pay']))
    const [, pay] = asks
    tell('someone-else', { kind: 'repeat' })
    tell(pay?.id ?? '', { kind: 'repeat' })
    expect((await answer).status).toBe(200)
    expect(sent()).toHaveLength(2)
  })

  test('that the page gives up is taken back', async () => {
    network.mockResolvedValueOnce(unpaid())
    background = answering({ kind: 'waiting' })
    const controller = new AbortController()
    const answer = provider.fetch(URL_ASKED, { signal: controller.signal })
    await vi.waitFor(() => expect(kinds()).toEqual(['watch', 'pay']))
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    await vi.waitFor(() => expect(kinds()).toEqual(['watch', 'pay', 'cancel']))
    expect(asks[2]?.content).toMatchObject({ marker: asks[1]?.id })
  })

  test('without anybody to answer is the plain request, and its 402 the answer', async () => {
    network.mockResolvedValueOnce(unpaid())
    background = () => undefined
    expect((await provider.fetch(`${URL_ASKED}#mine`)).status).toBe(402)
    expect(sent().map(({ url }) => url)).toEqual([`${URL_ASKED}#mine`])
  })

  test.each(['-1', '1e3', '$1', '', '0.0000001', 5, null])(
    'up to %j is refused before anything is sent',
    async (maxAmount) => {
      const payment = { maxAmount: maxAmount as string }
      await expect(provider.fetch(URL_ASKED, { payment })).rejects.toMatchObject({ code: 'invalid_options' })
      expect([sent(), asks]).toEqual([[], []])
    },
  )

  test('with a body that is too large to keep is the plain request', async () => {
    network.mockResolvedValueOnce(content())
    await provider.fetch(URL_ASKED, { method: 'POST', body: new Uint8Array(8 * 1024 * 1024 + 1) })
    expect(sent()[0]?.url).toBe(URL_ASKED)
    expect((await sent()[0]?.arrayBuffer())?.byteLength).toBe(8 * 1024 * 1024 + 1)
    expect(kinds()).toEqual([])
  })

  test('with such a body says why it is not paid, and reads no endless stream ahead', async () => {
    network.mockResolvedValueOnce(unpaid())
    let pulled = 0
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += 1
        controller.enqueue(new Uint8Array(1024 * 1024))
      },
    })
    const init = { method: 'POST', body, duplex: 'half', payment: { onDecline: 'throw' } } as const
    await expect(provider.fetch(URL_ASKED, init)).rejects.toMatchObject({ code: 'body_too_large' })
    expect([sent().length, kinds()]).toEqual([1, []])
    expect(pulled).toBeLessThan(15)
  })

  test('with a stream for a body sends all of it, twice', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(content())
    background = answering({ kind: 'repeat' })
    await provider.fetch(URL_ASKED, {
      method: 'PUT',
      body: new Blob(['one ', 'two']).stream(),
      duplex: 'half',
    } as RequestInit)
    for (const request of sent()) expect(await request.text()).toBe('one two')
  })

  test('that is paid gives the answer as it comes: a stream stays one', async () => {
    const paid = content()
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(paid)
    background = answering({ kind: 'repeat' })
    expect(await provider.fetch(URL_ASKED)).toBe(paid)
  })
})

describe('a quote', () => {
  test('makes the request once, and asks for no payment', async () => {
    const quote = { url: URL_ASKED, description: null, offers: [] }
    network.mockResolvedValueOnce(unpaid())
    background = ({ kind }) => (kind === 'quote' ? quote : null)
    expect(await provider.quote(URL_ASKED)).toEqual(quote)
    expect([kinds(), sent().length]).toEqual([['watch', 'quote'], 1])
    // What the browser remembers may not be the price any more.
    expect(sent()[0]?.cache).toBe('no-store')
  })

  test('of something free is none', async () => {
    network.mockResolvedValueOnce(content())
    expect(await provider.quote(URL_ASKED)).toBeNull()
  })
})

describe('the provider', () => {
  test('says what this site may do, and asks first where nobody tells', async () => {
    background = () => ({ version: 1, mode: 'block' })
    expect(await provider.status()).toEqual({ version: 1, mode: 'block' })
    background = () => undefined
    expect(await provider.status()).toEqual({ version: 1, mode: 'ask' })
  })

  test('cannot be changed, and differs on every page', () => {
    const [one, other] = [createProvider(), createProvider()]
    for (const part of [one, one.info, one.provider]) expect(Object.isFrozen(part)).toBe(true)
    expect(one.info).toMatchObject({ name: 'Tuppence', uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(one.info.uuid).not.toBe(other.info.uuid)
  })

  test('keeps to the fetch that the page had at first', async () => {
    const replaced = vi.fn()
    vi.stubGlobal('window', { fetch: replaced })
    network.mockResolvedValueOnce(content())
    await provider.fetch(URL_ASKED)
    expect(replaced).not.toHaveBeenCalled()
    expect(network).toHaveBeenCalledOnce()
  })
})
