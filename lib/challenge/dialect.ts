import type { Answer, AnswerHeader } from './answer'
import type { Offer, PricedRequest, Reading } from './challenge'
import type { Credential } from './credential'
import type { ReportedReceipt } from './receipt'
import type { Scheme } from './scheme'

/** One language in which servers ask for a payment. Pure. */
export interface Dialect {
  readonly id: string
  /** The headers that it reads, in lower case: no other header of an answer is kept. */
  readonly headers: readonly string[]
  /** Null when the answer does not speak it. Never throws: anything off comes back as a named problem. */
  read(request: PricedRequest, answer: Answer, schemes: readonly Scheme[]): Reading | null
  /** How it is paid; null for one that is only recognised. */
  readonly payment: {
    /** A rail's payload as the headers that the server asked for. */
    credential(offer: Offer, payload: unknown): Credential
    /** What the answer to a paid request says of the settlement. Null when it says nothing that can be read. */
    receipt(headers: readonly AnswerHeader[]): ReportedReceipt | null
  } | null
}
