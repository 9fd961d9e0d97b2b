import type { Hex } from 'viem'
import type { PayableOffer } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import type { Pay } from '@/lib/rails/rail'
import type { Signer } from '@/lib/wallet/signer'
import { allowanceGate, paymentGate } from './gates'
import { neededFor, SIGNED_ALLOWANCE } from './permission'

/** As much of the SDK's clients of both schemes as is used. */
interface Client {
  createPaymentPayload(
    version: number,
    requirements: Requirements,
    context?: { extensions?: Record<string, unknown> },
  ): Promise<{ payload: unknown; extensions?: Record<string, unknown> | undefined }>
}

interface Requirements {
  scheme: string
  network: `${string}:${string}`
  asset: string
  amount: string
  payTo: string
  maxTimeoutSeconds: number
  extra: Record<string, unknown>
}

/** The SDK's client asks these two questions of the chain, which were asked before. */
interface ClientSigner extends Signer {
  readContract?(question: { readonly functionName: string }): Promise<unknown>
}

/**
 * Prepares a payment through Permit2 (x402 v2, exact and upto schemes on EVM): one signature for it, and where Permit2 may not
 * move as much yet and the server takes it, one for an allowance of just that much. `facilitator` is who may ask for less.
 */
export async function preparePermit2(
  offer: PayableOffer,
  from: string,
  facilitator: Hex | null,
  clientOf: (signer: ClientSigner) => Client,
): Promise<Pay> {
  const { asset, units, payTo, scheme } = offer
  if (asset.family !== 'evm') throw new TuppenceError('internal')
  const needed = await neededFor(offer, asset, from)
  return async ({ validSeconds, signers, extend }) => {
    const latestDeadline = Math.floor(Date.now() / 1000) + validSeconds + 1
    const expected = { asset, units, from: from as Hex, latestDeadline }
    const payment = signers.typedData(paymentGate({ ...expected, to: payTo, facilitator }))
    const allowance = needed && signers.allowance(allowanceGate({ ...expected, nonce: needed.nonce }))
    const signer: ClientSigner = {
      address: payment.address,
      signTypedData: (typedData) =>
        (typedData.primaryType === 'Permit' && allowance ? allowance : payment).signTypedData(typedData),
      ...(needed && { readContract: async ({ functionName }) => (functionName === 'nonces' ? needed.nonce : 0n) }),
    }
    const { payload, extensions } = await clientOf(signer).createPaymentPayload(
      2,
      {
        scheme,
        network: asset.network,
        asset: asset.address,
        amount: units.toString(),
        payTo,
        maxTimeoutSeconds: validSeconds,
        // The pinned domain, never the server's.
        extra: {
          ...asset.domain,
          assetTransferMethod: 'permit2',
          ...(facilitator !== null && { facilitatorAddress: facilitator }),
        },
      },
      // Of the server's extensions only the one that was decided on: another makes the SDK sign an approval without limit.
      needed ? { extensions: { [SIGNED_ALLOWANCE]: {} } } : {},
    )
    const signed = extensions?.[SIGNED_ALLOWANCE] as { readonly info: Record<string, unknown> } | undefined
    if (needed && !signed) throw new TuppenceError('internal')
    if (signed) extend(SIGNED_ALLOWANCE, signed.info)
    return payload
  }
}
