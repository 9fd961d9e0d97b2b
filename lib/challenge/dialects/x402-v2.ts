import { z } from 'zod'
import { findHeader } from '@/lib/challenge/answer'
import { decodeBase64, encodeBase64 } from '@/lib/challenge/base64'
import type { Challenge, ChallengeProblem, PricedRequest, Reading } from '@/lib/challenge/challenge'
import type { Dialect } from '@/lib/challenge/dialect'
import { jsonProblem, parseJson } from '@/lib/challenge/json'
import { readOffer } from '@/lib/challenge/offer'
import { identified } from '@/lib/challenge/payment-identifier'
import { readSettlement } from '@/lib/challenge/receipt'
import { isForeign } from '@/lib/challenge/resource'
import type { Scheme } from '@/lib/challenge/scheme'
import { cleanText } from '@/lib/challenge/text'

/** The largest header that is read, in characters; Chromium itself allows 256 KB for all headers of an answer. */
const LONGEST_HEADER = 64 * 1024
const MOST_OFFERS = 32

const openRecord = z.record(z.string(), z.unknown())

/** One entry of `accepts` (x402 v2, PaymentRequirements). */
const entrySchema = z.looseObject({
  scheme: z.string().min(1).max(64),
  network: z.string().min(1).max(64), // CAIP-2
  amount: z.string().min(1).max(128), // atomic units
  asset: z.string().min(1).max(128),
  payTo: z.string().min(1).max(128),
  maxTimeoutSeconds: z.number().default(0), // optional on cloudflare:402 alone; no other rail takes 0
  extra: openRecord.nullish(),
})

/** The 402's own message (x402 v2, PaymentRequired). */
const paymentRequiredSchema = z.looseObject({
  error: z.string().nullish(),
  resource: z.looseObject({ url: z.string().max(8192), description: z.string().nullish() }).nullish(),
  accepts: z.array(entrySchema).min(1).max(MOST_OFFERS),
  extensions: openRecord.nullish(),
})

interface RawMessage {
  readonly x402Version?: unknown
  readonly accepts?: readonly Readonly<Record<string, unknown>>[]
  readonly resource?: Readonly<Record<string, unknown>> | null
  readonly extensions?: Readonly<Record<string, unknown>> | null
}

/** x402 version 2: three headers of base64 JSON (HTTP transport). */
export const x402V2: Dialect = {
  id: 'x402-v2',
  headers: ['payment-required'],
  read(request, { headers }, schemes) {
    const required = findHeader(headers, 'payment-required')
    return required === null ? null : readRequired(request, required, schemes)
  },
  payment: {
    /**
     * PaymentPayload. The server compares `accepted` and the extensions with its own: both go back as they came, and to the
     * extensions only what is asked for is added.
     */
    credential({ accepted, envelope }, payload) {
      const message = { x402Version: 2, payload, accepted, ...identified(envelope) }
      return { headers: [{ name: 'PAYMENT-SIGNATURE', value: encodeBase64(JSON.stringify(message)) }] }
    },
    receipt: (headers) => readSettlement(findHeader(headers, 'payment-response')),
  },
}

/** Reads the `PAYMENT-REQUIRED` header ("Payment required signaling"). */
function readRequired(request: PricedRequest, header: string, schemes: readonly Scheme[]): Reading {
  if (header.length > LONGEST_HEADER) return fail('too_large')
  const bytes = decodeBase64(header)
  if (!bytes) return fail('not_base64')
  const message = parseUtf8(bytes)
  if (message === undefined) return fail('not_json')
  const problem = jsonProblem(message)
  if (problem) return fail(problem)
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return fail('wrong_shape')
  // What is echoed to the server is taken from its message as sent, not from the schema's copy of it.
  const { x402Version, accepts, resource, extensions } = message as RawMessage
  if (x402Version !== 2) return fail('wrong_version')
  if (Array.isArray(accepts) && accepts.length === 0) return fail('no_offers')
  const parsed = paymentRequiredSchema.safeParse(message)
  if (!parsed.success) return fail('wrong_shape')

  const named = parsed.data.resource
  const envelope = { ...(resource && { resource }), ...(extensions && { extensions }) }
  const challenge: Challenge = {
    request,
    site: new URL(request.url).origin,
    description: cleanText(named?.description),
    foreignResource: named != null && isForeign(named.url, request.url),
    hearsay: false,
    offers: parsed.data.accepts.map((entry, index) =>
      readOffer(entry, { dialect: 'x402-v2', accepted: accepts?.[index] ?? {}, envelope }, schemes),
    ),
  }
  return { ok: true, challenge }
}

const fail = (problem: ChallengeProblem): Reading => ({ ok: false, problem })

/** Undefined when the bytes are no text, or the text no JSON. */
function parseUtf8(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
