import { ExactEvmScheme } from '@x402/evm/exact/client'
import type { Challenge, PayableOffer } from '@/lib/challenge/challenge'
import { type Credential, toCredential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import type { Signer } from '@/lib/wallet/signer'

/**
 * Pays an `exact` offer by EIP-3009 (x402 v2, exact scheme on EVM): the signer authorises one transfer, and the signed
 * message becomes the `PAYMENT-SIGNATURE` header. `validSeconds` is how long the authorization may last.
 */
export async function payExactEvm(
  challenge: Challenge,
  offer: PayableOffer,
  signer: Signer,
  validSeconds: number,
): Promise<Credential> {
  const { asset } = offer
  if (asset.family !== 'evm') throw new TuppenceError('internal')
  const { payload } = await new ExactEvmScheme(signer).createPaymentPayload(2, {
    scheme: offer.scheme,
    network: asset.network,
    asset: asset.address,
    amount: offer.units.toString(),
    payTo: offer.payTo,
    maxTimeoutSeconds: validSeconds,
    // The pinned domain, never the server's.
    extra: { ...asset.domain },
  })
  return toCredential(challenge, offer, payload)
}
