import { getAddress, type Hex, keccak256, stringToBytes } from 'viem'
import type { Terms } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import { findNetwork } from '@/lib/money/networks'
import { defineRail } from '@/lib/rails/rail'
import { TRANSFER_TYPES, transferGate } from '@/lib/wallet/gate'

/** With less time left than this, a payment could come too late. In seconds. */
const LEAST_LEFT = 20

interface ChargeTerms extends Terms {
  /** What ties the authorization to its challenge. */
  readonly nonce: Hex
}

/**
 * MPP's `charge` on EVM by EIP-3009 (draft-evm-charge, "authorization"): one transfer is authorised as for `exact`, but its
 * nonce is the challenge's hash, which the server compares.
 */
export const mppCharge = defineRail<ChargeTerms>({
  id: 'mpp-charge',
  scheme: 'evm/charge',

  /**
   * The other credential types are not for us: for "permit2", neither who is paid nor who collects is part of what is signed, and
   * for "transaction" and "hash" it would be a whole transaction. Without a list, those two are meant.
   */
  read({ extra }, asset) {
    if (asset.family !== 'evm' || asset.method !== 'eip3009') return null
    const { id, realm, credentialTypes, splits } = extra ?? {}
    const types = Array.isArray(credentialTypes) ? (credentialTypes as unknown[]) : ['transaction', 'hash']
    if (types.every((type) => type === 'transaction' || type === 'hash')) return 'raw_transaction'
    // An authorization is one transfer to one payee.
    const isSplit = Array.isArray(splits) && splits.length > 0
    if (isSplit || !types.includes('authorization') || typeof id !== 'string' || typeof realm !== 'string') return null
    const nonce = keccak256(stringToBytes(`${id}${realm}`))
    return { rail: 'mpp-charge', signers: ['vault', 'metamask'], asksChain: false, nonce }
  },

  async prepare({ offer, terms, from }) {
    const { asset, units, payTo } = offer
    const { nonce } = terms
    const network = findNetwork(asset.network)
    if (asset.family !== 'evm' || network?.family !== 'evm') throw new TuppenceError('internal')
    return async ({ validSeconds, signers }) => {
      const now = Math.floor(Date.now() / 1000)
      const { expires } = offer.envelope
      const end = typeof expires === 'string' ? Math.floor(Date.parse(expires) / 1000) : Number.POSITIVE_INFINITY
      // It may have waited behind other questions since it was read. Past its end a server could take the money and bring nothing.
      if (end - now < LEAST_LEFT) throw new TuppenceError('payment_expiring')
      const validBefore = Math.min(now + validSeconds, end)
      const owner = from as Hex
      const signer = signers.typedData(
        transferGate({
          purpose: 'payment',
          asset,
          units,
          from: owner,
          to: payTo,
          latestValidBefore: validBefore,
          nonce,
        }),
      )
      const signature = await signer.signTypedData({
        domain: { ...asset.domain, chainId: network.chainId, verifyingContract: asset.address },
        types: TRANSFER_TYPES,
        primaryType: 'TransferWithAuthorization',
        message: {
          from: getAddress(owner),
          to: getAddress(payTo),
          value: units,
          validAfter: 0n,
          validBefore: BigInt(validBefore),
          nonce,
        },
      })
      return {
        source: `did:pkh:${asset.network}:${getAddress(owner)}`,
        payload: {
          type: 'authorization',
          from: getAddress(owner),
          to: getAddress(payTo),
          value: units.toString(),
          validAfter: '0',
          validBefore: validBefore.toString(),
          nonce,
          signature,
        },
      }
    }
  },
})
