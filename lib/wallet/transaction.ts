import { concat, type Hex, isAddress, isAddressEqual, numberToHex, slice, zeroAddress } from 'viem'
import { TuppenceError } from '@/lib/errors'
import type { EvmAsset } from '@/lib/money/assets'
import type { EvmNetwork } from '@/lib/money/networks'

/* Transactions that a person confirms, and pays for, in MetaMask. The spending wallet itself sends none but two (`contract-call.ts`). */

/** A call of a token's contract, with no coins along. */
export interface Call {
  /** MetaMask's account, which pays the network's fee. */
  readonly from: Hex
  readonly to: Hex
  readonly data: Hex
}

/** What a transaction may be for: money from MetaMask's account into the wallet, or a withdrawal that was signed. */
export type ExpectedCall = {
  readonly asset: EvmAsset
  readonly units: bigint
  /** Where the money goes. */
  readonly to: Hex
} & (
  | { readonly purpose: 'top_up' }
  | {
      readonly purpose: 'withdrawal'
      /** The spending wallet's account. */
      readonly from: Hex
      readonly nonce: Hex
      /** Unix seconds. */
      readonly validBefore: number
      readonly signature: Hex
    }
)

/** `transfer(address,uint256)`, of ERC-20. */
const TRANSFER = '0xa9059cbb'
/** `transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)`, of EIP-3009. */
const TRANSFER_WITH_AUTHORIZATION = '0xe3ee160e'

const word = (value: bigint | number | Hex): Hex => numberToHex(BigInt(value), { size: 32 })

/** The call that is expected, from MetaMask's account. */
export const callFor = (expected: ExpectedCall, submitter: Hex): Call => ({
  from: submitter,
  to: expected.asset.address,
  data: dataOf(expected),
})

function dataOf(expected: ExpectedCall): Hex {
  const { to, units } = expected
  if (expected.purpose === 'top_up') return concat([TRANSFER, word(to), word(units)])
  const { from, validBefore, nonce, signature } = expected
  const [r, s, v] = [slice(signature, 0, 32), slice(signature, 32, 64), slice(signature, 64, 65)]
  return concat([TRANSFER_WITH_AUTHORIZATION, ...[from, to, units, 0n, validBefore, nonce, v, r, s].map(word)])
}

/**
 * Compares a transaction with what a person confirmed, right before MetaMask gets it. Throws `signing_refused` with the name of
 * what is off.
 */
export function clearCall(network: EvmNetwork, call: Call, expected: ExpectedCall): Call {
  const { from, to, data, ...others } = call
  const { asset } = expected
  const checks: Record<string, boolean> = {
    network: network.id === asset.network,
    from: isAddress(from, { strict: false }) && from !== zeroAddress,
    to: to.toLowerCase() === asset.address,
    data: data.toLowerCase() === dataOf(expected),
    // Whatever was confirmed: money sent to one of these is gone.
    payee: ![zeroAddress, asset.address].some((nobody) => isAddressEqual(expected.to, nobody)),
    // No coins, no other gas than MetaMask finds right, no code to delegate to.
    others: Object.keys(others).length === 0,
  }
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw new TuppenceError('signing_refused', { field: off })
  return { from, to, data }
}
