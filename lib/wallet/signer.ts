import { type Hex, serializeSignature, type TypedDataDefinition } from 'viem'
import { sign } from 'viem/accounts'
import { TuppenceError } from '@/lib/errors'
import type { Cleared, Gate } from './gate'
import * as metamask from './metamask'
import { openKey, vaultState } from './vault'

/** The shape that payment libraries want of a signer. It holds no key. */
export interface Signer {
  readonly address: Hex
  signTypedData(typedData: Record<string, unknown>): Promise<Hex>
}

/**
 * A signer for one purchase: it signs once, only what the gate clears, only after `record` has durably noted what it is about
 * to sign, and not once `signal` says that it came too late. Throws `signing_refused`, `wallet_missing`, `wallet_locked`.
 */
export function signerFor<C extends { readonly digest: Hex } = Cleared>(
  gate: Gate<C>,
  record: (cleared: C) => Promise<unknown>,
  signal: AbortSignal,
): Signer {
  let used = false
  return {
    address: gate.from,
    async signTypedData(typedData) {
      if (used) throw new TuppenceError('signing_refused', { field: 'second signature' })
      used = true
      const cleared = gate.clear(typedData)
      if ((await vaultState()) === 'locked') throw new TuppenceError('wallet_locked')
      await record(cleared)
      // Opened only now: a lock while that was written down still comes before the signature.
      const key = await openKey(gate.from)
      // Nothing is waited for between this and the signature.
      signal.throwIfAborted()
      return serializeSignature(await sign({ hash: cleared.digest, privateKey: key }))
    },
  }
}

/**
 * The same with MetaMask, which holds the key, asks a person, and may take minutes. Throws `signing_refused`, and what MetaMask
 * does: `metamask_rejected` says that there is no signature.
 */
export function metaMaskSigner<C extends { readonly digest: Hex } = Cleared>(
  gate: Gate<C>,
  record: (cleared: C) => Promise<unknown>,
): Signer {
  let used = false
  return {
    address: gate.from,
    async signTypedData(typedData) {
      if (used) throw new TuppenceError('signing_refused', { field: 'second signature' })
      used = true
      // A copy, so that nothing can change between the gate and MetaMask.
      const exact = structuredClone(typedData)
      await record(gate.clear(exact))
      return metamask.signTypedData(gate.from, exact as unknown as TypedDataDefinition)
    },
  }
}
