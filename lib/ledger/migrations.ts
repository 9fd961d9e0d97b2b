import type { Credential } from '@/lib/challenge/credential'
import { scopesOf } from '@/lib/policy/limits'
import { dayOf } from '@/lib/policy/tally'
import type { Payment } from './payment'

/** A row as versions 2 and 3 wrote it: of one dialect, and with a credential of one header. */
export type PaymentV3 = Omit<Payment, 'dialect' | 'rail' | 'credential'> & {
  readonly credential?: { readonly header: string; readonly value: string }
}

/** A row as version 1 wrote it: totals by name, no agents, and only one kind of authorization. */
export type PaymentV1 = Omit<PaymentV3, 'agent' | 'scopes' | 'day' | 'authorization'> & {
  readonly counters: readonly string[]
  readonly authorization?: Omit<NonNullable<Payment['authorization']>, 'method'>
}

/** Version 2 counts by scope and day, knows agents, and more than one way to authorise. */
export function paymentToV2({ counters: _, authorization, ...row }: PaymentV1): PaymentV3 {
  return {
    ...row,
    agent: null,
    scopes: scopesOf({ network: row.network, site: row.site, agent: null }),
    day: dayOf(row.createdAt),
    ...(authorization && { authorization: { ...authorization, method: 'eip3009' } }),
  }
}

/** Version 4 knows dialects and rails, and credentials of several headers. */
export function paymentToV4({ credential, ...row }: PaymentV3): Payment {
  return {
    ...row,
    dialect: 'x402-v2',
    rail: row.network.startsWith('solana:') ? 'exact-svm' : 'exact-eip3009',
    ...(credential && { credential: toHeaders(credential) }),
  }
}

const toHeaders = ({ header: name, value }: NonNullable<PaymentV3['credential']>): Credential => ({
  headers: [{ name, value }],
})
