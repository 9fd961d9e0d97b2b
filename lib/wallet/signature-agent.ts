import { ed25519 } from '@noble/curves/ed25519'
import { sha256 } from '@noble/hashes/sha2'
import { base64urlnopad } from '@scure/base'
import { bytesToHex, stringToBytes } from 'viem'
import { TuppenceError } from '@/lib/errors'
import { isLoopback } from '@/lib/policy/hosts'
import type { StoredAgent } from './content'
import { changeVault, vaultLabel } from './vault'

/*
 * The signature agent: a key of its own, which signs requests to sites that bill later in place of being paid at once. It owns
 * nothing. Whoever checks a signature finds the public half under an address of the user's own (draft-meunier-http-message-
 * signatures-directory), and the biller knows whom to bill by that address.
 *
 * The key is random and does not come from the words: when it is lost, or should be replaced, a new one is made and published.
 */

export interface SignatureAgent extends StoredAgent {
  /** The key's name wherever it is published or used: its thumbprint (RFC 7638; RFC 8037, A.3). */
  readonly keyId: string
}

/** Null while there is none. Known while the wallet is locked. */
export async function signatureAgent(): Promise<SignatureAgent | null> {
  const { signatureAgent: stored } = (await vaultLabel()) ?? {}
  return stored ? { ...stored, keyId: thumbprint(stored.publicKey) } : null
}

/** Makes a key, in place of the one there may be: nothing is signed with that any more. Throws `wallet_locked`. */
export const createSignatureAgent = (): Promise<void> =>
  changeVault((opened) => {
    const secret = ed25519.utils.randomPrivateKey()
    const publicKey = base64urlnopad.encode(ed25519.getPublicKey(secret))
    return {
      ...opened,
      agentKey: bytesToHex(secret),
      label: { ...opened.label, signatureAgent: { publicKey, address: null, checkedAt: null } },
    }
  })

/** Forgets the key and its address. Throws `wallet_locked`. */
export const removeSignatureAgent = (): Promise<void> =>
  changeVault(({ agentKey: _, ...opened }) => {
    const { signatureAgent: __, ...label } = opened.label
    return { ...opened, label }
  })

/**
 * Says where the key is going to be published. Until it was found there, nothing is signed with it. Throws
 * `invalid_agent_address`, `signature_agent_missing`, `wallet_locked`.
 */
export const setAgentAddress = (text: string): Promise<void> =>
  changeAgent((agent) => ({ ...agent, address: readAgentAddress(text), checkedAt: null }))

/** Notes whether the key was found under its address. Throws `signature_agent_missing`, `wallet_locked`. */
export const noteAgentCheck = (address: string, found: boolean): Promise<void> =>
  changeAgent((agent) =>
    // Another address may have been set meanwhile.
    agent.address === address ? { ...agent, checkedAt: found ? Date.now() : null } : agent,
  )

const changeAgent = (change: (agent: StoredAgent) => StoredAgent): Promise<void> =>
  changeVault((opened) => {
    const { signatureAgent: agent } = opened.label
    if (!agent) throw new TuppenceError('signature_agent_missing')
    return { ...opened, label: { ...opened.label, signatureAgent: change(agent) } }
  })

/** The origin that somebody typed, with or without "https://". Throws `invalid_agent_address` for all else. */
function readAgentAddress(text: string): string {
  const typed = text.trim().replace(/\/$/, '')
  const url = URL.parse(/^\w+:\/\//.test(typed) ? typed : `https://${typed}`)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  // A host's name may have characters in it that would end the header's string.
  if (!url || !isSafe || !/^[a-z\d.:[\]-]+$/.test(url.host) || url.href !== `${url.origin}/`)
    throw new TuppenceError('invalid_agent_address')
  return url.origin
}

function thumbprint(publicKey: string): string {
  return base64urlnopad.encode(sha256(stringToBytes(`{"crv":"Ed25519","kty":"OKP","x":"${publicKey}"}`)))
}
