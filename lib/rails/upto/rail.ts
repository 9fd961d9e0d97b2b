import { UptoEvmScheme } from '@x402/evm/upto/client'
import { type Hex, isAddress, zeroAddress } from 'viem'
import type { Terms } from '@/lib/challenge/scheme'
import { preparePermit2 } from '@/lib/rails/permit2/pay'
import { permissionObstacle, sharedAllowance } from '@/lib/rails/permit2/permission'
import { defineRail } from '@/lib/rails/rail'

interface UptoTerms extends Terms {
  /** Who may ask for less than the price, and have it moved. */
  readonly facilitator: Hex
}

/**
 * `upto` (x402 v2, upto scheme on EVM): the price is a ceiling. The payer authorises one transfer of at most that much, and the
 * site has as much of it taken as was used. Always through Permit2.
 */
export const upto = defineRail<UptoTerms>({
  id: 'upto',
  scheme: 'upto',

  read({ extra }, asset) {
    if (asset.family !== 'evm' || (extra?.assetTransferMethod ?? 'permit2') !== 'permit2') return null
    const facilitator = extra?.facilitatorAddress
    if (typeof facilitator !== 'string' || !isAddress(facilitator) || facilitator === zeroAddress)
      return 'invalid_facilitator'
    return { rail: 'upto', signers: ['vault', 'metamask'], asksChain: true, upTo: true, facilitator }
  },

  obstacle: permissionObstacle,
  shares: sharedAllowance,

  prepare: ({ offer, terms, from }) =>
    preparePermit2(offer, from, terms.facilitator, (signer) => new UptoEvmScheme(signer)),
})
