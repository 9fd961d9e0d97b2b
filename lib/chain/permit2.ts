import { encodeEventTopics, type Hex, numberToHex, parseAbi, parseEventLogs } from 'viem'
import { getTransaction, readContract } from 'viem/actions'
import { beforeUse, buriedReceipt, type EvmClaim, type NonceKeeper, transferAbi, transfersIn } from './claim'
import { type EvmSnapshot, stretchSince } from './snapshot'

/** Where Uniswap's Permit2 is, on every network. */
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'

const abi = parseAbi([
  'event UnorderedNonceInvalidation(address indexed owner, uint256 word, uint256 mask)',
  'function nonceBitmap(address owner, uint256 word) view returns (uint256)',
])

/**
 * Permit2's signature transfers: a contract beside the token keeps the nonces, as bits. It leaves no event of a nonce's use.
 * What ties a transaction to a nonce is its input: whoever uses the nonce has to name it there, all 32 bytes, and since it was
 * drawn at random nothing else has it. An equal transfer to the same payee is therefore never taken for this one.
 *
 * A nonce that its owner takes back does leave an event; but so does one that is taken back after its use. It counts as taken
 * back where no equal transfer is in sight, or where it was still unused in the block before. A server that has both an equal
 * transfer and no memory of that block leaves it undecided.
 */
export const permit2: NonceKeeper = {
  async isUsed({ from, nonce }, client, blockNumber) {
    const bits = await readContract(client, {
      address: PERMIT2,
      abi,
      functionName: 'nonceBitmap',
      args: [from as Hex, wordOf(nonce)],
      ...(blockNumber !== undefined && { blockNumber }),
    })
    return has(bits, nonce)
  },

  async isTransfer(claim, snapshot, transaction) {
    const receipt = await buriedReceipt(snapshot, transaction)
    if (!receipt || transfersIn(claim, receipt.logs).length === 0) return false
    return isNamedIn(claim, snapshot, transaction)
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
    const transfers = transfersIn(claim, logs)
    for (const { transactionHash } of transfers)
      if (await isNamedIn(claim, snapshot, transactionHash)) return transactionHash
    const takenBack = parseEventLogs({ abi, logs, eventName: 'UnorderedNonceInvalidation' }).find(
      ({ args: { word, mask } }) => word === wordOf(claim.nonce) && has(mask, claim.nonce),
    )
    if (!takenBack) return null
    if (transfers.length === 0) return 'taken_back'
    const { blockNumber } = takenBack
    const usedBefore = await permit2.isUsed(claim, snapshot.client, blockNumber - 1n)
    return usedBefore || transfers.some((transfer) => transfer.blockNumber === blockNumber) ? null : 'taken_back'
  },
}

async function isNamedIn({ nonce }: EvmClaim, { client }: EvmSnapshot, hash: Hex): Promise<boolean> {
  const { input } = await getTransaction(client, { hash })
  return input.toLowerCase().includes(nonce.slice(2).toLowerCase())
}

/** 256 nonces share a word. */
const wordOf = (nonce: Hex): bigint => BigInt(nonce) >> 8n

const has = (bits: bigint, nonce: Hex): boolean => ((bits >> (BigInt(nonce) & 255n)) & 1n) === 1n
