import { sha256 } from '@noble/hashes/sha2'
import { base58, base64 } from '@scure/base'
import { bytesToHex, type Client, createClient } from 'viem'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import { findAsset } from '@/lib/money/assets'
import { findNetwork, realmOf } from '@/lib/money/networks'
import { tokenAccountOf } from '@/lib/money/solana'
import type { SolanaClaim } from './claim'
import { chainClient, transportTo } from './client'

/*
 * Solana keeps no nonces. What tells one payment from another is its message: it names a recent block, can be in none but the
 * next 150, and in one of them at most. So a payment was made when a transaction of exactly this message is in the chain, and can
 * no longer be when the last of those blocks is behind the chain's end and a search finds no such transaction.
 *
 * That a search finds nothing is a weaker word than a nonce that is unused: a server may have forgotten, or not be that far. So
 * every search is put to a server that has at least seen the snapshot's slot (`minContextSlot`), all of it has to be there back to
 * before the signature, and some time passes between the end of the one and the other.
 */

/** How much of the chain's agreement something has: Solana's own words. */
type Commitment = 'confirmed' | 'finalized'

/** The chain at its last final block, for one round of looks: what several of them ask is asked once. */
export interface SolanaSnapshot {
  readonly family: 'svm'
  readonly client: Client
  readonly slot: number
  /** How many blocks there are. Not every slot has one. */
  readonly blockHeight: number
}

/** A payment counts as over only so many blocks after the last that could hold it: a minute of them. */
const EXPIRY_MARGIN = 150
/** As many signatures as servers list in one go, and how many times they are asked for more. */
const PAGE = 1_000
const MOST_PAGES = 10

const epochInfoSchema = z.object({ absoluteSlot: z.int().nonnegative(), blockHeight: z.int().nonnegative() })
const blockhashSchema = z.object({
  context: z.object({ slot: z.int().nonnegative() }),
  value: z.object({ blockhash: z.string(), lastValidBlockHeight: z.int().nonnegative() }),
})
const signaturesSchema = z.array(z.object({ signature: z.string(), slot: z.int(), err: z.unknown() }))
const transactionSchema = z.object({
  slot: z.int(),
  meta: z.object({ err: z.unknown() }),
  transaction: z.tuple([z.string(), z.literal('base64')]),
})

/** Rejects when there is no answer, and for an error. */
export const askSolana = (client: Client, method: string, ...params: unknown[]): Promise<unknown> =>
  client.request<{ Method: string; Parameters: unknown[]; ReturnType: unknown }>({ method, params })

/** The network behind an address, in CAIP-2: the beginning of the hash of its first block. Rejects when nothing answers there. */
export const solanaNetworkAt = (rpcUrl: string): Promise<string> =>
  networkOf(createClient({ transport: transportTo(rpcUrl) }))

async function networkOf(client: Client): Promise<string> {
  return `solana:${z
    .string()
    .parse(await askSolana(client, 'getGenesisHash'))
    .slice(0, 32)}`
}

/**
 * How long a transaction of now can be used. Rejects with `rpc_needed` where no server was chosen for the network, and with
 * `rpc_silent` where none answers for it.
 */
export async function lifetimeOn(network: string) {
  const values = { network: findNetwork(network)?.name ?? network }
  const client = await chainClient(network)
  if (!client) throw new TuppenceError('rpc_needed', values)
  try {
    const [answering, latest] = await Promise.all([
      networkOf(client),
      // A final block's, so that no server of the facilitator's has not heard of it.
      askSolana(client, 'getLatestBlockhash', { commitment: 'finalized' }),
    ])
    if (answering !== network) throw new TuppenceError('wrong_chain')
    const { context, value } = blockhashSchema.parse(latest)
    return { blockhash: value.blockhash, lastBlockHeight: value.lastValidBlockHeight, slot: context.slot }
  } catch (error) {
    throw new TuppenceError('rpc_silent', values, { cause: error })
  }
}

/** Rejects when the server does not answer, or not for this network. Null when none was chosen. */
export async function takeSolanaSnapshot(network: string): Promise<SolanaSnapshot | null> {
  const client = await chainClient(network, { remembers: true })
  if (!client) return null
  const [answering, info] = await Promise.all([
    networkOf(client),
    askSolana(client, 'getEpochInfo', { commitment: 'finalized' }),
  ])
  const { absoluteSlot, blockHeight } = epochInfoSchema.parse(info)
  return answering === network ? { family: 'svm', client, slot: absoluteSlot, blockHeight } : null
}

/**
 * The transaction that made a payment, `expired` when none has and none can any more, null when that is open. Test money counts as
 * soon as it is confirmed. Rejects when the server gives no proper answer.
 */
export async function proveOnSolana(claim: SolanaClaim, snapshot: SolanaSnapshot): Promise<string | 'expired' | null> {
  const { client, slot, blockHeight } = snapshot
  const commitment = realmOf(claim.network) === 'test' ? 'confirmed' : 'finalized'
  const { transaction: named } = claim
  if (named !== null && (await isTransfer(claim, client, named, commitment))) return named
  const { found, complete } = await search(claim, client, { commitment, minContextSlot: slot })
  if (found !== null) return found
  if (!complete || blockHeight <= claim.lastBlockHeight + EXPIRY_MARGIN) return null
  const first = z.int().parse(await askSolana(client, 'getFirstAvailableBlock'))
  return first <= claim.slot ? 'expired' : null
}

/** Whether a payment is in a block already, be it final or not. Rejects when the server gives no proper answer. */
export async function isSeenOnSolana(claim: SolanaClaim): Promise<boolean> {
  const client = await chainClient(claim.network)
  return client !== null && (await search(claim, client, { commitment: 'confirmed' })).found !== null
}

interface Found {
  readonly found: string | null
  /** Whether everything since before the signature was looked at. */
  readonly complete: boolean
}

/** Looks for a payment among all that has to do with the payer's token account. */
async function search(
  claim: SolanaClaim,
  client: Client,
  options: { commitment: Commitment; minContextSlot?: number },
): Promise<Found> {
  const asset = findAsset(claim.network, claim.asset)
  if (asset?.family !== 'svm') return { found: null, complete: false }
  const account = await tokenAccountOf(claim.from, asset)
  let before: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const listed = signaturesSchema.parse(
      await askSolana(client, 'getSignaturesForAddress', account, {
        ...options,
        limit: PAGE,
        ...(before && { before }),
      }),
    )
    for (const { signature } of listed.filter(({ slot, err }) => slot >= claim.slot && err === null)) {
      const matches = await isTransfer(claim, client, signature, options.commitment)
      if (matches) return { found: signature, complete: true }
      // What is listed and cannot be shown may be the one.
      if (matches === null) return { found: null, complete: false }
    }
    const last = listed.at(-1)
    // A short list is not the last one: servers have maxima of their own.
    if (!last || last.slot < claim.slot) return { found: null, complete: true }
    before = last.signature
  }
  return { found: null, complete: false }
}

/** Whether a transaction did what it says, and is of the payment's very message. Null when the chain has none of that name. */
async function isTransfer(
  { nonce }: SolanaClaim,
  client: Client,
  signature: string,
  commitment: Commitment,
): Promise<boolean | null> {
  if (!isSignature(signature)) return null
  const answer = await askSolana(client, 'getTransaction', signature, {
    commitment,
    encoding: 'base64',
    maxSupportedTransactionVersion: 0,
  })
  if (answer === null) return null
  const { meta, transaction } = transactionSchema.parse(answer)
  const bytes = base64.decode(transaction[0])
  // A count of signatures, the signatures, the message. The first of them is the transaction's name.
  const message = bytes.subarray(1 + 64 * (bytes[0] ?? 0))
  return (
    meta.err === null && base58.encode(bytes.subarray(1, 65)) === signature && bytesToHex(sha256(message)) === nonce
  )
}

function isSignature(text: string): boolean {
  try {
    return base58.decode(text).length === 64
  } catch {
    return false
  }
}
