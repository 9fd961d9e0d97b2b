import { ed25519 } from '@noble/curves/ed25519'
import { base58, base64 } from '@scure/base'
import type { Hex } from 'viem'
import { isPayable } from '@/lib/challenge/challenge'
import type { Ledger } from '@/lib/ledger/ledger'
import type { SolanaAuthorization } from '@/lib/ledger/payment'
import { usd } from '@/lib/money/usd'
import { credentialFor } from '@/lib/payment/credential'
import { railOf } from '@/lib/rails/rails'
import type { ClearedTransfer } from '@/lib/wallet/gate-svm'
import { challengeOf, header, SOLANA_PAYEE, solanaEntry } from '../unit/challenge/samples'
import { draft, existing, limits, requestNamed } from '../unit/ledger/books'
import { NO_SIGNERS } from '../unit/payment/signers'
import { DEVNET, SOLANA_PAYER, SOLANA_USDC } from '../unit/wallet/transactions'

/** The facilitator that submits what the payer signs, and pays the fee. */
const FACILITATOR_SEED = new Uint8Array(32).fill(42)
export const FACILITATOR = base58.encode(ed25519.getPublicKey(FACILITATOR_SEED))

const PLENTY = 10_000_000_000n

/** A payment that is signed and sent, as far as the ledger knows. */
export interface SolanaPayment {
  readonly id: string
  readonly authorization: SolanaAuthorization
  /** As the site gets it: without the facilitator's signature. */
  readonly wire: Uint8Array
}

let payments = 0

/** Pays the payee two cents the way a checkout does, with the wallet's key, up to where the site has its transaction. */
export async function send(ledger: Ledger, units = 20_000n): Promise<SolanaPayment> {
  const challenge = challengeOf(
    header({ accepts: [solanaEntry({ amount: units.toString(), extra: { feePayer: FACILITATOR } })] }),
  )
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
  payments += 1
  const { id } = await ledger.reserve(
    draft({
      network: DEVNET,
      asset: SOLANA_USDC.address,
      from: SOLANA_PAYER,
      payTo: SOLANA_PAYEE,
      request: requestNamed(`request ${payments}`),
      rail: offer.terms.rail,
      units,
      price: usd(units),
    }),
    limits(PLENTY, PLENTY),
  )
  const pay = await railOf(offer.terms).prepare({ offer, terms: offer.terms, from: SOLANA_PAYER })
  const credential = await credentialFor(pay, {
    offer,
    request: challenge.request,
    validSeconds: 60,
    signer: 'vault',
    record: (cleared) => ledger.sign(id, cleared as ClearedTransfer),
    allow: NO_SIGNERS.allowance,
    signal: new AbortController().signal,
  })
  await ledger.send(id, credential)
  const { payload } = JSON.parse(new TextDecoder().decode(base64.decode(credential.headers[0]?.value ?? ''))) as {
    payload: { transaction: string }
  }
  const { authorization } = await existing(ledger, id)
  if (authorization?.method !== 'solana') throw new Error('It was not signed for Solana.')
  return { id, authorization, wire: base64.decode(payload.transaction) }
}

/** Submits a payment as the facilitator does, and gives the transaction's name. Whether it lands is another matter. */
export async function submit(rpcUrl: string, { wire }: SolanaPayment): Promise<string> {
  // One byte that counts the signatures, the facilitator's, the payer's, the message.
  const signature = ed25519.sign(wire.subarray(1 + 2 * 64), FACILITATOR_SEED)
  const signed = Uint8Array.from(wire)
  signed.set(signature, 1)
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'sendTransaction',
    params: [base64.encode(signed), { encoding: 'base64' }],
  }
  const response = await fetch(rpcUrl, { method: 'POST', body: JSON.stringify(body) })
  const { error } = (await response.json()) as { error?: { message: string } }
  if (error) throw new Error(error.message)
  return base58.encode(signature)
}

/** The hash of another message. */
export const OTHER_NONCE: Hex = `0x${'0f'.repeat(32)}`
