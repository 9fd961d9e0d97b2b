import { createHash, createPublicKey } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { createVerifier, httpbis } from 'http-message-signatures'

const DIRECTORY = '/.well-known/http-message-signatures-directory'
const DIRECTORY_TYPE = 'application/http-message-signatures-directory+json'
/** Signatures are fresh for this long, in seconds. */
const FRESH = 30

/** Why a signature is not taken; in the words of x402's batch-settlement on cloudflare:402. */
export type SignatureTrouble = 'invalid_signature' | 'signature_agent_unknown'

export type Verdict = { readonly agent: string } | { readonly trouble: SignatureTrouble }

interface Jwk {
  readonly kty?: string
  readonly crv?: string
  readonly x?: string
}

/**
 * Whether a request carries a fresh signature over its host, its agent and the header that says what is paid (RFC 9421), by a key
 * that the agent publishes. As at Cloudflare, no account is kept of signatures: a request that comes twice is taken twice.
 */
export async function verifyRequest(
  request: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders },
  payment: string,
): Promise<Verdict> {
  const agent = /^"(https?:\/\/[^"]+)"$/.exec(String(request.headers['signature-agent'] ?? ''))?.[1]
  if (agent === undefined) return { trouble: 'signature_agent_unknown' }
  const keys = await publishedKeys(agent)
  if (!keys) return { trouble: 'signature_agent_unknown' }
  try {
    const verified = await httpbis.verifyMessage(
      {
        maxAge: FRESH,
        tolerance: 2,
        requiredParams: ['created', 'expires', 'keyid', 'nonce', 'tag'],
        requiredFields: ['@authority', 'signature-agent', payment],
        keyLookup: async ({ keyid, tag }) => {
          const key = tag === 'web-bot-auth' ? keys.get(String(keyid)) : undefined
          return key ? { id: String(keyid), algs: ['ed25519'], verify: createVerifier(key, 'ed25519') } : null
        },
      },
      { method: request.method, url: request.url, headers: headersOf(request.headers) },
    )
    return verified ? { agent } : { trouble: 'invalid_signature' }
  } catch {
    return { trouble: 'invalid_signature' }
  }
}

/** An agent's keys by their thumbprints. Null when there is no directory at its address. */
async function publishedKeys(agent: string) {
  const { protocol, hostname, origin } = new URL(agent)
  // This is for a world on one machine; elsewhere, plain http could be anybody's word.
  const onThisMachine = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !onThisMachine) return null
  const answer = await fetch(origin + DIRECTORY, { redirect: 'error' }).catch(() => null)
  if (!answer?.ok || answer.headers.get('content-type') !== DIRECTORY_TYPE) return null
  const { keys } = (await answer.json()) as { keys: readonly Jwk[] }
  return new Map(
    keys
      .filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519')
      .map(({ kty, crv, x }) => [
        thumbprint(String(x)),
        createPublicKey({ key: { kty: String(kty), crv: String(crv), x: String(x) }, format: 'jwk' }),
      ]),
  )
}

/** RFC 7638, of an Ed25519 key (RFC 8037, A.3). */
const thumbprint = (x: string): string =>
  createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')

const headersOf = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
