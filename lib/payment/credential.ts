import type { PayableOffer, PricedRequest } from '@/lib/challenge/challenge'
import type { Credential } from '@/lib/challenge/credential'
import { dialectOf } from '@/lib/challenge/dialects'
import type { SignerKind } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import type { Draw, Pay, Signers } from '@/lib/rails/rail'
import { railOf } from '@/lib/rails/rails'
import type { Cleared, ClearedAllowance } from '@/lib/wallet/gate'
import type { ClearedRequest } from '@/lib/wallet/gate-request'
import type { ClearedTransfer } from '@/lib/wallet/gate-svm'
import { metaMaskSigner, signerFor } from '@/lib/wallet/signer'
import { requestSignerFor } from '@/lib/wallet/signer-request'
import { transferSignerFor } from '@/lib/wallet/signer-svm'

/** What is to be signed, and who holds the key. */
interface Commission {
  readonly offer: PayableOffer
  /** The request that is repeated with it. */
  readonly request: PricedRequest
  /** How long the authorization may last. */
  readonly validSeconds: number
  readonly signer: SignerKind
  /** What it takes from a prepaid tab; there only where it does. */
  readonly draw?: Draw | undefined
  /** Notes durably what is about to be signed. Nothing is signed before it resolves, or when it rejects. */
  readonly record: (cleared: Cleared | ClearedTransfer | ClearedRequest) => Promise<unknown>
  /** The same for an allowance that goes along with it. */
  readonly allow: (cleared: ClearedAllowance) => Promise<unknown>
  /** Aborts once it is too late for the vault to sign. Whether what a person signed comes too late is for the caller to see. */
  readonly signal: AbortSignal
}

/** Makes a purchase's credential: by what its rail has prepared, with the signer of its payer. Throws what those throw. */
export async function credentialFor(pay: Pay, commission: Commission): Promise<Credential> {
  const { offer, request, validSeconds, draw } = commission
  const { payment } = dialectOf(offer.dialect)
  if (!payment) throw new TuppenceError('internal')
  const additions: Record<string, Extension> = {}
  const extend = (extension: string, info: Extension) => {
    additions[extension] = info
  }
  const granted = { validSeconds, draw, signers: signersFor(commission), extend }
  const payload = await pay(granted)
  const credential = payment.credential(extended(offer, additions), payload)
  const { seal } = railOf(offer.terms)
  return seal ? seal(credential, request, granted) : credential
}

type Extension = Readonly<Record<string, unknown>>

/** An offer whose extensions say more. What the server has said of them stays as it is: it compares them with its own. */
function extended(offer: PayableOffer, additions: Readonly<Record<string, Extension>>): PayableOffer {
  if (Object.keys(additions).length === 0) return offer
  const extensions: Record<string, unknown> = { ...(offer.envelope.extensions as Extension | undefined) }
  for (const [name, info] of Object.entries(additions)) {
    const own = extensions[name] as { readonly info?: Extension } | undefined
    extensions[name] = { ...own, info: { ...info, ...own?.info } }
  }
  return { ...offer, envelope: { ...offer.envelope, extensions } }
}

function signersFor({ signer, record, allow, signal }: Commission): Signers {
  return signer === 'metamask'
    ? {
        typedData: (gate) => metaMaskSigner(gate, record),
        allowance: (gate) => metaMaskSigner(gate, allow),
        // MetaMask has no part in these.
        transaction: refuse,
        request: refuse,
      }
    : {
        typedData: (gate) => signerFor(gate, record, signal),
        allowance: (gate) => signerFor(gate, allow, signal),
        transaction: (expected) => transferSignerFor(expected, record, signal),
        request: (expected) => requestSignerFor(expected, record, signal),
      }
}

function refuse(): never {
  throw new TuppenceError('internal')
}
