import type { ChallengeProblem } from './challenge'

/** Deeper than this no server's message is read. */
const DEEPEST = 16

/** Parses what a server wrote. Undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What keeps a server's message from being read, whatever it says; null when nothing does. */
export function jsonProblem(message: unknown): Extract<ChallengeProblem, 'too_deep' | 'wrong_shape'> | null {
  if (!isShallow(message, DEEPEST)) return 'too_deep'
  return hasOnlyFiniteNumbers(message) ? null : 'wrong_shape'
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1))
}

/** JSON can write numbers that are none (1e999). Sent back they would be null, and null they would be to an intent. */
function hasOnlyFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(hasOnlyFiniteNumbers)
}
