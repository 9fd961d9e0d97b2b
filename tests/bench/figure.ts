/** One line of the table: what was measured, and whether it keeps to its budget. */
export interface Figure {
  /** Stable: other programs look for it. */
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The most it may be, in the same unit. */
  readonly budget: number
  readonly ok: boolean
  /** What else helps to judge the value. */
  readonly detail?: Detail
}

export type Detail = Readonly<Record<string, string | number>>

/** A value that must not be above its budget. */
export function atMost(budget: number, name: string, unit: string, value: number, detail?: Detail): Figure {
  const rounded = round(value)
  return { name, value: rounded, unit, budget, ok: rounded <= budget, ...(detail && { detail }) }
}

/** Three decimals are more than any of it is good for. */
export const round = (value: number): number => Math.round(value * 1000) / 1000
