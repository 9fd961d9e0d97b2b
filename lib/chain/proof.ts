import { type Hex, isAddressEqual, isHash, parseAbi, parseEventLogs } from 'viem'
import { getBlock, getTransactionReceipt, readContract } from 'viem/actions'
import { chainClient } from './client'

/** What the chain proves of a payment. `open` means nothing yet: it may still be used, or nobody could be asked. */
export type Proof = 'settled' | 'expired' | 'open'

/** A transfer that was authorised, and may have been made. */
export interface TransferClaim {
  readonly network: string
  readonly asset: string
  readonly from: string
  readonly payTo: string
  readonly units: bigint
  readonly nonce: Hex
  /** Unix seconds. */
  readonly validBefore: number
  /** The transaction that the site reports, if it does. */
  readonly transaction: string | null
}

/** Chain time runs in blocks: an authorization counts as dead only this long after its end, in seconds. */
const EXPIRY_MARGIN = 30n

const tokenAbi = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
])

/**
 * Asks the chain about an EIP-3009 payment. `settled` only when the nonce was used in a transaction that also moved exactly
 * this amount to exactly this payee; `expired` only when chain time is past the limit with the nonce unused.
 */
export async function proveTransfer(claim: TransferClaim): Promise<Proof> {
  const client = await chainClient(claim.network)
  if (!client) return 'open'
  const token = claim.asset as Hex
  const payer = claim.from as Hex
  try {
    if (claim.transaction && isHash(claim.transaction)) {
      const { logs, status } = await getTransactionReceipt(client, { hash: claim.transaction })
      const events = parseEventLogs({ abi: tokenAbi, logs }).filter(({ address }) => isAddressEqual(address, token))
      const used = events.some(
        (event) =>
          event.eventName === 'AuthorizationUsed' &&
          isAddressEqual(event.args.authorizer, payer) &&
          event.args.nonce === claim.nonce,
      )
      const moved = events.some(
        (event) =>
          event.eventName === 'Transfer' &&
          isAddressEqual(event.args.from, payer) &&
          isAddressEqual(event.args.to, claim.payTo as Hex) &&
          event.args.value === claim.units,
      )
      if (status === 'success' && used && moved) return 'settled'
    }
    const [used, block] = await Promise.all([
      readContract(client, {
        address: token,
        abi: tokenAbi,
        functionName: 'authorizationState',
        args: [payer, claim.nonce],
      }),
      getBlock(client, { includeTransactions: false }),
    ])
    return !used && block.timestamp > BigInt(claim.validBefore) + EXPIRY_MARGIN ? 'expired' : 'open'
  } catch {
    // An unreachable or confused server proves nothing, and what is not proved stays held.
    return 'open'
  }
}
