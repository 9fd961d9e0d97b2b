import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Intent } from '@/lib/challenge/intent'
import { Approvals, type PendingApproval } from '@/lib/payment/approvals'
import type { Sighting } from '@/lib/payment/sighting'
import { sighting } from './sightings'

const FIVE_MINUTES = 5 * 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const draft = (url = 'https://shop.example/article', changes: Partial<Sighting> = {}) => ({
  intent: 'an article for two cents' as Intent,
  sighting: sighting({ request: { method: 'GET', url, bodyDigest: null }, ...changes }),
  offerIndex: 0,
  others: [1],
  reasons: [{ code: 'auto_pay_off' as const, values: {} }],
})

/** A question that there was room for. */
async function added(approvals: Approvals, url?: string, changes: Partial<Sighting> = {}): Promise<PendingApproval> {
  const approval = await approvals.add(draft(url, changes))
  if (!approval) throw new Error('There was no room for the question.')
  return approval
}

beforeEach(() => {
  fakeBrowser.reset()
  vi.useFakeTimers({ toFake: ['Date'], now: NOON })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a question', () => {
  test('waits five minutes, with an alarm at their end', async () => {
    const approval = await added(new Approvals())
    expect(approval).toEqual({
      ...draft(),
      id: expect.any(String),
      page: 'open',
      taken: false,
      createdAt: NOON,
      expiresAt: NOON + FIVE_MINUTES,
    })
    const alarms = await fakeBrowser.alarms.getAll()
    expect(alarms).toMatchObject([{ name: expect.stringContaining(approval.id), scheduledTime: NOON + FIVE_MINUTES }])
  })

  test('is taken by one of many, once and for good', async () => {
    const approvals = new Approvals()
    const approval = await added(approvals)
    const taken = await Promise.all(Array.from({ length: 50 }, () => approvals.take(approval.id)))
    expect(taken.filter((one) => one !== null)).toEqual([approval])
    expect(await approvals.take(approval.id)).toBeNull()
    expect(approvals.list()).toEqual([])
    await approvals.done(approval.id)
    expect(await fakeBrowser.alarms.getAll()).toEqual([])
    const afterRestart = new Approvals()
    expect(await afterRestart.open()).toEqual([])
    expect(await afterRestart.take(approval.id)).toBeNull()
  })

  test('that somebody was acting on when the background ended is over, and said to be', async () => {
    const approvals = new Approvals()
    const approval = await added(approvals)
    await approvals.take(approval.id)
    const afterRestart = new Approvals()
    expect(await afterRestart.open()).toEqual([{ ...approval, taken: true }])
    expect(afterRestart.list()).toEqual([])
    expect(await new Approvals().open()).toEqual([])
  })

  test('is gone when its time is over', async () => {
    const approvals = new Approvals()
    const [early, late] = [await added(approvals), await added(approvals)]
    vi.setSystemTime(NOON + FIVE_MINUTES - 1)
    expect(await approvals.take(early.id)).toEqual(early)
    vi.setSystemTime(NOON + FIVE_MINUTES)
    expect(await approvals.take(late.id)).toBeNull()
  })

  test("survives the background's end, and the browser's", async () => {
    const approval = await added(new Approvals())
    await fakeBrowser.storage.session.clear()
    const afterRestart = new Approvals()
    await afterRestart.open()
    expect(afterRestart.list()).toEqual([approval])
    expect(await afterRestart.take(approval.id)).toEqual(approval)
  })

  test('that could not be answered yet is put back, with the time it had', async () => {
    const approvals = new Approvals()
    const approval = await added(approvals)
    const taken = await approvals.take(approval.id)
    vi.setSystemTime(NOON + 60_000)
    if (taken) await approvals.put(taken)
    expect(approvals.list()).toEqual([approval])
    expect(await fakeBrowser.alarms.getAll()).toMatchObject([{ scheduledTime: NOON + FIVE_MINUTES }])
    expect(await approvals.take(approval.id)).toEqual(approval)
    expect(await approvals.take(approval.id)).toBeNull()
  })

  test('that nobody asked is not there', async () => {
    for (const id of ['nobody', '', '__proto__']) expect(await new Approvals().take(id)).toBeNull()
  })
})

describe('several questions', () => {
  test('never overwrite each other, and are listed oldest first', async () => {
    const approvals = new Approvals()
    const listedBefore: PendingApproval[] = []
    for (const path of ['a', 'b', 'c']) {
      listedBefore.push(await added(approvals, `https://shop.example/${path}`))
      vi.setSystemTime(Date.now() + 1)
    }
    await Promise.all(Array.from({ length: 5 }, () => approvals.add(draft())))
    const afterRestart = new Approvals()
    await afterRestart.open()
    const listed = afterRestart.list()
    expect(listed).toHaveLength(8)
    expect(listed.slice(0, 3)).toEqual(listedBefore)
  })

  test('are not the only things in their storage', async () => {
    await fakeBrowser.storage.local.set({ vault: 'secret', rules: { autoPay: true } })
    const approvals = new Approvals()
    expect(approvals.list()).toEqual([])
    expect(await approvals.takeWhere(() => true)).toEqual([])
    expect(await fakeBrowser.storage.local.get()).toEqual({ vault: 'secret', rules: { autoPay: true } })
  })

  test('are taken together by what they have in common', async () => {
    const approvals = new Approvals()
    const [a, b, other] = [
      await added(approvals, 'https://a.example/'),
      await added(approvals, 'https://a.example/'),
      await added(approvals, 'https://b.example/'),
    ]
    const ofA = await approvals.takeWhere(({ sighting: { request } }) => request.url === 'https://a.example/')
    expect(ofA.map(({ id }) => id).toSorted()).toEqual([a.id, b.id].toSorted())
    expect(approvals.list()).toEqual([other])
  })

  test('are taken together even when their time is over', async () => {
    const approvals = new Approvals()
    const approval = await added(approvals)
    vi.setSystemTime(NOON + FIVE_MINUTES)
    expect(await approvals.takeWhere(({ expiresAt }) => expiresAt <= Date.now())).toEqual([approval])
    expect(approvals.list()).toEqual([])
  })

  test('go to one of those who take them at the same time', async () => {
    const approvals = new Approvals()
    const three = [await added(approvals), await added(approvals), await added(approvals)]
    const [first] = three
    const taken = await Promise.all([
      approvals.takeWhere(() => true),
      approvals.take(first?.id ?? '').then((one) => (one ? [one] : [])),
      approvals.takeWhere(() => true),
    ])
    const ids = taken.flat().map(({ id }) => id)
    expect(ids.toSorted()).toEqual(three.map(({ id }) => id).toSorted())
  })
})

describe('of the questions that wait', () => {
  const asking = (approvals: Approvals, page: string, url = 'https://shop.example/a') => added(approvals, url, { page })

  test('one is shown for each page that asks, the oldest, whoever is paid', async () => {
    const approvals = new Approvals()
    const first = await asking(approvals, 'https://a.example')
    vi.setSystemTime(NOON + 1)
    const second = await asking(approvals, 'https://a.example', 'https://other.example/')
    const another = await asking(approvals, 'https://b.example')
    expect(approvals.shown()).toEqual([first, another])
    await approvals.take(first.id)
    expect(approvals.shown()).toEqual([second, another])
  })

  test('eight are shown in all, eight wait for one page, and forty wait in all', async () => {
    const approvals = new Approvals()
    for (let page = 0; page < 5; page++)
      for (let question = 0; question < 8; question++) await asking(approvals, `https://${page}.example`)
    expect(await approvals.add(draft(undefined, { page: 'https://another.example' }))).toBeNull()
    expect(approvals.shown()).toHaveLength(5)
    await approvals.takeWhere(({ sighting: { page } }) => page === 'https://0.example')
    for (let page = 10; page < 18; page++) await asking(approvals, `https://${page}.example`)
    expect(approvals.shown()).toHaveLength(8)
    await approvals.takeWhere(({ sighting: { page } }) => page === 'https://10.example')
    expect(await approvals.add(draft(undefined, { page: 'https://1.example' }))).toBeNull()
    expect(await approvals.add(draft(undefined, { page: 'https://10.example' }))).not.toBeNull()
  })

  test('one whose page is being opened again is not shown', async () => {
    const approvals = new Approvals()
    const approval = await added(approvals)
    await approvals.put({ ...approval, page: { reopenedIn: 7, remember: false } })
    expect(approvals.shown()).toEqual([])
    expect(approvals.list()).toHaveLength(1)
  })

  test('what is in another shape is thrown away, and keeps nobody from seeing the others', async () => {
    const approval = await added(new Approvals())
    await fakeBrowser.storage.local.set({ 'approval:broken': { id: 'broken' }, 'approval:none': null, other: 1 })
    const approvals = new Approvals()
    await approvals.open()
    expect(approvals.list()).toEqual([approval])
    expect(Object.keys(await fakeBrowser.storage.local.get()).toSorted()).toEqual([`approval:${approval.id}`, 'other'])
  })
})

describe('an alarm', () => {
  test('calls back when it is one of these', async () => {
    const approvals = new Approvals()
    const listener = vi.fn()
    approvals.onAlarm(listener)
    await approvals.add(draft())
    const [alarm] = await fakeBrowser.alarms.getAll()
    if (!alarm) throw new Error('There is no alarm.')
    await fakeBrowser.alarms.onAlarm.trigger({ ...alarm, name: 'another' })
    expect(listener).not.toHaveBeenCalled()
    await fakeBrowser.alarms.onAlarm.trigger(alarm)
    expect(listener).toHaveBeenCalledOnce()
  })
})
