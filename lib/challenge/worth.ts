/**
 * What a server's signature is worth:
 *
 * - `payee`: the account that is paid has signed it.
 * - `key`: it is signed, by a key that is known from nothing but itself. Whose that is, it does not prove.
 * - `unread`: its key would have to be looked up elsewhere (did:web), or is of a kind that is not known here.
 * - `wrong`: the signature is not of what it says, or it says something else than what was asked for and paid.
 */
export const WORTHS = ['payee', 'key', 'unread', 'wrong'] as const
export type Worth = (typeof WORTHS)[number]
