import { randomInt } from 'node:crypto'

/** Random numbers that come again with the same seed. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
}

/** Seeded by SEED, or anew each time; says which, so that a run can be repeated. */
export function seededRandom(): Random {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
  console.log(`    SEED=${seed}`)
  // Mulberry32.
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { below: (limit) => Math.floor(next() * limit) }
}
