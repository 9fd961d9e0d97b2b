import { scopesOf } from '@/lib/policy/limits'
import { dayOf } from '@/lib/policy/tally'
import type { Payment } from './payment'

/** A row as version 1 wrote it: totals by name, no agents, and only one kind of authorization. */
export type PaymentV1 = Omit<Payment, 'agent' | 'scopes' | 'day' | 'authorization'> & {
  readonly counters: readonly string[]
  readonly authorization?: Omit<NonNullable<Payment['authorization']>, 'method'>
}

/** Version 2 counts by scope and day, knows agents, and more than one way to authorise. */
export function paymentToV2({ counters: _, authorization, ...row }: PaymentV1): Payment {
  return {
    ...row,
    agent: null,
    scopes: scopesOf({ network: row.network, site: row.site, agent: null }),
    day: dayOf(row.createdAt),
    ...(authorization && { authorization: { ...authorization, method: 'eip3009' } }),
  }
}
