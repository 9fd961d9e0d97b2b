import { bech32m } from '@scure/base'
import { z } from 'zod'
import { findHeader } from '@/lib/challenge/answer'
import { decodeBase64 } from '@/lib/challenge/base64'
import { readCbor } from '@/lib/challenge/cbor'
import type { Dialect } from '@/lib/challenge/dialect'
import { nameOffer } from '@/lib/challenge/offer'
import { cleanText } from '@/lib/challenge/text'
import { sayAmount } from '@/lib/money/stated'

const LONGEST_HEADER = 16 * 1024
const UINT64 = 2n ** 64n

/** What is read of a payment request (NUT-18): an amount in a unit, and what is sold. */
const requestSchema = z.object({
  a: z.bigint().nonnegative().lt(UINT64).optional().catch(undefined),
  u: z.string().max(64).optional().catch(undefined),
  d: z.string().max(1024).optional().catch(undefined),
})
type CashuRequest = z.infer<typeof requestSchema>

/** Cashu's ecash: a payment request in `X-Cashu` (NUT-24). Only recognised. */
export const cashu: Dialect = {
  id: 'cashu',
  headers: ['x-cashu'],
  read(request, { headers }) {
    const header = findHeader(headers, 'x-cashu')?.trim()
    if (header === undefined) return null
    const { d, ...price } = readRequest(header)
    const offer = nameOffer({
      dialect: 'cashu',
      scheme: 'Cashu',
      network: 'cashu',
      stated: statedBy(price),
      problem: 'cashu',
    })
    const { origin: site } = new URL(request.url)
    return {
      ok: true,
      challenge: { request, site, description: cleanText(d), foreignResource: false, hearsay: false, offers: [offer] },
    }
  },
  payment: null,
}

/** An amount means nothing without its unit (NUT-18), which may be of the mint's own invention. */
function statedBy({ a: amount, u: unit }: Omit<CashuRequest, 'd'>): string | null {
  const name = cleanText(unit)
  return amount === undefined || name === null ? null : (sayAmount(amount, name) ?? `${amount} ${name}`)
}

/** In either of its two encodings; empty when it cannot be read. */
function readRequest(header: string): CashuRequest {
  if (header.length > LONGEST_HEADER) return {}
  const fields = /^creqA/i.test(header) ? fromCbor(header.slice(5)) : fromTlv(header)
  return requestSchema.parse(fields)
}

/** `creqA`: a CBOR map in URL-safe base64 (NUT-18). */
function fromCbor(text: string): object {
  const bytes = decodeBase64(text)
  const map = bytes && readCbor(bytes)
  return map instanceof Map ? { a: map.get('a'), u: map.get('u'), d: map.get('d') } : {}
}

/** `creqB`: fields of a tag, two bytes of length and a value, in Bech32m (NUT-26). */
function fromTlv(text: string): object {
  const bytes = bytesOf(text)
  const fields = new Map<number, Uint8Array>()
  for (let at = 0; at + 3 <= bytes.length; ) {
    const [tag = 0, high = 0, low = 0] = bytes.subarray(at, at + 3)
    const end = at + 3 + high * 256 + low
    if (!fields.has(tag)) fields.set(tag, bytes.subarray(at + 3, end))
    at = end
  }
  const amount = fields.get(2)
  const unit = fields.get(3)
  const isSat = unit?.length === 1 && unit[0] === 0
  return {
    a: amount?.length === 8 ? amount.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) : undefined,
    u: isSat ? 'sat' : unit && new TextDecoder().decode(unit),
    d: new TextDecoder().decode(fields.get(6)),
  }
}

/** Empty when it is none, or misspelt. */
function bytesOf(text: string): Uint8Array {
  try {
    const { prefix, bytes } = bech32m.decodeToBytes(text)
    return prefix === 'creqb' ? bytes : new Uint8Array()
  } catch {
    return new Uint8Array()
  }
}
