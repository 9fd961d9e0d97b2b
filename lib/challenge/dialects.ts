import type { Answer } from './answer'
import { type Challenge, isPayable, type Offer, type PricedRequest, type Reading } from './challenge'
import type { Dialect } from './dialect'
import { cashu } from './dialects/cashu'
import { crawler } from './dialects/crawler'
import { l402 } from './dialects/l402'
import { mpp } from './dialects/mpp'
import { x402V1 } from './dialects/x402-v1'
import { x402V2 } from './dialects/x402-v2'
import type { Scheme } from './scheme'

/** Every dialect that is understood. Where an answer speaks several, those of the first come first. */
export const DIALECTS: readonly Dialect[] = [x402V2, x402V1, mpp, crawler, l402, cashu]

/** Throws for a name that is none: a defect. */
export function dialectOf(id: string): Dialect {
  const dialect = DIALECTS.find((known) => known.id === id)
  if (!dialect) throw new Error(`There is no dialect ${id}.`)
  return dialect
}

/** Reads a 402 answer in whatever dialects it speaks: all of their offers are one challenge's. Never throws. */
export function readChallenge(request: PricedRequest, answer: Answer, schemes: readonly Scheme[]): Reading {
  const readings = DIALECTS.flatMap((dialect) => dialect.read(request, answer, schemes) ?? [])
  const [first, ...others] = readings.flatMap((reading) => (reading.ok ? [reading.challenge] : []))
  if (first) return { ok: true, challenge: others.reduce(join, first) }
  return readings[0] ?? { ok: false, problem: 'no_challenge' }
}

const join = (one: Challenge, other: Challenge): Challenge => ({
  ...one,
  description: one.description ?? other.description,
  foreignResource: one.foreignResource || other.foreignResource,
  hearsay: one.hearsay || other.hearsay,
  offers: [...one.offers, ...other.offers.filter((offer) => !isRepeated(offer, one.offers))],
})

/** What is nothing but one transfer, whatever its dialect calls it. */
const TRANSFERS: readonly string[] = ['exact', 'evm/charge']

/** Servers that speak several dialects ask for the same in each. To the user it is one offer: the first that can be paid. */
const isRepeated = ({ scheme, asset, units, payTo }: Offer, before: readonly Offer[]): boolean =>
  TRANSFERS.includes(scheme) &&
  before.some(
    (known) =>
      isPayable(known) &&
      !known.terms.asksChain &&
      TRANSFERS.includes(known.scheme) &&
      known.asset === asset &&
      known.units === units &&
      known.payTo.toLowerCase() === payTo.toLowerCase(),
  )
