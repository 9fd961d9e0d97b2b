import { type Answer, findHeader } from '@/lib/challenge/answer'
import { isPayable, type PricedRequest, type Reading } from '@/lib/challenge/challenge'
import * as dialects from '@/lib/challenge/dialects'
import { SCHEMES } from '@/lib/rails/rails'

/** Reads a 402 answer, in every dialect and for every rail that there is. Never throws. */
export const readChallenge = (request: PricedRequest, answer: Answer): Reading =>
  dialects.readChallenge(request, answer, SCHEMES)

/** Whether an answer's body has anything to say: where a header asks for a payment that can be made, that alone counts. */
export function needsBody(request: PricedRequest, answer: Answer): boolean {
  const reading = readChallenge(request, { ...answer, body: null })
  const isPayableAsItIs = reading.ok && reading.challenge.offers.some(isPayable)
  return !isPayableAsItIs && findHeader(answer.headers, 'payment-required') === null
}
