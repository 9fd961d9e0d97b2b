import { z } from 'zod'
import { decodeBase64 } from './base64'
import type { Challenge, ChallengeProblem, PricedRequest, Reading } from './challenge'
import { readOffer } from './offer'
import { cleanText } from './text'

/** The largest header that is read, in characters; Chromium itself allows 256 KB for all headers of an answer. */
const LONGEST_HEADER = 64 * 1024
const DEEPEST = 16
const MOST_OFFERS = 32

const openRecord = z.record(z.string(), z.unknown())

/** One entry of `accepts` (x402 v2, PaymentRequirements). */
const entrySchema = z.looseObject({
  scheme: z.string().min(1).max(64),
  network: z.string().min(1).max(64), // CAIP-2
  amount: z.string().min(1).max(128), // atomic units
  asset: z.string().min(1).max(128),
  payTo: z.string().min(1).max(128),
  maxTimeoutSeconds: z.number(),
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

/**
 * Reads the `PAYMENT-REQUIRED` header of an x402 v2 answer (HTTP transport, "Payment required signaling").
 * Never throws: anything off comes back as a named problem.
 */
export function readX402V2(request: PricedRequest, header: string): Reading {
  if (header.length > LONGEST_HEADER) return fail('too_large')
  const bytes = decodeBase64(header)
  if (!bytes) return fail('not_base64')
  const message = parseJson(bytes)
  if (message === undefined) return fail('not_json')
  if (!isShallow(message, DEEPEST)) return fail('too_deep')
  if (!hasOnlyFiniteNumbers(message)) return fail('wrong_shape')
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return fail('wrong_shape')
  // What is echoed to the server is taken from its message as sent, not from the schema's copy of it.
  const { x402Version, accepts, resource, extensions } = message as RawMessage
  if (x402Version !== 2) return fail('wrong_version')
  if (Array.isArray(accepts) && accepts.length === 0) return fail('no_offers')
  const parsed = paymentRequiredSchema.safeParse(message)
  if (!parsed.success) return fail('wrong_shape')

  const named = parsed.data.resource
  const { origin: site, hostname } = new URL(request.url)
  const challenge: Challenge = {
    dialect: 'x402-v2',
    request,
    site,
    description: cleanText(named?.description),
    foreignResource: named != null && hostnameOf(named.url, request.url) !== hostname,
    offers: parsed.data.accepts.map((entry, index) => readOffer(entry, accepts?.[index] ?? {})),
    resource: resource ?? null,
    extensions: extensions ?? null,
  }
  return { ok: true, challenge }
}

const fail = (problem: ChallengeProblem): Reading => ({ ok: false, problem })

function parseJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1))
}

/** JSON can write numbers that are none (1e999). Sent back they would be null, and null they would be to an intent. */
function hasOnlyFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(hasOnlyFiniteNumbers)
}

/**
 * Servers name their resource by an absolute URL or by a path. Behind a proxy they often do not know their own scheme and
 * port: only another host is another site. What is absolute by itself ("https:other.example") is never taken for a path.
 */
function hostnameOf(url: string, base: string): string | null {
  return (URL.parse(url) ?? URL.parse(url, base))?.hostname ?? null
}
