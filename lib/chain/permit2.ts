import { x402UptoPermit2ProxyABI } from '@x402/evm'
import {
  decodeFunctionData,
  encodeEventTopics,
  type Hex,
  isAddressEqual,
  type Log,
  numberToHex,
  parseAbi,
  parseEventLogs,
  type RpcLog,
} from 'viem'
import { getContractEvents, getTransaction, readContract } from 'viem/actions'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'
import { beforeUse, buriedReceipt, type EvmClaim, type NonceKeeper, transferAbi, transfersIn } from './claim'
import { type EvmSnapshot, stretchSince } from './snapshot'

const PERMIT2 = PERMIT2_CONTRACTS.permit2

const abi = parseAbi([
  'event UnorderedNonceInvalidation(address indexed owner, uint256 word, uint256 mask)',
  'function nonceBitmap(address owner, uint256 word) view returns (uint256)',
])

type Transfer = ReturnType<typeof transfersIn>[number]

/** What a payment may have looked like, and how much one that did look so has taken. */
interface Looks {
  readonly alike: (claim: EvmClaim, logs: (Log | RpcLog)[]) => Transfer[]
  /** Of a transaction, and of its transfers that look alike. Null where it did not use the nonce, as far as can be told. */
  readonly taken: (
    claim: EvmClaim,
    snapshot: EvmSnapshot,
    transaction: { readonly hash: Hex; readonly block: bigint; readonly transfers: readonly Transfer[] },
  ) => Promise<bigint | null>
}

/**
 * Permit2's signature transfers: a contract beside the token keeps the nonces, as bits. It leaves no event of a nonce's use.
 *
 * A nonce that its owner takes back does leave an event; but so does one that is taken back after its use. It counts as taken
 * back where no equal transfer is in sight, or where it was still unused in the block before. A server that has both an equal
 * transfer and no memory of that block leaves it undecided.
 */
const keeperOf = ({ alike, taken }: Looks): NonceKeeper => ({
  isUsed,

  async madeBy(claim, snapshot, transaction) {
    const receipt = await buriedReceipt(snapshot, transaction)
    const transfers = receipt ? alike(claim, receipt.logs) : []
    if (!receipt || transfers.length === 0) return null
    const units = await taken(claim, snapshot, { hash: transaction, block: receipt.blockNumber, transfers })
    return units === null ? null : { transaction, units }
  },

  async find(claim, snapshot) {
    const { fromBlock, toBlock } = await stretchSince(snapshot, beforeUse(claim))
    const [moved, owner = null] = encodeEventTopics({
      abi: transferAbi,
      eventName: 'Transfer',
      args: { from: claim.from as Hex },
    })
    const [invalidated] = encodeEventTopics({ abi, eventName: 'UnorderedNonceInvalidation' })
    // Both in one question, so that an answer that shows the one cannot have left out the other before it.
    const logs = await snapshot.client.request({
      method: 'eth_getLogs',
      params: [
        {
          address: [claim.asset as Hex, PERMIT2],
          topics: [[moved, invalidated], owner],
          fromBlock: numberToHex(fromBlock),
          toBlock: numberToHex(toBlock),
        },
      ],
    })
    const transfers = alike(claim, logs)
    for (const [hash, own = []] of Map.groupBy(transfers, ({ transactionHash }) => transactionHash)) {
      const [{ blockNumber: block } = { blockNumber: 0n }] = own
      const units = await taken(claim, snapshot, { hash, block, transfers: own })
      if (units !== null) return { transaction: hash, units }
    }
    const takenBack = parseEventLogs({ abi, logs, eventName: 'UnorderedNonceInvalidation' }).find(
      ({ args: { word, mask } }) => word === wordOf(claim.nonce) && has(mask, claim.nonce),
    )
    if (!takenBack) return null
    if (transfers.length === 0) return 'taken_back'
    const { blockNumber } = takenBack
    const usedBefore = await isUsed(claim, snapshot.client, blockNumber - 1n)
    return usedBefore || transfers.some((transfer) => transfer.blockNumber === blockNumber) ? null : 'taken_back'
  },
})

const isUsed: NonceKeeper['isUsed'] = async ({ from, nonce }, client, blockNumber) => {
  const bits = await readContract(client, {
    address: PERMIT2,
    abi,
    functionName: 'nonceBitmap',
    args: [from as Hex, wordOf(nonce)],
    ...(blockNumber !== undefined && { blockNumber }),
  })
  return has(bits, nonce)
}

/**
 * An exact amount. What ties a transaction to a nonce is its input: whoever uses the nonce has to name it there, all 32 bytes, and
 * since it was drawn at random nothing else has it. An equal transfer to the same payee is therefore never taken for this one.
 */
export const permit2: NonceKeeper = keeperOf({
  alike: transfersIn,
  taken: async (claim, { client }, { hash }) => {
    const { input } = await getTransaction(client, { hash })
    return isNamedIn(claim, input) ? claim.units : null
  },
})

/**
 * Up to an amount. Here a transaction that names the nonce could still show somebody a smaller transfer than the one that was made
 * with it. So how much was taken is read from a call of x402's own contract, which moves what it is asked to, with the nonce it is
 * given, and nothing else. Of what was made by way of another contract, the largest transfer counts that its block could have been
 * made of, and only of the block in which the nonce came to be used: it is never less than what was taken.
 */
export const upto: NonceKeeper = keeperOf({
  alike: transfersUpTo,
  taken: async (claim, { client }, { hash, block, transfers }) => {
    const { to, input } = await getTransaction(client, { hash })
    if (!isNamedIn(claim, input)) return null
    if (to && isAddressEqual(to, PERMIT2_CONTRACTS.upto)) {
      const asked = askedOf(claim, input)
      return transfers.some(({ args }) => args.value === asked) ? asked : null
    }
    const [before, after] = await Promise.all([isUsed(claim, client, block - 1n), isUsed(claim, client, block)])
    if (before || !after) return null
    const inBlock = await getContractEvents(client, {
      address: claim.asset as Hex,
      abi: transferAbi,
      eventName: 'Transfer',
      args: { from: claim.from as Hex, to: claim.payTo as Hex },
      fromBlock: block,
      toBlock: block,
    })
    return largest(transfersUpTo(claim, inBlock))
  },
})

/** How much a call of x402's contract asks for with a claim's nonce; null when it is another call, or with another nonce. */
function askedOf({ from, nonce }: EvmClaim, input: Hex): bigint | null {
  const { functionName, args } = decodeFunctionData({ abi: x402UptoPermit2ProxyABI, data: input })
  if (functionName !== 'settle' && functionName !== 'settleWithPermit') return null
  const [permit, amount, owner] = functionName === 'settle' ? args : ([args[1], args[2], args[3]] as const)
  return permit.nonce === BigInt(nonce) && isAddressEqual(owner, from as Hex) ? amount : null
}

function transfersUpTo({ asset, from, payTo, units }: EvmClaim, logs: (Log | RpcLog)[]): Transfer[] {
  return parseEventLogs({ abi: transferAbi, logs, args: { from: from as Hex, to: payTo as Hex } }).filter(
    ({ address, args }) => isAddressEqual(address, asset as Hex) && args.value <= units,
  )
}

const largest = (transfers: readonly Transfer[]): bigint | null =>
  transfers.reduce<bigint | null>((most, { args }) => (most === null || args.value > most ? args.value : most), null)

const isNamedIn = ({ nonce }: EvmClaim, input: Hex): boolean =>
  input.toLowerCase().includes(nonce.slice(2).toLowerCase())

/** 256 nonces share a word. */
const wordOf = (nonce: Hex): bigint => BigInt(nonce) >> 8n

const has = (bits: bigint, nonce: Hex): boolean => ((bits >> (BigInt(nonce) & 255n)) & 1n) === 1n
