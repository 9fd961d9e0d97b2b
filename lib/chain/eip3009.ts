import { type Hex, isAddressEqual, parseAbi, parseEventLogs } from 'viem'
import { getContractEvents, readContract } from 'viem/actions'
import { beforeUse, buriedReceipt, type NonceKeeper, transfersIn } from './claim'
import { stretchSince } from './snapshot'

const abi = parseAbi([
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'event AuthorizationCanceled(address indexed authorizer, bytes32 indexed nonce)',
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
])

/**
 * EIP-3009: the token itself keeps the nonces. Each is used by one transfer or cancelled by its owner, never both, and either
 * leaves an event that names it.
 */
export const eip3009: NonceKeeper = {
  isUsed: ({ asset, from, nonce }, client, blockNumber) =>
    readContract(client, {
      address: asset as Hex,
      abi,
      functionName: 'authorizationState',
      args: [from as Hex, nonce],
      ...(blockNumber !== undefined && { blockNumber }),
    }),

  async madeBy(claim, snapshot, transaction) {
    const logs = (await buriedReceipt(snapshot, transaction))?.logs ?? []
    const args = { authorizer: claim.from as Hex, nonce: claim.nonce }
    const used = parseEventLogs({ abi, logs, eventName: 'AuthorizationUsed', args })
    const isUsed = used.some(({ address }) => isAddressEqual(address, claim.asset as Hex))
    return isUsed && transfersIn(claim, logs).length > 0 ? { transaction, units: claim.units } : null
  },

  async find(claim, snapshot) {
    const filter = {
      address: claim.asset as Hex,
      abi,
      args: { authorizer: claim.from as Hex, nonce: claim.nonce },
      ...(await stretchSince(snapshot, beforeUse(claim))),
    }
    const [used] = await getContractEvents(snapshot.client, { ...filter, eventName: 'AuthorizationUsed' })
    if (used) return eip3009.madeBy(claim, snapshot, used.transactionHash)
    const [cancelled] = await getContractEvents(snapshot.client, { ...filter, eventName: 'AuthorizationCanceled' })
    return cancelled ? 'taken_back' : null
  },
}
