import { EVM_NETWORK_CHAIN_ID_MAP } from '@x402/evm/v1'
import { V1_TO_V2_NETWORK_MAP } from '@x402/svm'
import { z } from 'zod'
import { findHeader } from '@/lib/challenge/answer'
import { encodeBase64 } from '@/lib/challenge/base64'
import type { Challenge, ChallengeProblem, Offer, PricedRequest, Reading } from '@/lib/challenge/challenge'
import type { Dialect } from '@/lib/challenge/dialect'
import { jsonProblem, parseJson } from '@/lib/challenge/json'
import { readOffer } from '@/lib/challenge/offer'
import { readSettlement } from '@/lib/challenge/receipt'
import { isForeign } from '@/lib/challenge/resource'
import type { Scheme } from '@/lib/challenge/scheme'
import { cleanText } from '@/lib/challenge/text'

/** The largest body that is read, in characters. */
const LONGEST_BODY = 64 * 1024
const MOST_OFFERS = 32

/** One entry of `accepts` (x402 v1, PaymentRequirements). What is sold is named in each. */
const entrySchema = z.looseObject({
  scheme: z.string().min(1).max(64),
  network: z.string().min(1).max(64), // a name ("base-sepolia")
  maxAmountRequired: z.string().min(1).max(128), // atomic units
  resource: z.string().max(8192),
  description: z.string().nullish(),
  payTo: z.string().min(1).max(128),
  maxTimeoutSeconds: z.number(),
  asset: z.string().min(1).max(128),
  extra: z.record(z.string(), z.unknown()).nullish(),
})

/** The 402's own message (x402 v1, PaymentRequirementsResponse). */
const messageSchema = z.looseObject({
  error: z.string().nullish(),
  accepts: z.array(entrySchema).min(1).max(MOST_OFFERS),
  extensions: z.record(z.string(), z.unknown()).nullish(),
})

interface RawMessage {
  readonly x402Version?: unknown
  readonly accepts?: readonly Readonly<Record<string, unknown>>[]
  readonly extensions?: Readonly<Record<string, unknown>> | null
}

/** The rails of version 1's one scheme. */
const RAILS: readonly string[] = ['exact-eip3009', 'exact-svm']

/** Version 1's names of networks, by the SDK's own tables, as CAIP-2. Servers that write CAIP-2 themselves mean it. */
const NETWORKS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(EVM_NETWORK_CHAIN_ID_MAP).map(([name, chainId]) => [name, `eip155:${chainId}`] as const),
  ...Object.entries(V1_TO_V2_NETWORK_MAP),
])

/** x402 version 1: a JSON body asks, and two headers of base64 JSON answer (HTTP transport of version 1). */
export const x402V1: Dialect = {
  id: 'x402-v1',
  headers: [],
  read(request, { body }, schemes) {
    const message = body && messageIn(body.text)
    return message ? readMessage(request, message, body.from === 'page', schemes) : null
  },
  payment: {
    /** PaymentPayload of version 1: scheme and network as the server wrote them, and nothing else of its entry. */
    credential({ accepted: { scheme, network } }, payload) {
      const message = { x402Version: 1, scheme, network, payload }
      return { headers: [{ name: 'X-PAYMENT', value: encodeBase64(JSON.stringify(message)) }] }
    },
    receipt: (headers) => readSettlement(findHeader(headers, 'x-payment-response')),
  },
}

/** The message of a body that speaks version 1; null for every other. */
function messageIn(text: string): RawMessage | null {
  if (text.length > LONGEST_BODY) return null
  const message = parseJson(text)
  if (message === undefined) return inlineMessage(text)
  const isObject = typeof message === 'object' && message !== null && !Array.isArray(message)
  return isObject && (message as RawMessage).x402Version === 1 ? (message as RawMessage) : null
}

/**
 * Version 1's servers show browsers a page that keeps the offers in a script, `window.x402 = { …, paymentRequirements: […], … }`.
 * That is no JSON as a whole, and is never run: the list in it is.
 */
function inlineMessage(text: string): RawMessage | null {
  const script = text.search(/window\.x402\s*=/)
  if (script === -1) return null
  const list = /\bpaymentRequirements["']?\s*:\s*\[/g
  list.lastIndex = script
  if (!list.test(text)) return null
  const start = list.lastIndex - 1
  const accepts = parseJson(text.slice(start, endOfList(text, start)))
  return Array.isArray(accepts) ? { x402Version: 1, accepts } : null
}

/** Where the JSON list that begins here ends. What stands in quotes ends nothing. */
function endOfList(text: string, start: number): number {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') quoted = !quoted
    else if (quoted && character === '\\') at++
    else if (!quoted && character === '[') depth++
    else if (!quoted && character === ']' && --depth === 0) return at + 1
  }
  return text.length
}

function readMessage(
  request: PricedRequest,
  message: RawMessage,
  hearsay: boolean,
  schemes: readonly Scheme[],
): Reading {
  const problem = jsonProblem(message)
  if (problem) return fail(problem)
  const { accepts, extensions } = message
  if (Array.isArray(accepts) && accepts.length === 0) return fail('no_offers')
  const parsed = messageSchema.safeParse(message)
  if (!parsed.success) return fail('wrong_shape')
  const entries = parsed.data.accepts
  const challenge: Challenge = {
    request,
    site: new URL(request.url).origin,
    description: cleanText(entries[0]?.description),
    foreignResource: entries.some(({ resource }) => isForeign(resource, request.url)),
    hearsay,
    offers: entries.map(({ network, maxAmountRequired: amount, ...entry }, index) =>
      readPlain(
        { ...entry, amount, network: NETWORKS.get(network) ?? network },
        { dialect: 'x402-v1', accepted: accepts?.[index] ?? {}, envelope: { ...(extensions && { extensions }) } },
        schemes,
      ),
    ),
  }
  return { ok: true, challenge }
}

/** What Permit2 and meters are, version 1 does not know: an offer that takes another rail than its own was not meant so. */
function readPlain(...reading: Parameters<typeof readOffer>): Offer {
  const offer = readOffer(...reading)
  const isPlain = offer.terms === null || RAILS.includes(offer.terms.rail)
  return isPlain ? offer : { ...offer, terms: null, problem: 'unsupported_transfer_method' }
}

const fail = (problem: ChallengeProblem): Reading => ({ ok: false, problem })
