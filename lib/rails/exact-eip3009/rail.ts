import { ExactEvmScheme } from '@x402/evm/exact/client'
import type { Hex } from 'viem'
import type { Terms } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import { defineRail } from '@/lib/rails/rail'
import { transferGate } from '@/lib/wallet/gate'

const TERMS: Terms = { rail: 'exact-eip3009', signers: ['vault', 'metamask'], asksChain: false }

/** `exact` by EIP-3009 (x402, exact scheme on EVM): the payer authorises one transfer, and the site has it submitted. */
export const exactEip3009 = defineRail({
  id: TERMS.rail,
  scheme: 'exact',

  /**
   * On the token itself. Permit2 names itself in `extra.assetTransferMethod`; Circle Gateway looks like `exact` but signs for
   * another contract, which `extra.verifyingContract` gives away, and mostly says its name.
   */
  read({ extra }, asset) {
    if (asset.family !== 'evm') return null
    if (extra?.name === 'GatewayWalletBatched') return 'circle_gateway'
    const method = extra?.assetTransferMethod ?? 'eip3009'
    const contract = extra?.verifyingContract ?? asset.address
    // What a server says teaches no token EIP-3009. Nobody could show that such a signature ran out unused.
    const isKnown = asset.method === 'eip3009' && method === 'eip3009'
    return isKnown && typeof contract === 'string' && contract.toLowerCase() === asset.address ? TERMS : null
  },

  async prepare({ offer, from }) {
    const { asset, units, payTo } = offer
    if (asset.family !== 'evm') throw new TuppenceError('internal')
    return async ({ validSeconds, signers }) => {
      const latestValidBefore = Math.floor(Date.now() / 1000) + validSeconds + 1
      const signer = signers.typedData(
        transferGate({ purpose: 'payment', asset, units, from: from as Hex, to: payTo, latestValidBefore }),
      )
      const { payload } = await new ExactEvmScheme(signer).createPaymentPayload(2, {
        scheme: 'exact',
        network: asset.network,
        asset: asset.address,
        amount: units.toString(),
        payTo,
        maxTimeoutSeconds: validSeconds,
        // The pinned domain, never the server's.
        extra: { ...asset.domain },
      })
      return payload
    }
  },
})
