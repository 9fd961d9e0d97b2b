import fc from 'fast-check'
import { expect } from 'vitest'
import { FIRST_RULES, run, type Step } from './commands'
import { World } from './world'

/** Without these, nothing was put to the test. */
const HAS_TO_HAPPEN = [
  ...['paying', 'asked', 'refused', 'pay', 'decline', 'signature', 'received', 'same bytes again', 'crash'],
  ...['sent', 'unknown', 'settled', 'expired', 'released'],
]

/**
 * Lives through so many sequences of steps, and looks after every one of them whether all promises were kept. A failure
 * prints its seed and path, which `ENGINE_SEED` and `ENGINE_PATH` replay; `ENGINE_RUNS` says how many sequences there are.
 */
export async function expectPromisesKept(sequences: fc.Arbitrary<Step[]>, usual: number): Promise<void> {
  const { ENGINE_SEED, ENGINE_PATH, ENGINE_RUNS } = process.env
  const isReplay = ENGINE_PATH !== undefined
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const world = await World.create(FIRST_RULES)
      try {
        for (const step of sequence) await run(world, step)
      } finally {
        await world.end()
      }
    }),
    {
      numRuns: ENGINE_RUNS ? Number(ENGINE_RUNS) : usual,
      ...(ENGINE_SEED && { seed: Number(ENGINE_SEED) }),
      ...(isReplay && { path: ENGINE_PATH }),
    },
  )
  if (!isReplay) expect([...World.happened]).toEqual(expect.arrayContaining(HAS_TO_HAPPEN))
}
