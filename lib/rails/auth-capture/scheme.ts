import type { Scheme } from '@/lib/challenge/scheme'

/**
 * `auth-capture` (x402 v2): a contract holds the money until the site takes it, by a deadline of the site's, or gives it back, by
 * another. It is only named: nobody here watches over what is held.
 */
export const authCapture: Scheme = { scheme: 'auth-capture', read: () => 'escrow' }
