import { type Client, type Hex, isAddressEqual, isHash, parseAbi, parseEventLogs } from 'viem'
import { getBlock, getContractEvents, getTransactionReceipt, readContract } from 'viem/actions'
import { chainClient } from './client'

/** What the chain proves of a payment. `open` means nothing yet: it may still be used, or nobody could be asked. */
export type Proof =
  | { readonly state: 'settled'; readonly transaction: Hex }
  | { readonly state: 'expired' }
  | { readonly state: 'open' }

const OPEN: Proof = { state: 'open' }

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

/** How far back a transaction is looked for that nobody named: hours, on the networks that are paid on. */
const BLOCKS_BACK = 5_000n

/**
 * Asks the chain about an EIP-3009 payment. `settled` only when the nonce was used in a transaction that also moved exactly
 * this amount to exactly this payee; `expired` only when chain time is past the limit with the nonce unused.
 */
export async function proveTransfer(claim: TransferClaim): Promise<Proof> {
  const client = await chainClient(claim.network)
  if (!client) return OPEN
  try {
    const { transaction: named } = claim
    if (named && isHash(named) && (await isTransfer(client, claim, named)))
      return { state: 'settled', transaction: named }
    const block = await getBlock(client, { includeTransactions: false })
    const used = await readContract(client, {
      address: claim.asset as Hex,
      abi: tokenAbi,
      functionName: 'authorizationState',
      args: [claim.from as Hex, claim.nonce],
      blockNumber: block.number,
    })
    if (!used) return block.timestamp > BigInt(claim.validBefore) + EXPIRY_MARGIN ? { state: 'expired' } : OPEN
    const found = await findTransaction(client, claim, block.number)
    return found && (await isTransfer(client, claim, found)) ? { state: 'settled', transaction: found } : OPEN
  } catch {
    // An unreachable or confused server proves nothing, and what is not proved stays held.
    return OPEN
  }
}

/** Whether a transaction used the claim's nonce, and moved its amount to its payee. */
async function isTransfer(client: Client, { asset, from, payTo, units, nonce }: TransferClaim, hash: Hex) {
  // The chain has no transaction of a name that somebody made up.
  const receipt = await getTransactionReceipt(client, { hash }).catch(() => null)
  if (receipt?.status !== 'success') return false
  const events = parseEventLogs({ abi: tokenAbi, logs: receipt.logs }).filter(({ address }) =>
    isAddressEqual(address, asset as Hex),
  )
  const used = events.some(
    ({ eventName, args }) =>
      eventName === 'AuthorizationUsed' && isAddressEqual(args.authorizer, from as Hex) && args.nonce === nonce,
  )
  const moved = events.some(
    ({ eventName, args }) =>
      eventName === 'Transfer' &&
      isAddressEqual(args.from, from as Hex) &&
      isAddressEqual(args.to, payTo as Hex) &&
      args.value === units,
  )
  return used && moved
}

/** The transaction that used the claim's nonce, where the site named none or a wrong one. */
async function findTransaction(client: Client, claim: TransferClaim, latest: bigint): Promise<Hex | null> {
  const [event] = await getContractEvents(client, {
    address: claim.asset as Hex,
    abi: tokenAbi,
    eventName: 'AuthorizationUsed',
    args: { authorizer: claim.from as Hex, nonce: claim.nonce },
    fromBlock: latest > BLOCKS_BACK ? latest - BLOCKS_BACK : 0n,
    toBlock: latest,
  })
  return event?.transactionHash ?? null
}
