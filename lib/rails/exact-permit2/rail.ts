import { ExactEvmScheme } from '@x402/evm/exact/client'
import type { Terms } from '@/lib/challenge/scheme'
import { preparePermit2 } from '@/lib/rails/permit2/pay'
import { permissionObstacle, sharedAllowance } from '@/lib/rails/permit2/permission'
import { defineRail } from '@/lib/rails/rail'

const TERMS: Terms = { rail: 'exact-permit2', signers: ['vault', 'metamask'], asksChain: true }

/** `exact` by Permit2 (x402 v2, exact scheme on EVM): the payer authorises one transfer through x402's own contract. */
export const exactPermit2 = defineRail({
  id: TERMS.rail,
  scheme: 'exact',

  /** Where the server says so, and for tokens that know no other way. Circle Gateway gives itself away by its contract. */
  read({ extra }, asset) {
    if (asset.family !== 'evm') return null
    const method = extra?.assetTransferMethod ?? asset.method
    return method === 'permit2' && (extra?.verifyingContract ?? null) === null ? TERMS : null
  },

  obstacle: permissionObstacle,
  shares: sharedAllowance,

  prepare: ({ offer, from }) => preparePermit2(offer, from, null, (signer) => new ExactEvmScheme(signer)),
})
