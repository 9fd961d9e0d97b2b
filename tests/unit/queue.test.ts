import { describe, expect, test, vi } from 'vitest'
import { createInterlock, createQueue } from '@/lib/queue'

/** A piece of work that ends when the test says so. */
function work(log: string[] = [], name = 'work') {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const run = vi.fn(async () => {
    log.push(`${name} begins`)
    try {
      return await promise
    } finally {
      log.push(`${name} ends`)
    }
  })
  return { run, end: () => resolve(name), fail: () => reject(new Error(`${name} failed`)) }
}

/** Until everything has happened that can. */
const rest = () => new Promise((resolve) => setImmediate(resolve))

describe('a queue', () => {
  test('runs one after another, whether the one before succeeded or failed', async () => {
    const log: string[] = []
    const inOrder = createQueue()
    const [first, second, third] = [work(log, 'first'), work(log, 'second'), work(log, 'third')]
    const results = Promise.allSettled([inOrder(first.run), inOrder(second.run), inOrder(third.run)])
    await rest()
    expect(log).toEqual(['first begins'])
    first.fail()
    await rest()
    second.end()
    third.end()
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
  })
})

describe('an interlock', () => {
  test('runs steps side by side', async () => {
    const { step } = createInterlock()
    const [one, other] = [work(), work()]
    const both = Promise.all([step(one.run), step(other.run)])
    await rest()
    expect([one.run, other.run].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
    one.end()
    other.end()
    expect(await both).toEqual(['work', 'work'])
  })

  test('lets a change wait for every step under way', async () => {
    const { step, change } = createInterlock()
    const [one, other, changing] = [work(), work(), work()]
    void step(one.run)
    void step(other.run)
    const changed = change(changing.run)
    one.end()
    await rest()
    expect(changing.run).not.toHaveBeenCalled()
    other.end()
    await rest()
    expect(changing.run).toHaveBeenCalledOnce()
    changing.end()
    expect(await changed).toBe('work')
  })

  test('lets steps that come later wait for the change', async () => {
    const { step, change } = createInterlock()
    const [early, changing, late] = [work(), work(), work()]
    void step(early.run)
    void change(changing.run)
    await rest()
    const after = step(late.run)
    early.end()
    await rest()
    expect(changing.run).toHaveBeenCalledOnce()
    expect(late.run).not.toHaveBeenCalled()
    changing.end()
    await rest()
    expect(late.run).toHaveBeenCalledOnce()
    late.end()
    expect(await after).toBe('work')
  })

  test('makes changes one after another, with no step in the middle of one', async () => {
    const log: string[] = []
    const { step, change } = createInterlock()
    const [first, second, between] = [work(log, 'first'), work(log, 'second'), work(log, 'step')]
    const all = Promise.all([change(first.run), change(second.run), step(between.run)])
    for (const one of [first, second, between]) {
      await rest()
      one.end()
    }
    await all
    const open = log.map((_, index) => log.slice(0, index + 1).filter((line) => line.endsWith('begins')).length)
    const closed = log.map((_, index) => log.slice(0, index + 1).filter((line) => line.endsWith('ends')).length)
    for (const [index, begun] of open.entries()) expect(begun - (closed[index] ?? 0)).toBeLessThanOrEqual(1)
    expect(log).toHaveLength(6)
    expect(log.indexOf('first begins')).toBeLessThan(log.indexOf('second begins'))
  })

  test('goes on when steps and changes fail', async () => {
    const { step, change } = createInterlock()
    const [failing, alsoFailing] = [work(), work()]
    const results = Promise.allSettled([step(failing.run), change(alsoFailing.run)])
    failing.fail()
    alsoFailing.fail()
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await change(async () => 'changed')).toBe('changed')
    expect(await step(async () => 'done')).toBe('done')
  })

  test('goes on when a step fails before it has begun', async () => {
    const { step, change } = createInterlock()
    const broken = () => {
      throw new Error('at once')
    }
    await expect(step(broken)).rejects.toThrow('at once')
    await expect(change(broken)).rejects.toThrow('at once')
    expect(await step(async () => 'done')).toBe('done')
  })

  test('never lets a step see what a change has only begun, whatever the order', async () => {
    const { step, change } = createInterlock()
    let isChanging = false
    const seen: boolean[] = []
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1))
    const changes = Array.from({ length: 20 }, () =>
      change(async () => {
        isChanging = true
        await pause()
        isChanging = false
      }),
    )
    const steps = Array.from({ length: 100 }, async (_, index) => {
      if (index % 10 === 0) await pause()
      return step(async () => {
        seen.push(isChanging)
        await pause()
        seen.push(isChanging)
      })
    })
    await Promise.all([...changes, ...steps])
    expect(seen).toHaveLength(200)
    expect(seen).not.toContain(true)
  })
})
