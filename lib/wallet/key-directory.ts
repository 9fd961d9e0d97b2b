import { ed25519 } from '@noble/curves/ed25519'
import { base64, base64urlnopad } from '@scure/base'
import { component, createSignature, type Verifier, verifySignature } from 'http-message-sig'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import type { DirectoryFinding, DirectoryProblem, Hosting } from '@/lib/messaging/schema'
import { DIRECTORY_SECONDS, NONCE_BYTES } from './gate-request'
import { noteAgentCheck, type SignatureAgent, signatureAgent } from './signature-agent'
import { directorySigner } from './signer-request'

/*
 * The file in which the owner of a signature agent publishes its public key: a JWKS at a fixed place of an address of their own
 * (draft-meunier-http-message-signatures-directory).
 */

const PATH = '/.well-known/http-message-signatures-directory'
const TYPE = 'application/http-message-signatures-directory+json'
const TAG = 'http-message-signatures-directory'
/** Ours among other signatures that a server may send. */
const LABEL = 'tuppence'
const PATIENCE_MS = 10_000
/** In characters. */
const LONGEST = 64 * 1024

const directorySchema = z.looseObject({
  keys: z.array(
    z.looseObject({
      kty: z.unknown(),
      crv: z.unknown(),
      x: z.unknown(),
      nbf: z.number().nullish(), // Unix seconds
      exp: z.number().nullish(),
    }),
  ),
})

/** The file to publish and the headers to send with it. Throws `signature_agent_missing`, `wallet_locked`. */
export async function hosting(): Promise<Hosting> {
  const { publicKey, keyId, address } = await publishedAgent()
  const url = `${address}${PATH}`
  const file = { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: keyId, use: 'sig', x: publicKey }] }
  const created = Math.floor(Date.now() / 1000)
  const { signature, signatureInput } = await createSignature(responseFrom(url, 200, []), {
    label: LABEL,
    components: [component('@authority', { req: true })],
    parameters: {
      created,
      expires: created + DIRECTORY_SECONDS,
      keyid: keyId,
      nonce: base64.encode(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
      tag: TAG,
    },
    signer: directorySigner(address, keyId),
  })
  return {
    url,
    file: JSON.stringify(file, null, 2),
    headers: [
      { name: 'Content-Type', value: TYPE },
      { name: 'Signature-Input', value: signatureInput },
      { name: 'Signature', value: signature },
    ],
  }
}

/**
 * Looks whether the key is published under its address, and notes it: nothing is signed with a key that nobody could find.
 * Throws `signature_agent_missing`, `wallet_locked`.
 */
export async function checkDirectory(): Promise<DirectoryFinding> {
  const agent = await publishedAgent()
  const finding = await find(agent)
  await noteAgentCheck(agent.address, finding.problem === null)
  return finding
}

async function publishedAgent(): Promise<SignatureAgent & { address: string }> {
  const agent = await signatureAgent()
  if (!agent || agent.address === null) throw new TuppenceError('signature_agent_missing')
  return { ...agent, address: agent.address }
}

async function find({ address, publicKey, keyId }: SignatureAgent): Promise<DirectoryFinding> {
  const url = `${address}${PATH}`
  const unsigned = (problem: DirectoryProblem): DirectoryFinding => ({ problem, signed: false })
  const answer = await ask(url)
  if (!answer) return unsigned('not_reached')
  const { response, text } = answer
  if (response.status !== 200) return unsigned('wrong_status')
  if (response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() !== TYPE) return unsigned('wrong_type')
  const directory = directorySchema.safeParse(parseJson(text)).data
  if (!directory) return unsigned('not_a_directory')
  const key = directory.keys.find(({ kty, crv, x }) => kty === 'OKP' && crv === 'Ed25519' && x === publicKey)
  if (!key) return unsigned('key_missing')
  const now = Date.now() / 1000
  if ((key.nbf ?? 0) > now || (key.exp ?? now) < now) return unsigned('key_not_valid')
  return { problem: null, signed: await isSigned(url, response, publicKey, keyId) }
}

/** As anybody would: without cookies, and without being led elsewhere. Null when nothing came. */
async function ask(url: string): Promise<{ response: Response; text: string } | null> {
  try {
    const response = await fetch(url, {
      headers: { Accept: TYPE },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    return { response, text: await response.text() }
  } catch {
    return null
  }
}

async function isSigned(url: string, response: Response, publicKey: string, keyId: string): Promise<boolean> {
  const fields = [...response.headers].map(([name, value]) => ({ name, value }))
  const verifier: Verifier = {
    algorithm: 'ed25519',
    verify: (data, signature) => ed25519.verify(signature, data, base64urlnopad.decode(publicKey)),
  }
  try {
    await verifySignature(responseFrom(url, response.status, fields), {
      label: LABEL,
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: [component('@authority', { req: true })],
        requiredParameters: ['created', 'expires', 'keyid', 'tag'],
        clockSkew: 60,
        validate: ({ parameters }) => parameters.keyid === keyId && parameters.tag === TAG,
      },
      resolveVerifier: () => verifier,
    })
    return true
  } catch {
    return false
  }
}

const responseFrom = (targetUri: string, status: number, fields: readonly { name: string; value: string }[]) =>
  ({ kind: 'response', status, fields, request: { kind: 'request', method: 'GET', targetUri, fields: [] } }) as const

function parseJson(text: string): unknown {
  if (text.length > LONGEST) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
