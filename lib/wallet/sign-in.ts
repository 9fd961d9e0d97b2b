import { hashMessage, serializeSignature } from 'viem'
import { sign } from 'viem/accounts'
import type { SignInInfo, SignInProof } from '@/lib/challenge/sign-in'
import { clearSignIn, type ExpectedSignIn } from './gate-sign-in'
import { openKey } from './vault'

/**
 * Proves to a site that an account of the wallet has paid it before: signs the one message that its gate clears, and not once
 * `signal` says that it came too late. Throws `signing_refused`, `wallet_missing`, `wallet_locked`.
 */
export async function signIn(info: SignInInfo, expected: ExpectedSignIn, signal: AbortSignal): Promise<SignInProof> {
  const { address, network } = expected
  const message = clearSignIn(info, expected)
  const key = await openKey(address)
  // Nothing is waited for between this and the signature.
  signal.throwIfAborted()
  const signature = serializeSignature(await sign({ hash: hashMessage(message), privateKey: key }))
  return { ...info, address, chainId: network, type: 'eip191', signature }
}
