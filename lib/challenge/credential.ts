import { encodeBase64 } from './base64'
import type { Challenge, Offer } from './challenge'

/** The header that proves a payment. A bearer value until it is settled: it stays in the ledger and below the page. */
export interface Credential {
  readonly header: string
  readonly value: string
}

/**
 * A rail's signed payload as the header that the server asked for (x402 v2, PaymentPayload). The server compares `accepted`
 * and the extensions with its own: both go back exactly as they came.
 */
export function toCredential({ resource, extensions }: Challenge, offer: Offer, payload: unknown): Credential {
  const message = {
    x402Version: 2,
    payload,
    accepted: offer.accepted,
    ...(resource && { resource }),
    ...(extensions && { extensions }),
  }
  return { header: 'PAYMENT-SIGNATURE', value: encodeBase64(JSON.stringify(message)) }
}
