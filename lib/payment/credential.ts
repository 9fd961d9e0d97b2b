import type { Hex } from 'viem'
import type { Challenge, PayableOffer } from '@/lib/challenge/challenge'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import { payExactEvm } from '@/lib/rails/exact-evm'
import { payExactSvm } from '@/lib/rails/exact-svm'
import type { Cleared } from '@/lib/wallet/gate'
import type { ClearedTransfer, Lifetime } from '@/lib/wallet/gate-svm'
import { metaMaskSigner, signerFor } from '@/lib/wallet/signer'
import { transferSignerFor } from '@/lib/wallet/signer-svm'

/** What is to be signed. */
interface CommissionBasics {
  readonly challenge: Challenge
  readonly offer: PayableOffer
  /** The account that pays. */
  readonly from: string
  /** How long the authorization may last. */
  readonly validSeconds: number
  /** Notes durably what is about to be signed. Nothing is signed before it resolves, or when it rejects. */
  readonly record: (cleared: Cleared | ClearedTransfer) => Promise<unknown>
}

/** What is to be signed, and who holds the key. */
export type Commission = CommissionBasics &
  (
    | {
        readonly signer: 'vault'
        /** On Solana, where blocks and not seconds count, how long it lasts. Null elsewhere. */
        readonly lifetime: Lifetime | null
        /** Aborts once it is too late to sign. */
        readonly signal: AbortSignal
      }
    /** Whether what a person signed comes too late is for the caller to see. */
    | { readonly signer: 'metamask' }
  )

/** Makes a purchase's credential: by the rail of its offer, with the signer of its payer. Throws what those throw. */
export async function credentialFor(commission: Commission): Promise<Credential> {
  const { challenge, offer, from, validSeconds, record } = commission
  const { asset, units, payTo, feePayer } = offer
  switch (asset.family) {
    case 'evm': {
      const latestValidBefore = Math.floor(Date.now() / 1000) + validSeconds + 1
      const expected = { purpose: 'payment', asset, units, from: from as Hex, to: payTo, latestValidBefore } as const
      const signer =
        commission.signer === 'metamask'
          ? metaMaskSigner(expected, record)
          : signerFor(expected, record, commission.signal)
      return payExactEvm(challenge, offer, signer, validSeconds)
    }
    case 'svm': {
      if (commission.signer !== 'vault' || feePayer === null) throw new TuppenceError('internal')
      const { lifetime, signal } = commission
      if (lifetime === null) throw new TuppenceError('internal')
      const expected = { asset, units, from, to: payTo, feePayer, lifetime }
      return payExactSvm(challenge, offer, transferSignerFor(expected, record, signal), lifetime)
    }
  }
}
