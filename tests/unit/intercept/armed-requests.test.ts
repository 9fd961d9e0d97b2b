import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { ArmedRequests } from '@/lib/intercept/armed-requests'
import { type ArmedRequest, conditionsFor, NO_TAB } from '@/lib/intercept/arming'
import type { HeadersReceived } from '@/lib/intercept/watch'

const SHOP = 'https://shop.example'
const CREDENTIAL = { headers: [{ name: 'PAYMENT-SIGNATURE', value: 'signed' }] }

const FETCH: ArmedRequest = { tabId: 7, url: `${SHOP}/data#marker`, method: 'GET', resourceType: 'xmlhttprequest' }
const IMAGE: ArmedRequest = { tabId: 7, url: `${SHOP}/photo`, method: 'GET', resourceType: 'image' }

let rules: { id: number; condition: object }[] = []
beforeEach(() => {
  rules = []
  Object.assign(fakeBrowser, {
    declarativeNetRequest: {
      isRegexSupported: async () => ({ isSupported: true }),
      updateSessionRules: async (change: { addRules: typeof rules; removeRuleIds: number[] }) => {
        rules = [...rules.filter(({ id }) => !change.removeRuleIds.includes(id)), ...change.addRules]
      },
    },
  })
})

/** Arms a request, and gives what its answer's status becomes. */
async function armed(requests: ArmedRequests, request: ArmedRequest): Promise<() => number | undefined> {
  const until = Date.now() + 60_000
  const { answered } = await requests.arm(request, await conditionsFor(request), CREDENTIAL, until)
  let status: number | undefined
  void answered.then((answer) => {
    status = answer.status
  })
  return () => status
}

/** An answer, as the browser tells of it. */
const answer = ({ tabId, url, method, resourceType }: ArmedRequest, changes: Partial<HeadersReceived> = {}) =>
  ({ tabId, url, method, type: resourceType, requestId: 'one', statusCode: 200, ...changes }) as HeadersReceived

describe('an armed request', () => {
  test('is answered once, and its rule goes with the answer', async () => {
    const requests = new ArmedRequests()
    const status = await armed(requests, FETCH)
    expect(rules).toMatchObject([{ condition: { tabIds: [7], requestMethods: ['get'] } }])
    expect(requests.answered(answer(FETCH))).toBe(true)
    expect(requests.isAnswering('one')).toBe(true)
    await vi.waitFor(() => expect([status(), rules]).toEqual([200, []]))
    expect(requests.answered(answer(FETCH))).toBe(false)
  })

  test.each([
    ['another tab', { tabId: 8 }],
    ['another address', { url: `${SHOP}/data` }],
    ['another marker', { url: `${SHOP}/data#other` }],
    ['another method', { method: 'POST' }],
    ['another type', { type: 'image' }],
    ['a service worker', { tabId: NO_TAB, initiator: SHOP }],
  ] satisfies [string, Partial<HeadersReceived>][])('is not answered by what is sent for %s', async (_, changes) => {
    const requests = new ArmedRequests()
    await armed(requests, FETCH)
    expect(requests.answered(answer(FETCH, changes))).toBe(false)
  })

  test('that a service worker sends on is answered for its page’s origin and no tab', async () => {
    const requests = new ArmedRequests()
    await armed(requests, { ...FETCH, worker: SHOP })
    expect(rules).toMatchObject([{ condition: { tabIds: [7, NO_TAB] } }])
    expect(requests.isBusy(NO_TAB)).toBe(true)
    const byWorker = { tabId: NO_TAB, initiator: SHOP }
    expect(requests.answered(answer(FETCH, { ...byWorker, initiator: 'https://thief.example' }))).toBe(false)
    expect(requests.answered(answer(FETCH))).toBe(false)
    expect(requests.answered(answer(FETCH, byWorker))).toBe(true)
  })

  test('for a part of a page is told by its address, whatever fragment it has', async () => {
    const requests = new ArmedRequests()
    await armed(requests, IMAGE)
    expect(requests.answered(answer(IMAGE, { url: `${IMAGE.url}#view` }))).toBe(true)
  })

  test('is given up when its page is left, and so is a part, but not the page that comes', async () => {
    const requests = new ArmedRequests()
    const page: ArmedRequest = { ...IMAGE, resourceType: 'main_frame' }
    const statuses = await Promise.all([FETCH, IMAGE, page].map((request) => armed(requests, request)))
    requests.left(7, true)
    await vi.waitFor(() => expect(statuses.map((status) => status())).toEqual([0, 0, undefined]))
    requests.left(7, false)
    await vi.waitFor(() => expect(statuses[2]?.()).toBe(0))
  })
})
