import { erc20Abi, type Hex, parseAbi } from 'viem'
import { getChainId, readContract } from 'viem/actions'
import { TuppenceError } from '@/lib/errors'
import type { EvmAsset } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'
import { chainClient } from './client'

const permitAbi = parseAbi(['function nonces(address owner) view returns (uint256)'])

/** What Permit2 may move of an account's token, and what a signed allowance (EIP-2612) would have to say. */
export interface Permission {
  readonly units: bigint
  /** The token's own count of its owner's signed allowances; null where it takes none. */
  readonly nonce: bigint | null
}

/**
 * Asks the chain. Rejects with `rpc_needed` where no server was chosen for the network, and with `rpc_silent` where none answers
 * for it.
 */
export async function permissionOf(owner: Hex, asset: EvmAsset): Promise<Permission> {
  const network = findNetwork(asset.network)
  const values = { network: network?.name ?? asset.network }
  const client = await chainClient(asset.network)
  if (!client) throw new TuppenceError('rpc_needed', values)
  const { address } = asset
  try {
    const [chainId, units, nonce] = await Promise.all([
      getChainId(client),
      readContract(client, {
        address,
        abi: erc20Abi,
        functionName: 'allowance',
        args: [owner, PERMIT2_CONTRACTS.permit2],
      }),
      asset.permit ? readContract(client, { address, abi: permitAbi, functionName: 'nonces', args: [owner] }) : null,
    ])
    if (network?.family !== 'evm' || chainId !== network.chainId) throw new TuppenceError('wrong_chain')
    return { units, nonce }
  } catch (error) {
    throw new TuppenceError('rpc_silent', values, { cause: error })
  }
}
