import { ed25519 } from '@noble/curves/ed25519'
import type { Signer } from 'http-message-sig'
import { hexToBytes } from 'viem'
import { TuppenceError } from '@/lib/errors'
import { type ClearedRequest, clearDirectory, clearRequest, type ExpectedRequest } from './gate-request'
import { openAgentKey, vaultState } from './vault'

/**
 * What `signerFor` is for typed data, for one request: it signs once, only what the gate clears, only after `record` has durably
 * noted what it is about to sign, and not once `signal` says that it came too late. It holds no key. Rejects with
 * `signing_refused`, `signature_agent_missing`, `wallet_locked`.
 */
export function requestSignerFor(
  expected: ExpectedRequest,
  record: (cleared: ClearedRequest) => Promise<unknown>,
  signal: AbortSignal,
): Signer {
  let used = false
  return {
    algorithm: 'ed25519',
    async sign(base) {
      if (used) throw new TuppenceError('signing_refused', { field: 'second signature' })
      used = true
      // A copy, so that what is signed is what was looked at.
      const message = Uint8Array.from(base)
      const cleared = clearRequest(message, expected)
      if ((await vaultState()) === 'locked') throw new TuppenceError('wallet_locked')
      await record(cleared)
      // Opened only now: a lock while that was written down still comes before the signature.
      const key = hexToBytes(await openAgentKey())
      // Nothing is waited for between this and the signature.
      signal.throwIfAborted()
      return ed25519.sign(message, key)
    },
  }
}

/** Signs that a key directory is its host's own. It pays for nothing, so that nothing is written down. Rejects as above. */
export const directorySigner = (address: string, keyId: string): Signer => ({
  algorithm: 'ed25519',
  async sign(base) {
    const message = Uint8Array.from(base)
    clearDirectory(message, address, keyId)
    return ed25519.sign(message, hexToBytes(await openAgentKey()))
  },
})
