import type { PricedRequest, Reading } from './challenge'
import { readX402V2 } from './x402-v2'

export interface AnswerHeader {
  readonly name: string
  readonly value: string
}

/** Reads a 402 answer in whatever dialect it speaks. Never throws. */
export function readChallenge(request: PricedRequest, headers: readonly AnswerHeader[]): Reading {
  const required = findHeader(headers, 'payment-required')
  return required === null ? { ok: false, problem: 'no_challenge' } : readX402V2(request, required)
}

/** A header's value by its name, in any case. Several of one name are one, joined as HTTP has it (RFC 9110, 5.2). */
export function findHeader(headers: readonly AnswerHeader[], name: string): string | null {
  const values = headers.filter((header) => header.name.toLowerCase() === name).map(({ value }) => value)
  return values.length > 0 ? values.join(', ') : null
}
