import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { answerPages, type PageHandlers, tellPage } from '@/lib/messaging/pages'

const MARKER = 'x402-00000000-0000-4000-8000-000000000000'
const REQUEST = { marker: MARKER, method: 'GET', url: 'https://shop.example/article', bodyDigest: null, answered: null }

/** What the browser says of a page in front. */
const SENDER = {
  id: fakeBrowser.runtime.id,
  tab: { id: 7 },
  frameId: 0,
  documentId: 'document',
  documentLifecycle: 'active',
  origin: 'https://shop.example',
  url: 'https://shop.example/article#part',
}
const PAGE = { tabId: 7, documentId: 'document', origin: 'https://shop.example', url: 'https://shop.example/article' }

const handlers = {
  watch: vi.fn(async () => null),
  status: vi.fn(async () => ({ version: 1 as const, mode: 'ask' as const })),
  quote: vi.fn(async () => null),
  pay: vi.fn(async () => ({ kind: 'waiting' as const })),
  cancel: vi.fn(async () => null),
  unseen: vi.fn(async () => null),
} satisfies PageHandlers

const expectNothingDone = () => {
  for (const handler of Object.values(handlers)) expect(handler).not.toHaveBeenCalled()
}

beforeEach(() => {
  fakeBrowser.reset()
  vi.clearAllMocks()
  answerPages(handlers, Promise.resolve())
})

/** Hands the background a page's message. Gives what it replies; undefined when it leaves the message to others. */
async function deliver(message: unknown, sender: object = SENDER): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  let replied = false
  const [keepsChannel] = await fakeBrowser.runtime.onMessage.trigger(message, sender, (value: unknown) => {
    replied = true
    resolve(value)
  })
  return replied || keepsChannel ? promise : undefined
}

const ask = (content: unknown, id = 'ask') => ({ tuppence: { id, content } })

describe('a page in front', () => {
  test.each([
    ['watch', {}, { value: null }],
    ['watch', { worker: 'https://api.example/weather' }, { value: null }],
    ['status', {}, { value: { version: 1, mode: 'ask' } }],
    ['quote', { request: REQUEST }, { value: null }],
    ['pay', { request: REQUEST, maxAmount: '0.05', reason: 'weather' }, { value: { kind: 'waiting' } }],
    ['cancel', { marker: MARKER }, { value: null }],
    ['unseen', {}, { value: null }],
  ] as const)('may ask: %s', async (kind, details, reply) => {
    expect(await deliver(ask({ kind, ...details }))).toEqual(reply)
    expect(handlers[kind]).toHaveBeenCalledExactlyOnceWith(PAGE, { kind, ...details })
  })

  test('is who the browser says it is, whatever it says of itself', async () => {
    const told = { kind: 'status', origin: 'https://bank.example', tabId: 1 }
    expect(await deliver(ask(told))).toBeNull()
    expect(
      await deliver({ ...ask({ kind: 'status' }), sender: { ...SENDER, origin: 'https://bank.example' } }),
    ).toBeNull()
    expectNothingDone()
  })

  test('learns nothing of a defect', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    handlers.status.mockRejectedValueOnce(new Error('the wallet is 0x…'))
    expect(await deliver(ask({ kind: 'status' }))).toBeNull()
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  test('waits until the background is ready', async () => {
    fakeBrowser.reset()
    const ready = Promise.withResolvers<void>()
    answerPages(handlers, ready.promise)
    const reply = deliver(ask({ kind: 'status' }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expectNothingDone()
    ready.resolve()
    expect(await reply).toEqual({ value: { version: 1, mode: 'ask' } })
  })
})

describe('whoever is not a page in front is refused unread', () => {
  test.each<[who: string, changes: Partial<Record<keyof typeof SENDER, unknown>>]>([
    ['another extension', { id: 'another-extension' }],
    ['a sender without an id', { id: undefined }],
    ['no tab: a popup or a worker', { tab: undefined }],
    ['a tab without an id', { tab: {} }],
    ['a frame', { frameId: 3 }],
    ['a frame that is not told', { frameId: undefined }],
    ['a document without an id', { documentId: undefined }],
    ['a prerendered page', { documentLifecycle: 'prerender' }],
    ['a page in the back-forward cache', { documentLifecycle: 'cached' }],
    ['a page that is being closed', { documentLifecycle: 'pending_deletion' }],
    ['a page of which it is not told', { documentLifecycle: undefined }],
    ['a sandboxed page', { origin: 'null' }],
    ['a page without an origin', { origin: undefined }],
    ['a page of another origin than its address', { origin: 'https://bank.example' }],
    ['a page without an address', { url: undefined }],
  ])('%s', async (_, changes) => {
    for (const kind of ['watch', 'status', 'unseen'])
      expect(await deliver(ask({ kind }), { ...SENDER, ...changes })).toBeNull()
    expect(await deliver(ask({ kind: 'pay', request: REQUEST }), { ...SENDER, ...changes })).toBeNull()
    expectNothingDone()
  })
})

describe('what is not on the list is refused unread', () => {
  const pay = (changes: object) => ({ kind: 'pay', request: { ...REQUEST, ...changes } })

  test.each<[what: string, message: unknown]>([
    ['an unknown kind', ask({ kind: 'approve' })],
    ['a kind of the screens', ask({ kind: 'wallet.unlock', password: 'x' })],
    ["a kind named like an object's own", ask({ kind: 'constructor' })],
    ['no kind', ask({})],
    ['a kind in a list', ask([{ kind: 'status' }])],
    ['no content', { tuppence: { id: 'ask' } }],
    ['no id', { tuppence: { content: { kind: 'status' } } }],
    ['an endless id', ask({ kind: 'status' }, 'x'.repeat(65))],
    ['text', { tuppence: 'status' }],
    ['null', { tuppence: null }],
    ['one more field', { ...ask({ kind: 'status' }), more: 1 }],
    ['one more field inside', { tuppence: { id: 'ask', content: { kind: 'status' }, more: 1 } }],
    ['one more field in the ask', ask({ kind: 'status', approved: true })],
    ['one more field in the request', ask(pay({ price: '0' }))],
    ['a marker of another kind', ask(pay({ marker: 'mine' }))],
    ['a marker with more behind it', ask(pay({ marker: `${MARKER}#` }))],
    ['a marker with a line behind it', ask(pay({ marker: `${MARKER}\n` }))],
    ['a method in lower case', ask(pay({ method: 'get' }))],
    ['a method that is none', ask(pay({ method: 'GET /' }))],
    ['a URL that is none', ask(pay({ url: 'article' }))],
    ['an endless URL', ask(pay({ url: `https://shop.example/${'x'.repeat(64 * 1024)}` }))],
    ['a body digest that is none', ask(pay({ bodyDigest: 'abc' }))],
    ['no word of its answer', ask(pay({ answered: undefined }))],
    ['too much of its answer', ask(pay({ answered: 'x'.repeat(64 * 1024 + 1) }))],
    ['a body digest in a list', ask(pay({ bodyDigest: ['0'.repeat(64)] }))],
    ['a maximum as a number', ask({ ...pay({}), maxAmount: 5 })],
    ['an endless maximum', ask({ ...pay({}), maxAmount: '1'.repeat(33) })],
    ['an endless reason', ask({ ...pay({}), reason: 'x'.repeat(2001) })],
    ['a payment without a request', ask({ kind: 'pay' })],
    ['a fully grown approval', ask({ ...pay({}), approved: true, onDecline: 'throw' })],
  ])('%s', async (_, message) => {
    expect(await deliver(message)).toBeNull()
    expectNothingDone()
  })

  test('nothing that a prototype would change gets through', async () => {
    const hostile = '{"tuppence":{"id":"ask","content":{"kind":"status","__proto__":{"kind":"pay","polluted":1}}}}'
    await deliver(JSON.parse(hostile))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(handlers.pay).not.toHaveBeenCalled()
    for (const [, asked] of handlers.status.mock.calls as unknown as [unknown, object][]) {
      expect(Object.keys(asked)).toEqual(['kind'])
      expect(Object.getPrototypeOf(asked)).toBe(Object.prototype)
    }
    expect(await deliver(ask(JSON.parse('{"__proto__":{"kind":"status"}}')))).toBeNull()
    expect(await deliver(ask({ kind: 'status', constructor: { prototype: {} } }))).toBeNull()
  })
})

describe("others' messages", () => {
  test.each([[undefined], [null], ['text'], [7], [{}], [{ type: 'rules.get', timestamp: 1 }], [[]]])(
    'are left to them: %j',
    async (message) => {
      expect(await deliver(message)).toBeUndefined()
      expectNothingDone()
    },
  )
})

describe('an outcome', () => {
  test('goes to the very document that waits for it, and nobody minds when it is gone', async () => {
    const sent = vi.spyOn(fakeBrowser.tabs, 'sendMessage').mockRejectedValueOnce(new Error('no such document') as never)
    const outcome = { kind: 'repeat' as const, marker: MARKER }
    await tellPage({ tabId: 7, documentId: 'document', marker: MARKER }, outcome)
    expect(sent).toHaveBeenCalledExactlyOnceWith(
      7,
      { tuppence: { id: MARKER, content: { value: outcome } } },
      { documentId: 'document' },
    )
  })
})
