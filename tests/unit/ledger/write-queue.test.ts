import 'fake-indexeddb/auto'

import { Dexie } from 'dexie'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WriteQueue } from '@/lib/ledger/write-queue'

class Refusal extends Error {}

/** A table, a queue of writes to it, and how many transactions they took. */
async function open() {
  const db = new Dexie(`queue ${crypto.randomUUID()}`)
  db.version(1).stores({ notes: 'id, &word' })
  await db.open()
  onTestFinished(() => db.close())
  const notes = db.table<{ id: number; word: string }>('notes')
  let transactions = 0
  const queue = new WriteQueue(
    (run) => {
      transactions += 1
      return db.transaction('rw', notes, async () => await run())
    },
    (error) => error instanceof Refusal,
  )
  return {
    queue,
    notes,
    count: () => transactions,
    /** Writes a note, and counts on what was there when it began. */
    write: (id: number, word = `word ${id}`) =>
      queue.write(async () => {
        const before = await notes.count()
        await notes.put({ id, word })
        return before
      }),
    refuse: () =>
      queue.write(async () => {
        await notes.count()
        throw new Refusal('no')
      }),
  }
}

describe('steps at the same time', () => {
  test('run in the order they came, each on what the one before left', async () => {
    const { write, notes } = await open()
    expect(await Promise.all([1, 2, 3, 4, 5].map((id) => write(id)))).toEqual([0, 1, 2, 3, 4])
    expect(await notes.count()).toBe(5)
  })

  test('share transactions', async () => {
    const { write, count } = await open()
    await Promise.all(Array.from({ length: 50 }, (_, id) => write(id)))
    // The first goes alone, and the others gather while it is on its way.
    expect(count()).toBe(2)
  })

  test('are on the disk when they say so', async () => {
    const { write, notes } = await open()
    await write(1)
    expect(await notes.toArray()).toEqual([{ id: 1, word: 'word 1' }])
  })

  test('are all within their transaction, however many there are and however many are refused', async () => {
    const { queue, notes } = await open()
    const inside: boolean[] = []
    const steps = Array.from({ length: 250 }, (_, id) =>
      queue.write(async () => {
        for (let looks = 0; looks < 5; looks += 1) {
          await notes.get(id)
          inside.push(Dexie.currentTransaction !== null)
        }
        if (id % 3 > 0) throw new Refusal('no')
        await notes.put({ id, word: `word ${id}` })
        inside.push(Dexie.currentTransaction !== null)
      }),
    )
    const results = await Promise.allSettled(steps)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(84)
    expect(await notes.count()).toBe(84)
    expect(inside).toHaveLength(250 * 5 + 84)
    expect(inside).not.toContain(false)
  })
})

describe("a step's own refusal", () => {
  test('is that step’s alone, and undoes nothing of its neighbours', async () => {
    const { write, refuse, notes } = await open()
    const results = await Promise.allSettled([write(1), write(2), refuse(), write(3), refuse(), write(4)])
    expect(results.map(({ status }) => status[0]).join('')).toBe('ffrfrf')
    expect(results[2]).toMatchObject({ reason: expect.any(Refusal) })
    expect(await notes.toCollection().primaryKeys()).toEqual([1, 2, 3, 4])
  })
})

describe("the database's trouble with one step", () => {
  test('leaves the others as if it had never been among them', async () => {
    const { write, notes } = await open()
    const results = await Promise.allSettled([write(1), write(2), write(3, 'word 1'), write(4), write(5)])
    expect(results.map(({ status }) => status[0]).join('')).toBe('ffrff')
    expect(results[2]).toMatchObject({ reason: { name: 'ConstraintError' } })
    expect(await notes.toCollection().primaryKeys()).toEqual([1, 2, 4, 5])
  })

  test('tries each of them once more by itself, in their order, refusals among them', async () => {
    const { write, refuse, count, notes } = await open()
    const results = await Promise.allSettled([write(1), write(2), refuse(), write(3, 'word 1'), write(4)])
    expect(results.map(({ status }) => status[0]).join('')).toBe('ffrrf')
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : null))).toEqual([
      0,
      1,
      null,
      null,
      2,
    ])
    // One alone, four together in vain, four alone.
    expect(count()).toBe(6)
    expect(await notes.count()).toBe(3)
  })

  test('that nothing can be done about fails every step, and none for ever', async () => {
    let broken = true
    const queue = new WriteQueue(
      async (run) => {
        if (broken) throw new Error('The disk is gone.')
        return run()
      },
      () => false,
    )
    const results = await Promise.allSettled([1, 2, 3].map((value) => queue.write(async () => value)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    broken = false
    expect(await queue.write(async () => 'written')).toBe('written')
  })
})
