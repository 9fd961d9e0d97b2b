import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Intent } from '@/lib/challenge/intent'
import { Approvals, type PendingApproval } from '@/lib/payment/approvals'
import { sighting } from './sightings'

const FIVE_MINUTES = 5 * 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const draft = (url = 'https://shop.example/article') => ({
  intent: 'an article for two cents' as Intent,
  sighting: sighting({ request: { method: 'GET', url, bodyDigest: null } }),
  offerIndex: 0,
  reasons: [{ code: 'auto_pay_off' as const, values: {} }],
})

beforeEach(() => {
  fakeBrowser.reset()
  vi.useFakeTimers({ toFake: ['Date'], now: NOON })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a question', () => {
  test('waits five minutes, with an alarm at their end', async () => {
    const approval = await new Approvals().add(draft())
    expect(approval).toEqual({ ...draft(), id: expect.any(String), createdAt: NOON, expiresAt: NOON + FIVE_MINUTES })
    const alarms = await fakeBrowser.alarms.getAll()
    expect(alarms).toMatchObject([{ name: expect.stringContaining(approval.id), scheduledTime: NOON + FIVE_MINUTES }])
  })

  test('is taken by one of many, once and for good', async () => {
    const approvals = new Approvals()
    const approval = await approvals.add(draft())
    const taken = await Promise.all(Array.from({ length: 50 }, () => approvals.take(approval.id)))
    expect(taken.filter((one) => one !== null)).toEqual([approval])
    expect(await approvals.take(approval.id)).toBeNull()
    expect(await approvals.list()).toEqual([])
    expect(await fakeBrowser.alarms.getAll()).toEqual([])
    expect(await new Approvals().take(approval.id)).toBeNull()
  })

  test('is gone when its time is over', async () => {
    const approvals = new Approvals()
    const [early, late] = [await approvals.add(draft()), await approvals.add(draft())]
    vi.setSystemTime(NOON + FIVE_MINUTES - 1)
    expect(await approvals.take(early.id)).toEqual(early)
    vi.setSystemTime(NOON + FIVE_MINUTES)
    expect(await approvals.take(late.id)).toBeNull()
  })

  test("survives the background's end, in memory and not on disk", async () => {
    const approval = await new Approvals().add(draft())
    expect(await fakeBrowser.storage.local.get()).toEqual({})
    const afterRestart = new Approvals()
    expect(await afterRestart.list()).toEqual([approval])
    expect(await afterRestart.take(approval.id)).toEqual(approval)
  })

  test('that could not be answered yet is put back, with the time it had', async () => {
    const approvals = new Approvals()
    const approval = await approvals.add(draft())
    const taken = await approvals.take(approval.id)
    vi.setSystemTime(NOON + 60_000)
    if (taken) await approvals.putBack(taken)
    expect(await approvals.list()).toEqual([approval])
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
    const added: PendingApproval[] = []
    for (const path of ['a', 'b', 'c']) {
      added.push(await approvals.add(draft(`https://shop.example/${path}`)))
      vi.setSystemTime(Date.now() + 1)
    }
    await Promise.all(Array.from({ length: 10 }, () => new Approvals().add(draft())))
    const listed = await approvals.list()
    expect(listed).toHaveLength(13)
    expect(listed.slice(0, 3)).toEqual(added)
  })

  test('are not the only things in their storage', async () => {
    await fakeBrowser.storage.session.set({ vaultKey: 'secret', 'tab:1': { state: 'paid' } })
    const approvals = new Approvals()
    expect(await approvals.list()).toEqual([])
    expect(await approvals.takeWhere(() => true)).toEqual([])
    expect(await fakeBrowser.storage.session.get()).toEqual({ vaultKey: 'secret', 'tab:1': { state: 'paid' } })
  })

  test('are taken together by what they have in common', async () => {
    const approvals = new Approvals()
    const [a, b, other] = [
      await approvals.add(draft('https://a.example/')),
      await approvals.add(draft('https://a.example/')),
      await approvals.add(draft('https://b.example/')),
    ]
    const ofA = await approvals.takeWhere(({ sighting: { request } }) => request.url === 'https://a.example/')
    expect(ofA.map(({ id }) => id).toSorted()).toEqual([a.id, b.id].toSorted())
    expect(await approvals.list()).toEqual([other])
  })

  test('are taken together even when their time is over', async () => {
    const approvals = new Approvals()
    const approval = await approvals.add(draft())
    vi.setSystemTime(NOON + FIVE_MINUTES)
    expect(await approvals.takeWhere(({ expiresAt }) => expiresAt <= Date.now())).toEqual([approval])
    expect(await approvals.list()).toEqual([])
  })

  test('go to one of those who take them at the same time', async () => {
    const approvals = new Approvals()
    const added = [await approvals.add(draft()), await approvals.add(draft()), await approvals.add(draft())]
    const [first] = added
    const taken = await Promise.all([
      approvals.takeWhere(() => true),
      approvals.take(first?.id ?? '').then((one) => (one ? [one] : [])),
      approvals.takeWhere(() => true),
    ])
    const ids = taken.flat().map(({ id }) => id)
    expect(ids.toSorted()).toEqual(added.map(({ id }) => id).toSorted())
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
