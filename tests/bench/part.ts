import type { Figure } from './figure.ts'

/** What every part is given. */
export interface Bench {
  /** A copy of the built extension that nobody changes meanwhile. */
  readonly extensionDir: string
  /** Whether this figure was asked for; what costs time is left out when it was not. */
  readonly wants: (name: string) => boolean
}

/** Measures some of the figures. */
export interface Part {
  /** The names of its figures. */
  readonly names: readonly string[]
  /** @throws Error when it cannot run */
  measure(bench: Bench): Promise<readonly Figure[]>
}
