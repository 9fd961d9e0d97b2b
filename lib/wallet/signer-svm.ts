import { ed25519 } from '@noble/curves/ed25519'
import type { Address, SignatureBytes, TransactionPartialSigner } from '@solana/kit'
import { hexToBytes } from 'viem'
import { TuppenceError } from '@/lib/errors'
import { type ClearedTransfer, clearTransfer, type ExpectedTransfer } from './gate-svm'
import { openKey, vaultState } from './vault'

/**
 * What `signerFor` is on EVM networks, for Solana: it signs once, only what the gate clears, only after `record` has durably noted
 * what it is about to sign, and not once `signal` says that it came too late. It holds no key. Rejects with `signing_refused`,
 * `wallet_missing`, `wallet_locked`.
 */
export function transferSignerFor(
  expected: ExpectedTransfer,
  record: (cleared: ClearedTransfer) => Promise<unknown>,
  signal: AbortSignal,
): TransactionPartialSigner {
  const address = expected.from as Address
  let used = false
  return {
    address,
    async signTransactions(transactions) {
      const [transaction, ...others] = transactions
      if (used || !transaction || others.length > 0)
        throw new TuppenceError('signing_refused', { field: 'second signature' })
      used = true
      // A copy, so that what is signed is what was looked at, whatever becomes of theirs meanwhile.
      const message = Uint8Array.from(transaction.messageBytes)
      const cleared = await clearTransfer(message, expected)
      if ((await vaultState()) === 'locked') throw new TuppenceError('wallet_locked')
      await record(cleared)
      // Opened only now: a lock while that was written down still comes before the signature.
      const seed = hexToBytes(await openKey(expected.from))
      // Nothing is waited for between this and the signature.
      signal.throwIfAborted()
      return [{ [address]: ed25519.sign(message, seed) as SignatureBytes }]
    },
  }
}
