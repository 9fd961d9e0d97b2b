import type { TransactionSigner } from '@solana/kit'
import { ExactSvmScheme } from '@x402/svm/exact/client'
import type { Challenge, PayableOffer } from '@/lib/challenge/challenge'
import { type Credential, toCredential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import type { Lifetime } from '@/lib/wallet/gate-svm'

/** Nobody listens there. Whatever else the SDK may come to ask, it does not ask the servers that it has built in. */
const NOBODY = 'http://0.0.0.0:1'

/**
 * Pays an `exact` offer on Solana (x402 v2, exact scheme on SVM): the signer signs a transaction with one transfer in it, which
 * the site's facilitator signs as well, to pay its fee, and submits. Nothing is asked of the network here.
 */
export async function payExactSvm(
  challenge: Challenge,
  offer: PayableOffer,
  signer: TransactionSigner,
  { blockhash, lastBlockHeight }: Lifetime,
): Promise<Credential> {
  const { asset, feePayer } = offer
  const { memo } = (offer.accepted.extra ?? {}) as { memo?: unknown }
  if (asset.family !== 'svm' || feePayer === null) throw new TuppenceError('internal')
  const scheme = new ExactSvmScheme(signer, { rpcUrl: NOBODY })
  // The SDK would ask a server for the mint's decimals and program. They are pinned: it is told beforehand.
  const mint = { decimals: asset.decimals, programAddress: asset.program }
  Object.assign(scheme, { mintCache: new Map([[`${asset.network}:${asset.address}`, Promise.resolve(mint)]]) })
  const { payload } = await scheme.createPaymentPayload(2, {
    scheme: offer.scheme,
    network: asset.network,
    asset: asset.address,
    amount: offer.units.toString(),
    payTo: offer.payTo,
    maxTimeoutSeconds: offer.maxTimeoutSeconds,
    extra: { feePayer, memo, recentBlockhash: blockhash, lastValidBlockHeight: lastBlockHeight },
  })
  return toCredential(challenge, offer, payload)
}
