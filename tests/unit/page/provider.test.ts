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
      },
      maxAmount: '0.05',
      reason: 'trip',
    })
  })

  test('is sent again once at most', async () => {
    network.mockResolvedValueOnce(unpaid()).mockResolvedValueOnce(unpaid())
    background = answering({ kind: 'repeat' })
    expect((await provider.fetch(URL_ASKED)).status).toBe(402)
    expect(sent()).toHaveLength(2)
    expect(kinds()).toEqual(['watch', 'pay'])
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
    expect(kinds()).toEqual([])
  })
})

describe('a quote', () => {
  test('makes the request once, and asks for no payment', async () => {
    const quote = { url: URL_ASKED, description: null, offers: [] }
    network.mockResolvedValueOnce(unpaid())
    background = ({ kind }) => (kind === 'quote' ? quote : null)
    expect(await provider.quote(URL_ASKED)).toEqual(quote)
    expect([kinds(), sent().length]).toEqual([['watch', 'quote'], 1])
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
