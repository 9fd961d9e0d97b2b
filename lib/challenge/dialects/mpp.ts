import { formatUnits } from 'viem'
import { z } from 'zod'
import { findHeader, headerValues } from '@/lib/challenge/answer'
import { decodeBase64, encodeBase64Url } from '@/lib/challenge/base64'
import type { Challenge, ChallengeProblem, Offer, OfferProblem, PricedRequest } from '@/lib/challenge/challenge'
import type { Dialect } from '@/lib/challenge/dialect'
import { jsonProblem, parseJson } from '@/lib/challenge/json'
import { nameOffer, readOffer } from '@/lib/challenge/offer'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { Scheme } from '@/lib/challenge/scheme'
import { cleanText } from '@/lib/challenge/text'
import { type AuthChallenge, parseChallenges } from '@/lib/challenge/www-authenticate'
import { sayAmount } from '@/lib/money/stated'

const MOST_OFFERS = 32
const LONGEST_RECEIPT = 64 * 1024
/** With less time left than this, a payment could come too late. In seconds. */
const LEAST_LEFT = 20
/** How long a challenge that names no end is taken to be good for, as the protocol's own client does. In seconds. */
const ENDLESS = 300
/** SHA-256 of nothing: what a digest says of a request without a body. */
const EMPTY_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const base64Url = z
  .string()
  .regex(/^[A-Za-z0-9_-]+=*$/)
  .max(16 * 1024)

/** One challenge's parameters (draft-httpauth-payment, "Required Parameters", "Optional Parameters"). What is unknown is ignored. */
const paramsSchema = z.object({
  id: z.string().min(1).max(1024),
  realm: z.string().max(1024),
  method: z.string().regex(/^[a-z][a-z0-9:_-]{0,63}$/),
  intent: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  request: base64Url,
  description: z.string().max(8192).optional(),
  digest: z.string().max(1024).optional(),
  expires: z.iso.datetime({ offset: true }).optional(),
  // No other header may be asked for.
  header: z
    .string()
    .regex(/^payment-authorization$/i)
    .optional(),
  opaque: base64Url.optional(),
})
type Params = z.infer<typeof paramsSchema>

/** What is sold, for how much, and to whom it is paid (draft-evm-charge, "Request Schema"). */
const evmChargeSchema = z.looseObject({
  amount: z.string().min(1).max(128), // atomic units
  currency: z.string().min(1).max(128),
  recipient: z.string().min(1).max(128),
  methodDetails: z.looseObject({
    chainId: z.number().int().positive(),
    credentialTypes: z.array(z.string()).max(16).optional(),
    splits: z.array(z.unknown()).optional(),
  }),
})

/** As much as most methods have in common; what is missing is not there to be shown. */
const anyChargeSchema = z.looseObject({
  amount: z
    .string()
    .regex(/^\d{1,78}$/)
    .catch(''),
  currency: z.string().max(128).catch(''),
  recipient: z.string().max(128).catch(''),
  description: z.string().optional().catch(undefined),
})

/** Methods that are known by name (MPP's registry), and what they come to. */
const NAMED_METHODS: Readonly<Record<string, OfferProblem>> = {
  tempo: 'tempo',
  stripe: 'fiat',
  card: 'fiat',
  lightning: 'lightning',
  cashu: 'cashu',
}
/** Tempo's own dollars, all with six decimals. */
const TEMPO_TOKENS: Readonly<Record<string, string>> = {
  '0x20c0000000000000000000000000000000000000': 'pathUSD',
  '0x20c000000000000000000000b9537d11c60e8b50': 'USDC.e',
}

/** The Machine Payments Protocol: challenges of the scheme `Payment` in `WWW-Authenticate` (draft-httpauth-payment). */
export const mpp: Dialect = {
  id: 'mpp',
  headers: ['www-authenticate'],
  read(request, { headers }, schemes) {
    const challenges = headerValues(headers, 'www-authenticate')
      .flatMap(parseChallenges)
      .filter(({ scheme }) => scheme === 'payment')
      .slice(0, MOST_OFFERS)
    if (challenges.length === 0) return null
    const readings = challenges.map((challenge) => readOne(request, challenge, schemes))
    const read = readings.filter((reading) => typeof reading === 'object')
    const [problem] = readings.filter((reading) => typeof reading === 'string')
    if (read.length === 0) return { ok: false, problem: problem ?? 'wrong_shape' }
    const challenge: Challenge = {
      request,
      site: new URL(request.url).origin,
      description: read.find(({ description }) => description !== null)?.description ?? null,
      // A realm is any name that the server gives a part of itself: nothing follows from it.
      foreignResource: false,
      hearsay: false,
      offers: read.map(({ offer }) => offer),
    }
    return { ok: true, challenge }
  },
  payment: {
    /** Every parameter goes back as it came: the id seals them (draft-httpauth-payment, "Challenge Binding"). */
    credential({ accepted, envelope }, signed) {
      const name = accepted.header === undefined ? 'Authorization' : 'Payment-Authorization'
      const message = { challenge: { ...accepted, ...envelope }, ...(signed as object) }
      return { headers: [{ name, value: `Payment ${encodeBase64Url(JSON.stringify(message))}` }] }
    },
    receipt: (headers) => readReceipt(findHeader(headers, 'payment-receipt')),
  },
}

/** One challenge is one offer. */
function readOne(
  request: PricedRequest,
  { params }: AuthChallenge,
  schemes: readonly Scheme[],
): { offer: Offer; description: string | null } | ChallengeProblem {
  const parsed = paramsSchema.safeParse(params && Object.fromEntries(params))
  if (!parsed.success) return 'wrong_shape'
  const bytes = decodeBase64(parsed.data.request)
  if (!bytes) return 'not_base64'
  const sold = parseJson(new TextDecoder().decode(bytes))
  if (sold === undefined) return 'not_json'
  const problem = jsonProblem(sold)
  if (problem) return problem
  const common = anyChargeSchema.safeParse(sold)
  if (!common.success) return 'wrong_shape'
  const { method, intent } = parsed.data
  const isEvm = method === 'evm' && intent === 'charge'
  const offer = isEvm ? evmOffer(request, parsed.data, sold, schemes) : otherOffer(parsed.data, common.data)
  return offer === 'wrong_shape'
    ? offer
    : { offer, description: cleanText(parsed.data.description ?? common.data.description) }
}

/** A token's transfer on an EVM chain. */
function evmOffer(
  request: PricedRequest,
  params: Params,
  sold: unknown,
  schemes: readonly Scheme[],
): Offer | 'wrong_shape' {
  const parsed = evmChargeSchema.safeParse(sold)
  if (!parsed.success) return 'wrong_shape'
  const { amount, currency, recipient, methodDetails } = parsed.data
  const { chainId, credentialTypes, splits } = methodDetails
  const { id, expires, opaque, ...accepted } = params
  // What differs each time the same thing is offered is not part of what is bought.
  const envelope = { id, ...(expires !== undefined && { expires }), ...(opaque !== undefined && { opaque }) }
  const left = expires === undefined ? ENDLESS : Math.floor((Date.parse(expires) - Date.now()) / 1000)
  const entry = {
    scheme: 'evm/charge',
    network: `eip155:${chainId}`,
    amount,
    asset: currency,
    payTo: recipient,
    maxTimeoutSeconds: Math.max(1, left),
    extra: { id, realm: params.realm, credentialTypes, splits },
  }
  const offer = readOffer(entry, { dialect: 'mpp', accepted, envelope }, schemes)
  const problem = offer.problem ?? obstacleTo(request, params, left)
  return problem === null ? offer : { ...offer, terms: null, problem }
}

/** What keeps a challenge from being answered, whatever it asks for. */
function obstacleTo(request: PricedRequest, { digest, header }: Params, left: number): OfferProblem | null {
  if (left < LEAST_LEFT) return 'expired'
  if (digest !== undefined && digestIn(digest) !== (request.bodyDigest ?? EMPTY_DIGEST)) return 'other_body'
  // There is one such header in a request, and a page's own must not fall to ours.
  return header === undefined && request.isAuthorized ? 'authorization_taken' : null
}

/** SHA-256 in hex of a digest (RFC 9530), which some write without its colons. Null when there is none. */
function digestIn(digest: string): string | null {
  const text = /(?:^|,)\s*sha-256=:?([A-Za-z0-9+/_-]{43}=?):?\s*(?:,|$)/.exec(digest)?.[1]
  const bytes = text === undefined ? null : decodeBase64(text)
  return bytes && Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** By a method, or with an intent, that nobody here pays. */
function otherOffer(
  { method, intent }: Params,
  { amount, currency, recipient }: z.infer<typeof anyChargeSchema>,
): Offer {
  return nameOffer({
    dialect: 'mpp',
    scheme: `${method}/${intent}`,
    network: method,
    assetAddress: currency,
    payTo: recipient,
    stated: amount === '' ? null : statedBy(method, BigInt(amount), currency),
    problem: NAMED_METHODS[method] ?? 'unknown_scheme',
  })
}

function statedBy(method: string, amount: bigint, currency: string): string | null {
  const token = method === 'tempo' ? TEMPO_TOKENS[currency.toLowerCase()] : undefined
  return token === undefined ? sayAmount(amount, currency) : `${formatUnits(amount, 6)} ${token}`
}

/** What the site reports (draft-httpauth-payment, "Payment-Receipt Header"): there are only receipts of successes. */
const receiptSchema = z.object({
  status: z.literal('success'),
  reference: z.string().max(256).catch(''), // a transaction's hash
})

function readReceipt(header: string | null): ReportedReceipt | null {
  if (header === null || header.length > LONGEST_RECEIPT) return null
  const bytes = decodeBase64(header)
  const parsed = receiptSchema.safeParse(bytes && parseJson(new TextDecoder().decode(bytes)))
  return parsed.success ? { success: true, transaction: parsed.data.reference || null, errorReason: null } : null
}
