/** The value that a share of all values is at or below; between two values it is interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** A quotient of medians and the interval that holds it with 95 % certainty. */
export interface Ratio {
  readonly value: number
  /** As "0.98–1.03". */
  readonly interval: string
}

const RESAMPLES = 2_000

/**
 * Median of `a` over median of `b`, which were measured in turns: `a[i]` and `b[i]` in the same round. The interval is the
 * bootstrap's, over rounds, so that what slows a whole round down does not widen it.
 */
export function ratioOf(a: readonly number[], b: readonly number[]): Ratio {
  const resampled = Array.from({ length: RESAMPLES }, () => {
    const rounds = a.map(() => Math.floor(Math.random() * a.length))
    const pick = (values: readonly number[]) => rounds.map((round) => values[round] ?? Number.NaN)
    return median(pick(a)) / median(pick(b))
  })
  const [low, high] = [quantile(resampled, 0.025), quantile(resampled, 0.975)]
  return { value: median(a) / median(b), interval: `${low.toFixed(3)}–${high.toFixed(3)}` }
}

/**
 * Measures every contestant once a round, in an order drawn anew each time: what the machine does besides, and what one
 * leaves behind for the next, falls on all alike. The first rounds warm up and do not count.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, (round: number) => Promise<number>>>,
  warmUp = 3,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>
  for (let round = 0; round < rounds + warmUp; round++) {
    for (const name of shuffled(names)) {
      const result = await contestants[name](round)
      if (round >= warmUp) results[name].push(result)
    }
  }
  return results
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
