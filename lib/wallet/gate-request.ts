import { sha256 } from '@noble/hashes/sha2'
import { base64 } from '@scure/base'
import { bytesToHex, type Hex } from 'viem'
import { TuppenceError } from '@/lib/errors'

/** The request that was decided on, as far as its signature speaks of it. */
export interface ExpectedRequest {
  readonly url: string
  /** The signature agent's address, and the name of its key. */
  readonly agent: string
  readonly keyId: string
  /** The header that says what is paid, its name in lower case. */
  readonly payment: { readonly name: string; readonly value: string }
}

/** What passed the gate. The nonce is what tells one signature from another. */
export interface ClearedRequest {
  readonly method: 'http-signature'
  readonly digest: Hex
  readonly nonce: Hex
  readonly validBefore: number
}

/** How long a signed request can be used, in seconds: those who verify it want it fresh (x402, batch-settlement on cloudflare:402). */
export const FRESH_SECONDS = 30
/** How long the signature of a key directory may be good for, in seconds: it stands on a server of the user's, who renews it. */
export const DIRECTORY_SECONDS = 365 * 86_400
/** What the clock may have moved on since the message was put together, in seconds. */
const PATIENCE = 5
/** As web-bot-auth has it (draft-meunier-web-bot-auth-architecture, 4.2): 64 random bytes. */
export const NONCE_BYTES = 64

const PARAMETERS = /^created=(\d{1,12});expires=(\d{1,12});keyid="([\w-]+)";nonce="([A-Za-z0-9+/]+=*)";tag="([\w-]+)"$/

/** The address as a header: a string in the sense of structured fields (RFC 8941). */
export const agentHeader = (address: string): string => `"${address}"`

/**
 * Compares the text that is to be signed (RFC 9421, signature base) with what was decided, line by line: the host, the agent, the
 * payment, how long and what for, and nothing besides. Throws `signing_refused` with the name of the first line that is off.
 * Nothing is signed around this function, whatever asked for it.
 */
export function clearRequest(base: Uint8Array, { url, agent, keyId, payment }: ExpectedRequest): ClearedRequest {
  const covered = ['@authority', 'signature-agent', payment.name]
  const parameters = clearBase(base, keyId, 'web-bot-auth', FRESH_SECONDS, [
    `"@authority": ${new URL(url).host}`,
    `"signature-agent": ${agentHeader(agent)}`,
    `"${payment.name}": ${payment.value}`,
    `"@signature-params": (${covered.map((name) => `"${name}"`).join(' ')});`,
  ])
  return { method: 'http-signature', digest: bytesToHex(sha256(base)), ...parameters }
}

/** The same for the proof that a key directory belongs to its host (draft-meunier-http-message-signatures-directory, 5.2). */
export function clearDirectory(base: Uint8Array, address: string, keyId: string): void {
  clearBase(base, keyId, 'http-message-signatures-directory', DIRECTORY_SECONDS, [
    `"@authority";req: ${new URL(address).host}`,
    '"@signature-params": ("@authority";req);',
  ])
}

/** The last of the expected lines goes on with the signature's parameters. */
function clearBase(
  base: Uint8Array,
  keyId: string,
  tag: string,
  longest: number,
  expected: readonly string[],
): { nonce: Hex; validBefore: number } {
  const lines = new TextDecoder('utf-8', { fatal: true }).decode(base).split('\n')
  if (lines.length !== expected.length) throw refused('lines')
  const last = expected.length - 1
  const off = expected.findIndex((line, index) =>
    index === last ? !lines[index]?.startsWith(line) : lines[index] !== line,
  )
  if (off >= 0) throw refused(expected[off]?.split(':', 1)[0] ?? 'lines')
  const [, created = '', expires = '', id, nonce = '', purpose] =
    PARAMETERS.exec(lines[last]?.slice(expected[last]?.length) ?? '') ?? []
  const now = Math.floor(Date.now() / 1000)
  const random = nonceOf(nonce)
  const checks: Record<string, boolean> = {
    keyid: id === keyId,
    tag: purpose === tag,
    created: Number(created) <= now && Number(created) >= now - PATIENCE,
    expires: Number(expires) > now && Number(expires) <= Number(created) + longest,
    nonce: random?.length === NONCE_BYTES,
  }
  const wrong = Object.keys(checks).find((field) => !checks[field])
  if (wrong || !random) throw refused(wrong ?? 'nonce')
  return { nonce: bytesToHex(random), validBefore: Number(expires) }
}

function nonceOf(text: string): Uint8Array | null {
  try {
    return base64.decode(text)
  } catch {
    return null
  }
}

const refused = (field: string) => new TuppenceError('signing_refused', { field })
