import { Challenge } from 'mppx'
import type { Offer, PricedRequest, Reading } from '@/lib/challenge/challenge'
import { readChallenge } from '@/lib/payment/reading'
import { answer, PAYEE, request, USDC } from './samples'

/** What a server of mppx asks for: 0.02 USDC on Base Sepolia. */
export const chargeRequest = (changes: Readonly<Record<string, unknown>> = {}) => ({
  amount: '20000',
  currency: USDC,
  recipient: PAYEE,
  methodDetails: { chainId: 84532, credentialTypes: ['authorization'], decimals: 6 },
  ...changes,
})

/** A challenge as mppx writes it. */
export function payment(
  changes: Readonly<Record<string, unknown>> = {},
  sold: Readonly<Record<string, unknown>> = chargeRequest(),
): string {
  const challenge = {
    id: 'kM9xPqWvT2nJrHsY4aDfEb',
    realm: 'shop.example',
    method: 'evm',
    intent: 'charge',
    description: 'An article',
    expires: new Date(Date.now() + 300_000).toISOString(),
    ...changes,
    request: sold,
  }
  return Challenge.serialize(challenge as Challenge.Challenge)
}

/** What is read of a 402 with these `WWW-Authenticate` headers. */
export const readAuth = (values: readonly string[], changes: Partial<PricedRequest> = {}): Reading =>
  readChallenge(request(changes), answer(values.map((value) => ({ name: 'WWW-Authenticate', value }))))

/** The offers of a 402 that can be read. */
export function offersIn(values: readonly string[], changes: Partial<PricedRequest> = {}): readonly Offer[] {
  const reading = readAuth(values, changes)
  if (!reading.ok) throw new Error(`It cannot be read: ${reading.problem}.`)
  return reading.challenge.offers
}
