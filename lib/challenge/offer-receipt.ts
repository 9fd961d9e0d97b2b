import { ed25519 } from '@noble/curves/ed25519'
import { secp256k1 } from '@noble/curves/secp256k1'
import { sha256 } from '@noble/hashes/sha2'
import { base58 } from '@scure/base'
import { type Hex, recoverTypedDataAddress } from 'viem'
import { z } from 'zod'
import { decodeBase64 } from './base64'
import type { Offer } from './challenge'
import { parseJson } from './json'
import { isForeign } from './resource'
import type { Worth } from './worth'

/*
 * The extension "offer-receipt": a server signs what it offers, and what it was paid. Neither is needed to pay. Both are kept:
 * in a dispute they say more than a 402 that anybody could have written.
 */

const EXTENSION = 'offer-receipt'
const MOST_OFFERS = 32
/** How far a receipt's time, or the end of an offer, may be from a payment's, in seconds. */
const MOST_APART = 3600
const MOST_LATE = 60

/** Something signed by a server, as it came (Offer and Receipt Extension, 3.1). */
const signedSchema = z.discriminatedUnion('format', [
  z.object({
    format: z.literal('eip712'),
    payload: z.record(z.string(), z.unknown()),
    signature: z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{130}$/)]),
    acceptIndex: z.int().optional(),
  }),
  z.object({ format: z.literal('jws'), signature: z.string().max(8192), acceptIndex: z.int().optional() }),
])
export type Signed = z.output<typeof signedSchema>

const unsigned = z.int().min(0)
const text = z.string().max(8192)

/** What an offer says (4.2). */
const offerSchema = z.object({
  version: z.literal(1),
  resourceUrl: text,
  scheme: text,
  network: text,
  asset: text,
  payTo: text,
  amount: text,
  validUntil: unsigned.optional(),
})

/** What a receipt says (5.2). */
const receiptSchema = z.object({
  version: z.literal(1),
  network: text,
  resourceUrl: text,
  payer: text,
  issuedAt: unsigned,
  transaction: text.optional(),
})

const OFFER_TYPES = {
  Offer: [
    { name: 'version', type: 'uint256' },
    { name: 'resourceUrl', type: 'string' },
    { name: 'scheme', type: 'string' },
    { name: 'network', type: 'string' },
    { name: 'asset', type: 'string' },
    { name: 'payTo', type: 'string' },
    { name: 'amount', type: 'string' },
    { name: 'validUntil', type: 'uint256' },
  ],
} as const

const RECEIPT_TYPES = {
  Receipt: [
    { name: 'version', type: 'uint256' },
    { name: 'network', type: 'string' },
    { name: 'resourceUrl', type: 'string' },
    { name: 'payer', type: 'string' },
    { name: 'issuedAt', type: 'uint256' },
    { name: 'transaction', type: 'string' },
  ],
} as const

type Extensions = Readonly<Record<string, unknown>>
type Extension = { readonly info?: { readonly offers?: unknown; readonly receipt?: unknown } | null }

/** All that a server has signed of what it offers. */
function signedOffers({ envelope }: Pick<Offer, 'envelope'>): Signed[] {
  const { extensions } = envelope as { extensions?: Extensions }
  const listed = (extensions?.[EXTENSION] as Extension | undefined)?.info?.offers
  if (!Array.isArray(listed)) return []
  return listed.slice(0, MOST_OFFERS).flatMap((one) => signedSchema.safeParse(one).data ?? [])
}

/** What a server has signed of one of its offers; null when nothing. Its own count of them is no more than a hint (4.1.1). */
export const signedOfferFor = (offer: Offer): Signed | null =>
  signedOffers(offer).find((signed) => isForOffer(saidBy(signed), offer)) ?? null

/** What a server's signature under an offer of its 402 is worth, at a time (Unix seconds); null when it signs none at all. */
export async function signatureUnder(offer: Offer, url: string, at: number): Promise<Worth | null> {
  if (signedOffers(offer).length === 0) return null
  const signed = signedOfferFor(offer)
  return signed ? offerWorth(signed, { offer, url, at }) : 'wrong'
}

/** The signed receipt of a settlement (`PAYMENT-RESPONSE`); null when there is none. */
export function signedReceiptIn(extensions: unknown): Signed | null {
  const extension = (extensions as Extensions | null | undefined)?.[EXTENSION] as Extension | null | undefined
  return signedSchema.safeParse(extension?.info?.receipt).data ?? null
}

/** An offer, as far as a signature speaks of it. What a payment was made for is known without its scheme. */
type Offered = Pick<Offer, 'network' | 'assetAddress' | 'payTo' | 'units'> & { readonly scheme?: string }

/** What a signed offer is worth for an offer of a request's 402, at a time (Unix seconds). */
export async function offerWorth(
  signed: Signed,
  { offer, url, at }: { offer: Offered; url: string; at: number },
): Promise<Worth> {
  const said = offerSchema.safeParse(saidBy(signed)).data
  if (!said || !isForOffer(said, offer) || isForeign(said.resourceUrl, url)) return 'wrong'
  if (said.validUntil && said.validUntil < at - MOST_LATE) return 'wrong'
  return worthOf(signed, offer.payTo, async (signature) =>
    recoverTypedDataAddress({
      domain: { name: 'x402 offer', version: '1', chainId: 1 },
      types: OFFER_TYPES,
      primaryType: 'Offer',
      message: { ...said, version: BigInt(said.version), validUntil: BigInt(said.validUntil ?? 0) },
      signature,
    }),
  )
}

/** A payment, as far as a receipt speaks of it. */
interface Paid {
  readonly network: string
  readonly from: string
  readonly payTo: string
  readonly url: string
  /** Unix seconds. */
  readonly at: number
  /** The transactions it may name: the site's own word, and the chain's. */
  readonly transactions: readonly string[]
}

/** What a signed receipt is worth for a payment. */
export async function receiptWorth(signed: Signed, paid: Paid): Promise<Worth> {
  const said = receiptSchema.safeParse(saidBy(signed)).data
  if (!said || said.network !== paid.network || isForeign(said.resourceUrl, paid.url)) return 'wrong'
  if (!isSame(said.payer, paid.from, said.network) || Math.abs(said.issuedAt - paid.at) > MOST_APART) return 'wrong'
  const { transaction = '' } = said
  if (transaction !== '' && !paid.transactions.some((known) => isSame(known, transaction, said.network))) return 'wrong'
  return worthOf(signed, paid.payTo, async (signature) =>
    recoverTypedDataAddress({
      domain: { name: 'x402 receipt', version: '1', chainId: 1 },
      types: RECEIPT_TYPES,
      primaryType: 'Receipt',
      message: { ...said, version: BigInt(said.version), issuedAt: BigInt(said.issuedAt), transaction },
      signature,
    }),
  )
}

async function worthOf(signed: Signed, payTo: string, recover: (signature: Hex) => Promise<Hex>): Promise<Worth> {
  try {
    if (signed.format === 'jws') return await jwsWorth(signed.signature)
    return isSame(await recover(signed.signature as Hex), payTo, 'eip155:') ? 'payee' : 'key'
  } catch {
    // No point of the curve, for example.
    return 'wrong'
  }
}

/** What is signed; null when it cannot be read. */
function saidBy(signed: Signed): unknown {
  if (signed.format === 'eip712') return signed.payload
  const [, payload = ''] = signed.signature.split('.')
  return jsonIn(payload)
}

function isForOffer(said: unknown, { scheme, network, assetAddress, payTo, units }: Offered): boolean {
  const { data } = offerSchema.safeParse(said)
  return (
    data !== undefined &&
    (scheme === undefined || data.scheme === scheme) &&
    data.network === network &&
    isSame(data.asset, assetAddress, network) &&
    isSame(data.payTo, payTo, network) &&
    data.amount === units?.toString()
  )
}

/** The case of letters means nothing in an EVM network's addresses and hashes, and everything in Solana's. */
const isSame = (a: string, b: string, network: string): boolean =>
  network.startsWith('eip155:') ? a.toLowerCase() === b.toLowerCase() : a === b

interface Jwk {
  readonly kty?: unknown
  readonly crv?: unknown
  readonly x?: unknown
  readonly y?: unknown
}

/** A compact JWS (RFC 7515) whose key it names itself. Throws where anything about it is malformed. */
async function jwsWorth(jws: string): Promise<Worth> {
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.')
  const { alg, kid, jwk } = (jsonIn(header) ?? {}) as { alg?: unknown; kid?: unknown; jwk?: Jwk }
  if (rest.length > 0 || typeof kid !== 'string') return 'wrong'
  const named = keyOfDid(kid)
  const key = jwk ?? named
  if (!key) return 'unread'
  // Where it gives a key and names one, they are one (4.5).
  if (jwk && named && (['kty', 'crv', 'x', 'y'] as const).some((part) => jwk[part] !== named[part])) return 'wrong'
  const message = new TextEncoder().encode(`${header}.${payload}`)
  const isSigned = await verify(String(alg), key, message, bytesIn(signature))
  return isSigned === null ? 'unread' : isSigned ? 'key' : 'wrong'
}

/** Null for kinds of keys that are not known here. */
async function verify(
  alg: string,
  key: Jwk,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean | null> {
  const { crv, x, y } = key
  switch (`${alg}/${String(crv)}`) {
    case 'EdDSA/Ed25519':
      return ed25519.verify(signature, message, bytesIn(x))
    case 'ES256K/secp256k1':
      return secp256k1.verify(signature, sha256(message), Uint8Array.of(4, ...bytesIn(x), ...bytesIn(y)), {
        lowS: false,
      })
    case 'ES256/P-256': {
      const curve = { name: 'ECDSA', namedCurve: 'P-256' }
      const imported = await crypto.subtle.importKey('jwk', { kty: 'EC', crv, x, y } as JsonWebKey, curve, false, [
        'verify',
      ])
      return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, signature, message)
    }
    default:
      return null
  }
}

// Multicodec's numbers of public keys, as the bytes before them (did:key).
const ED25519_KEY = [0xed, 0x01]
const SECP256K1_KEY = [0xe7, 0x01]

/** The key that a name itself holds (did:jwk, did:key); null for every other name. Throws where it holds nothing. */
function keyOfDid(kid: string): Jwk | null {
  const [did = ''] = kid.split('#')
  if (did.startsWith('did:jwk:')) return jsonIn(did.slice('did:jwk:'.length)) as Jwk
  if (!did.startsWith('did:key:z')) return null
  const bytes = base58.decode(did.slice('did:key:z'.length))
  const key = bytes.slice(2)
  const isOf = (codec: readonly number[]) => codec.every((byte, index) => bytes[index] === byte)
  if (isOf(ED25519_KEY)) return { kty: 'OKP', crv: 'Ed25519', x: base64UrlOf(key) }
  if (!isOf(SECP256K1_KEY)) return null
  const point = secp256k1.ProjectivePoint.fromHex(key).toRawBytes(false)
  return { kty: 'EC', crv: 'secp256k1', x: base64UrlOf(point.slice(1, 33)), y: base64UrlOf(point.slice(33)) }
}

const base64UrlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** Throws when it is no base64. */
function bytesIn(part: unknown): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(String(part))
  if (!bytes) throw new Error('no base64')
  return bytes
}

function jsonIn(part: string): unknown {
  const bytes = decodeBase64(part)
  return bytes ? (parseJson(new TextDecoder().decode(bytes)) ?? null) : null
}
