import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import { announceChange, answer, type Handlers, onChange, send } from '@/lib/messaging/messaging'
import { type MessageName, protocol } from '@/lib/messaging/protocol'
import { usd } from '@/lib/money/usd'
import { autoPayUpTo, DEFAULT_RULES, generalRulesSchema, type Rules } from '@/lib/policy/rules'

const OWN_ID = fakeBrowser.runtime.id
/** Stands in for the extension's origin: to Node, unlike a browser, `chrome-extension:` addresses have none. */
const OWN_ORIGIN = 'https://extension.test'
const OWN_PAGE = { id: OWN_ID, url: `${OWN_ORIGIN}/popup.html` }

const NAMES = Object.keys(protocol) as MessageName[]

/** An input that each message's schema takes, as it travels. */
const INPUTS: Partial<Record<MessageName, unknown>> = {
  'wallet.create': { password: 'a password' },
  'wallet.import': { password: 'a password', secret: 'words' },
  'wallet.unlock': { password: 'a password' },
  'wallet.confirmBackup': {
    words: [
      { index: 0, word: 'abandon' },
      { index: 5, word: 'abandon' },
      { index: 11, word: 'about' },
    ],
  },
  'wallet.showWords': { password: 'a password' },
  'wallet.showKey': { address: '0x00', password: 'a password' },
  'wallet.changePassword': { password: 'a password', next: 'another one' },
  'wallet.setAutoLock': { autoLock: '15min' },
  'wallet.addAccount': { family: 'svm' },
  'wallet.importAccount': { secret: 'a key' },
  'wallet.renameAccount': { address: '0x00', name: 'Books' },
  'wallet.removeAccount': { address: '0x00', password: null },
  'wallet.chooseAccount': { address: '0x00' },
  'wallet.erase': { secret: 'words' },
  'wallet.balances': { fresh: true },
  'rules.set': z.encode(generalRulesSchema, DEFAULT_RULES),
  'rules.setSite': { site: 'https://shop.example', rule: { mode: 'block' } },
  'rules.restore': { text: '{}' },
  'networks.set': { id: 'eip155:8453', rpcUrl: null },
  'payments.list': { limit: 10 },
  'payments.evidence': { id: 'x' },
  'openings.list': { limit: 10 },
  'metamask.setPays': { pays: true },
  'metamask.setExtensionId': { extensionId: null },
  'topUp.start': { network: 'eip155:8453', asset: '0x00', units: '1' },
  'wallet.setSeparate': { separate: true },
  'wallet.addSite': { site: 'https://shop.example' },
  'withdrawal.fee': {
    network: 'eip155:8453',
    asset: '0x00',
    units: '1',
    from: `0x${'cd'.repeat(20)}`,
    to: `0x${'ab'.repeat(20)}`,
  },
  'withdrawal.sign': {
    network: 'eip155:8453',
    asset: '0x00',
    units: '1',
    from: `0x${'cd'.repeat(20)}`,
    to: `0x${'ab'.repeat(20)}`,
  },
  'withdrawal.handIn': { id: 'x' },
  'transfers.list': { limit: 10 },
  'signatureAgent.setAddress': { address: 'https://agent.example' },
  'payments.readBill': { id: 'x', charged: false },
  'health.mend': { trouble: 'ledger_lost' },
  'approvals.choose': { id: 'x', offer: 1 },
  'approvals.answer': { id: 'x', answer: 'pay', remember: false, offer: 0 },
  'tabs.refund': { id: `0x${'a1'.repeat(32)}` },
  'tabs.withdraw': { id: `0x${'a1'.repeat(32)}`, mostFee: '1' },
  'tabs.withdrawalFee': { id: `0x${'a1'.repeat(32)}` },
  'tab.get': { tabId: 1 },
  'parts.list': { tabId: 1 },
  'parts.price': { tabId: 1, part: { kind: 'image', url: 'https://shop.example/photo' } },
  'parts.pay': { tabId: 1, part: { kind: 'frame', url: 'https://shop.example/chart' }, most: '20000' },
}

const RULES: Rules = {
  ...DEFAULT_RULES,
  mostPerDay: usd(2n ** 60n),
  sites: { 'https://shop.example': autoPayUpTo(usd(1n)) },
}

const called = vi.fn<(name: MessageName, input: unknown) => unknown>()
const handlers = Object.fromEntries(
  NAMES.map((name) => [name, (input: unknown) => called(name, input)]),
) as unknown as Handlers
const ready = Promise.withResolvers<void>()

/** Hands the background a message, as the browser does: as JSON, with the sender that the browser knows. */
async function deliver(message: unknown, sender: object = OWN_PAGE): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const listened = fakeBrowser.runtime.onMessage.trigger(JSON.parse(JSON.stringify(message)), sender, resolve)
  const returned: unknown[] = await listened
  return returned.includes(true) ? JSON.parse(JSON.stringify(await promise)) : undefined
}

const envelope = (type: string, data?: unknown) => ({ id: 1, type, data, timestamp: 1 })
const REFUSED = { res: { ok: false, code: 'invalid_message', values: {} } }

beforeAll(() => {
  vi.spyOn(fakeBrowser.runtime, 'getURL').mockImplementation((path) => `${OWN_ORIGIN}${path}`)
  // The way from a screen of ours: the fake browser itself does not say who sends.
  vi.spyOn(fakeBrowser.runtime, 'sendMessage').mockImplementation(((
    message: unknown,
    reply: (value: unknown) => void,
  ) => {
    void deliver(message).then(reply)
  }) as never)
  answer(handlers, ready.promise)
})

beforeEach(() => {
  called.mockReset()
})

describe('before the background is ready', () => {
  test('a message waits', async () => {
    called.mockReturnValue(DEFAULT_RULES)
    const reply = deliver(envelope('rules.get'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(called).not.toHaveBeenCalled()
    ready.resolve()
    expect(await reply).toMatchObject({ res: { ok: true } })
  })
})

describe("a message that is not from the extension's own pages", () => {
  test.each(NAMES)('is refused, and nothing is done: %s', async (name) => {
    const senders = [
      // A content script: the extension's id, the page's address.
      { id: OWN_ID, url: 'https://shop.example/article', frameId: 0, tab: { id: 1 }, origin: 'https://shop.example' },
      { id: OWN_ID, url: `https://shop.example/?${OWN_PAGE.url}` },
      { id: OWN_ID, url: `${OWN_ORIGIN}.evil.example/popup.html` },
      { id: OWN_ID },
      // Another extension, whatever it says.
      { id: 'another-extension', url: OWN_PAGE.url },
      { url: OWN_PAGE.url },
      {},
    ]
    for (const sender of senders) expect(await deliver(envelope(name, INPUTS[name]), sender)).toEqual(REFUSED)
    expect(called).not.toHaveBeenCalled()
  })
})

describe('a message from a screen', () => {
  test.each(NAMES)('reaches its handler: %s', async (name) => {
    called.mockImplementation(() => {
      throw new TuppenceError('not_allowed')
    })
    expect(await deliver(envelope(name, INPUTS[name]))).toEqual({ res: { ok: false, code: 'not_allowed', values: {} } })
    expect(called).toHaveBeenCalledOnce()
  })

  test('brings amounts as bigints both ways, and strings on the way', async () => {
    called.mockReturnValue(RULES)
    expect(await send('rules.get')).toEqual(RULES)
    expect(await deliver(envelope('rules.get'))).toMatchObject({
      res: { value: { mostPerDay: (2n ** 60n).toString() } },
    })

    called.mockReturnValue(undefined)
    const { sites: _, agents: __, ...general } = RULES
    await send('rules.set', general)
    expect(called).toHaveBeenLastCalledWith('rules.set', general)
  })

  test('brings back what it may know of an error: a code and its figures', async () => {
    called.mockRejectedValue(new TuppenceError('not_allowed', { total: '$1.02' }))
    await expect(send('wallet.lock')).rejects.toMatchObject({
      name: 'TuppenceError',
      code: 'not_allowed',
      values: { total: '$1.02' },
    })
  })

  test('brings back nothing of a defect but that there is one', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    called.mockRejectedValue(new Error('the key is 0x…'))
    expect(await deliver(envelope('wallet.lock'))).toEqual({ res: { ok: false, code: 'internal', values: {} } })
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  test('can say nothing that an answer would not allow', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    called.mockReturnValue({ state: 'open', address: null })
    await expect(send('wallet.get')).rejects.toMatchObject({ code: 'internal' })
    log.mockRestore()
  })

  test.each<[what: string, name: MessageName, data: unknown]>([
    ['a limit as a number', 'rules.set', { ...(INPUTS['rules.set'] as object), mostPerDay: 5 }],
    ['a limit as a word', 'rules.set', { ...(INPUTS['rules.set'] as object), mostPerDay: 'all' }],
    ['rules without a limit', 'rules.set', { autoPay: true }],
    ['a rule of no kind', 'rules.setSite', { site: 'https://shop.example', rule: { mode: 'always' } }],
    ['an empty password', 'wallet.unlock', { password: '' }],
    ['an endless password', 'wallet.unlock', { password: 'x'.repeat(1025) }],
    ['an endless secret', 'wallet.import', { password: 'a password', secret: 'x'.repeat(4097) }],
    ['a list of none', 'payments.list', { limit: 0 }],
    ['a list of too many', 'payments.list', { limit: 201 }],
    ['an answer that is neither', 'approvals.answer', { id: 'x', answer: 'maybe', remember: false, offer: 0 }],
    ['an approval by list', 'approvals.answer', { id: ['x'], answer: 'pay', remember: false, offer: 0 }],
    ['something where nothing belongs', 'wallet.lock', { now: true }],
    ['nothing where something belongs', 'tab.get', undefined],
    ['text', 'tab.get', 'tab 1'],
  ])('that says %s is refused, and nothing is done', async (_, name, data) => {
    expect(await deliver(envelope(name, data))).toEqual(REFUSED)
    expect(called).not.toHaveBeenCalled()
  })

  test('hands its handler only what the protocol names', async () => {
    const data = JSON.parse(
      '{"tabId":1,"more":1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    )
    called.mockReturnValue(undefined)
    vi.spyOn(console, 'error').mockImplementationOnce(() => undefined)
    await deliver(envelope('tab.get', data))
    expect(called).toHaveBeenCalledExactlyOnceWith('tab.get', { tabId: 1 })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test.each(['wallet.export', 'changed', 'rules', ''])(
    'of a kind that nobody knows gets no answer: %j',
    async (type) => {
      expect(await deliver(envelope(type))).toBeUndefined()
      expect(called).not.toHaveBeenCalled()
    },
  )
})

describe('every message', () => {
  test('has a sample here that its schema takes', () => {
    for (const name of NAMES)
      expect(z.safeDecode(protocol[name].input as z.ZodType, INPUTS[name] as never)).toMatchObject({ success: true })
  })
})

describe('a change', () => {
  test('reaches every open screen until it stops listening', async () => {
    const heard = vi.fn()
    const stop = onChange(heard)
    announceChange()
    await vi.waitFor(() => expect(heard).toHaveBeenCalledOnce())
    stop()
    announceChange()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(heard).toHaveBeenCalledOnce()
  })
})
