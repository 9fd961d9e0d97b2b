import type { AnswerHeader } from './answer'

/** The headers that prove a payment. Bearer values until it is settled: they stay in the ledger and below the page. */
export interface Credential {
  readonly headers: readonly AnswerHeader[]
}
