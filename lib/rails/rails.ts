import type { Scheme, Terms } from '@/lib/challenge/scheme'
import { authCapture } from './auth-capture/scheme'
import { batchSettlement } from './batch-settlement/rail'
import { deferred } from './deferred/rail'
import { exactEip3009 } from './exact-eip3009/rail'
import { exactPermit2 } from './exact-permit2/rail'
import { exactSvm } from './exact-svm/rail'
import { mppCharge } from './mpp-charge/rail'
import type { Rail } from './rail'
import { upto } from './upto/rail'

/** Every way of paying. */
const RAILS: readonly Rail[] = [exactEip3009, exactPermit2, exactSvm, upto, batchSettlement, mppCharge, ...deferred]

/** What offers are read for: every way of paying, and those that are only named. */
export const SCHEMES: readonly Scheme[] = [...RAILS, authCapture]

/** The rail of an offer's terms. Throws for one that is none: a defect. */
export function railOf({ rail: id }: Pick<Terms, 'rail'>): Rail {
  const rail = RAILS.find((known) => known.id === id)
  if (!rail) throw new Error(`There is no rail ${id}.`)
  return rail
}
