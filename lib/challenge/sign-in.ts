import { z } from 'zod'
import { encodeBase64 } from './base64'
import type { Challenge } from './challenge'
import type { Credential } from './credential'

const EXTENSION = 'sign-in-with-x'

/** What a site wants signed (Sign-In-With-X, `info`; the fields of EIP-4361). Whether it may be is for the wallet's gate to say. */
const infoSchema = z.object({
  domain: z.string().max(256),
  uri: z.string().max(8192),
  version: z.string().max(8),
  nonce: z.string().max(128),
  issuedAt: z.string().max(32),
  expirationTime: z.string().max(32).optional(),
  notBefore: z.string().max(32).optional(),
  requestId: z.string().max(128).optional(),
  statement: z.string().max(1024).optional(),
  resources: z.array(z.string().max(8192)).max(16).optional(),
})
export type SignInInfo = z.output<typeof infoSchema>

const extensionSchema = z.object({
  info: infoSchema,
  supportedChains: z.array(z.object({ chainId: z.string().max(64), type: z.string().max(32) })).max(64),
})

/** A site lets whoever has paid before prove it, in place of paying again. */
export interface SignInAsked {
  readonly info: SignInInfo
  /** CAIP-2, those that an account signs for as on Ethereum. */
  readonly networks: readonly string[]
}

/** What is sent: everything that was signed, and the signature. */
export interface SignInProof extends SignInInfo {
  readonly address: string
  /** CAIP-2. */
  readonly chainId: string
  readonly type: 'eip191'
  readonly signature: string
}

/** Null where the site does not offer it, or asks in no shape. */
export function signInAsked({ offers }: Challenge): SignInAsked | null {
  for (const { envelope } of offers) {
    const { extensions } = envelope as { extensions?: Readonly<Record<string, unknown>> }
    const { data } = extensionSchema.safeParse(extensions?.[EXTENSION])
    if (!data) continue
    const networks = data.supportedChains.filter(({ type }) => type === 'eip191').map(({ chainId }) => chainId)
    return { info: data.info, networks }
  }
  return null
}

export const toSignIn = (proof: SignInProof): Credential => ({
  headers: [{ name: EXTENSION, value: encodeBase64(JSON.stringify(proof)) }],
})
