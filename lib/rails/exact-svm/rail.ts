import { ExactSvmScheme } from '@x402/svm/exact/client'
import { lifetimeOn } from '@/lib/chain/solana'
import { isAccount } from '@/lib/challenge/offer'
import type { Terms } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import { LONGEST_MEMO } from '@/lib/money/solana'
import { defineRail } from '@/lib/rails/rail'

/** Nobody listens there. Whatever else the SDK may come to ask, it does not ask the servers that it has built in. */
const NOBODY = 'http://0.0.0.0:1'

interface SvmTerms extends Terms {
  readonly feePayer: string
  /** What the site wants to be said in the transaction; null for what the SDK says by itself. */
  readonly memo: string | null
}

/**
 * `exact` on Solana (x402 v2, exact scheme on SVM): the payer signs a transaction with one transfer in it, which the site's
 * facilitator signs as well, to pay its fee, and submits.
 */
export const exactSvm = defineRail<SvmTerms>({
  id: 'exact-svm',
  scheme: 'exact',

  /** The token program's own transfer, with a memo that the site may set. */
  read({ extra }, asset) {
    if (asset.family !== 'svm' || (extra?.assetTransferMethod ?? 'default') !== 'default') return null
    const memo = extra?.memo ?? ''
    if (typeof memo !== 'string' || new TextEncoder().encode(memo).length > LONGEST_MEMO) return null
    const feePayer = extra?.feePayer
    // Whoever it is, an account that can sign; that it is not the payer's own is for those to say who know it.
    if (typeof feePayer !== 'string' || !isAccount(feePayer)) return 'invalid_fee_payer'
    return { rail: 'exact-svm', signers: ['vault'], asksChain: true, feePayer, memo: memo || null }
  },

  async prepare({ offer, terms, from }) {
    const { asset, units, payTo, maxTimeoutSeconds } = offer
    const { feePayer, memo } = terms
    if (asset.family !== 'svm') throw new TuppenceError('internal')
    const lifetime = await lifetimeOn(asset.network)
    return async ({ signers }) => {
      const signer = signers.transaction({ asset, units, from, to: payTo, feePayer, lifetime })
      const scheme = new ExactSvmScheme(signer, { rpcUrl: NOBODY })
      // The SDK would ask a server for the mint's decimals and program. They are pinned: it is told beforehand.
      const mint = { decimals: asset.decimals, programAddress: asset.program }
      Object.assign(scheme, { mintCache: new Map([[`${asset.network}:${asset.address}`, Promise.resolve(mint)]]) })
      const { blockhash, lastBlockHeight } = lifetime
      const { payload } = await scheme.createPaymentPayload(2, {
        scheme: 'exact',
        network: asset.network,
        asset: asset.address,
        amount: units.toString(),
        payTo,
        maxTimeoutSeconds,
        extra: {
          feePayer,
          ...(memo !== null && { memo }),
          recentBlockhash: blockhash,
          lastValidBlockHeight: lastBlockHeight,
        },
      })
      return payload
    }
  },
})
