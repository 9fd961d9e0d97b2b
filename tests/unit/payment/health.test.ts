import 'fake-indexeddb/auto'

import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Ledger } from '@/lib/ledger/ledger'
import { TROUBLES } from '@/lib/messaging/schema'
import { Health } from '@/lib/payment/health'
import { DEFAULT_RULES } from '@/lib/policy/rules'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { beginSession, isNewSession } from '@/lib/settings/session'
import { draft, limits, paymentIn } from '../ledger/books'
import { done, failWrites, rawDatabase } from '../ledger/faults'

let name: string
beforeEach(() => {
  fakeBrowser.reset()
  name = crypto.randomUUID()
})

/** The books as the background opens them when it starts. */
async function start() {
  const ruleBook = new RuleBook(createInterlock())
  const ledger: Ledger = new Ledger({ name, onChange: () => void health.noteReserved() })
  const health = new Health(ledger, ruleBook)
  const newSession = await isNewSession()
  await ruleBook.open({ newSession })
  await health.start()
  if (newSession) await health.check()
  await beginSession()
  return { health, ledger, ruleBook, end: () => ledger.close() }
}

/** A background that paid, and ended. */
async function paidOnce(): Promise<void> {
  const { ledger, end } = await start()
  await paymentIn(ledger, 'settled')
  end()
}

const newSession = () => fakeBrowser.storage.session.resetState()

async function tamper(): Promise<void> {
  const db = await rawDatabase(name)
  const tallies = db.transaction('tallies', 'readwrite').objectStore('tallies')
  for (const row of await done(tallies.getAll())) await done(tallies.put({ ...row, days: {} }))
  db.close()
}

describe('all is well', () => {
  test('with new books, and with those that were written before', async () => {
    const first = await start()
    expect([first.health.troubles, first.health.obstacle]).toEqual([[], null])
    first.end()
    await paidOnce()
    const again = await start()
    expect([again.health.troubles, again.health.obstacle]).toEqual([[], null])
    again.end()
  })
})

describe('books that are gone', () => {
  test('are missed, though the browser has put empty ones in their place', async () => {
    await paidOnce()
    await done(indexedDB.deleteDatabase(name))
    const { health, end } = await start()
    expect([health.troubles, health.obstacle]).toEqual([['ledger_lost'], 'books_unusable'])
    end()
    // And are still missed after the next start.
    const again = await start()
    expect(again.health.troubles).toEqual(['ledger_lost'])
    again.end()
  })

  test('are begun anew when a person says so', async () => {
    await paidOnce()
    await done(indexedDB.deleteDatabase(name))
    const { health, ledger, end } = await start()
    await health.mend('ledger_lost')
    expect(health.obstacle).toBeNull()
    await ledger.reserve(draft(), limits())
    end()
    const again = await start()
    expect(again.health.troubles).toEqual([])
    again.end()
    // From then on they are missed once more.
    await done(indexedDB.deleteDatabase(name))
    const later = await start()
    expect(later.health.troubles).toEqual(['ledger_lost'])
    later.end()
  })

  test('are missed as well when they were there before anybody looked for them', async () => {
    const unnoted = new Ledger({ name })
    await unnoted.open()
    await paymentIn(unnoted, 'settled')
    unnoted.close()
    ;(await start()).end()
    await done(indexedDB.deleteDatabase(name))
    const { health, end } = await start()
    expect(health.troubles).toEqual(['ledger_lost'])
    end()
  })

  test('are noted to exist as soon as that can be stored', async () => {
    const { ledger, health, end } = await start()
    vi.spyOn(fakeBrowser.storage.local, 'set').mockRejectedValueOnce(new Error('no room'))
    await expect(health.noteReserved()).rejects.toThrow('no room')
    await ledger.reserve(draft(), limits())
    await vi.waitFor(async () => {
      expect(await fakeBrowser.storage.local.get('everPaid')).toEqual({ everPaid: true })
    })
    end()
  })
})

describe('totals that are not what the rows say', () => {
  test('are found out once in a session, and worked out anew when a person says so', async () => {
    await paidOnce()
    await tamper()
    // Looked at in this session already.
    const same = await start()
    expect(same.health.troubles).toEqual([])
    same.end()
    newSession()
    const { health, ledger, end } = await start()
    expect([health.troubles, health.obstacle]).toEqual([['ledger_unsound'], 'books_unusable'])
    await health.mend('ledger_unsound')
    expect([health.troubles, await ledger.isSound()]).toEqual([[], true])
    end()
  })

  test('stay found out until then, whatever is restarted', async () => {
    await paidOnce()
    await tamper()
    newSession()
    for (let starts = 0; starts < 3; starts += 1) {
      const { health, end } = await start()
      expect(health.troubles).toEqual(['ledger_unsound'])
      end()
    }
  })
})

describe('a full disk', () => {
  test('is trouble until there is room again', async () => {
    const { health, ledger, end } = await start()
    const { mend } = failWrites('QuotaExceededError')
    await ledger.reserve(draft(), limits()).catch(() => undefined)
    expect([health.troubles, health.obstacle]).toEqual([['ledger_full'], 'books_unusable'])
    await health.mend('ledger_full')
    expect(health.troubles).toEqual(['ledger_full'])
    mend()
    await health.mend('ledger_full')
    expect([health.troubles, health.obstacle]).toEqual([[], null])
    await ledger.reserve(draft(), limits())
    end()
  })
})

describe('books that cannot be opened', () => {
  test('for a moment are waited for', async () => {
    await paidOnce()
    const said = vi.spyOn(console, 'error').mockReturnValue(undefined)
    vi.spyOn(IDBFactory.prototype, 'databases').mockRejectedValueOnce(new DOMException('In use.', 'UnknownError'))
    const { health, end } = await start()
    expect([health.troubles, health.obstacle]).toEqual([[], null])
    expect(said).toHaveBeenCalledOnce()
    end()
  })
})

describe('books of a later version', () => {
  test('are trouble that nothing here mends', async () => {
    await paidOnce()
    ;(await rawDatabase(name, 50)).close()
    const { health, end } = await start()
    for (const trouble of TROUBLES) await health.mend(trouble).catch(() => undefined)
    expect([health.troubles, health.obstacle]).toEqual([['ledger_newer'], 'books_unusable'])
    end()
  })
})

describe('rules that cannot be read', () => {
  test.each([
    ['rules_unreadable', { rules: 'nonsense' }],
    ['rules_newer', { rules: {}, rules$: { v: 3 } }],
  ] as const)('are trouble, and reason to pay nothing: %s', async (trouble, stored) => {
    await fakeBrowser.storage.local.set(stored as Record<string, unknown>)
    const { health, ruleBook, end } = await start()
    expect([health.troubles, health.obstacle]).toEqual([[trouble], 'rules_unusable'])
    await health.mend(trouble)
    expect([health.troubles, ruleBook.rules]).toEqual([[], DEFAULT_RULES])
    end()
    const again = await start()
    expect(again.health.troubles).toEqual([])
    again.end()
  })
})
