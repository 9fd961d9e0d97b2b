import { x402UptoPermit2ProxyABI, x402UptoPermit2ProxyAddress } from '@x402/evm'
import {
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  maxUint256,
  parseAbi,
  publicActions,
  toHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { base } from 'viem/chains'
import type { EvmClaim } from '@/lib/chain/claim'
import { KEY, PAYEE, PAYER } from '../unit/wallet/typed-data'
import { BASE, BASE_USDC } from './base'

const PERMIT2: Hex = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const MULTICALL3: Hex = '0xcA11bde05977b3631167028862bE2a173976CA11'
/** The third account of anvil: it submits what the payer signs. */
const FACILITATOR_KEY: Hex = '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'
/** Enough for each of the calls below, so that nothing has to be estimated. */
const GAS = 200_000n

const tokenAbi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
  'function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)',
  'function mint(address to, uint256 value)',
  'function approve(address spender, uint256 value) returns (bool)',
])
const permit2Abi = parseAbi([
  'struct TokenPermissions { address token; uint256 amount; }',
  'struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }',
  'struct SignatureTransferDetails { address to; uint256 requestedAmount; }',
  'function permitTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes signature)',
  'function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)',
])

const multicallAbi = parseAbi([
  'struct Call { address target; bytes callData; }',
  'function tryAggregate(bool requireSuccess, Call[] calls) payable returns ((bool success, bytes returnData)[])',
])

/** A call that a contract of the facilitator's makes. */
export interface Call {
  readonly target: Hex
  readonly callData: Hex
}

/** A chain in the hands of a test, with a payer who signs on it and a facilitator who submits what was signed. */
export class Payer {
  readonly #node
  readonly #payer
  readonly #facilitator
  #gathering = false

  /** The chain should stand still on its own. */
  constructor(rpcUrl: string) {
    const settings = { chain: base, transport: http(rpcUrl), pollingInterval: 10, cacheTime: 0 }
    this.#node = createTestClient({ ...settings, mode: 'anvil' }).extend(publicActions)
    this.#payer = createWalletClient({ ...settings, account: privateKeyToAccount(KEY) })
    this.#facilitator = createWalletClient({ ...settings, account: privateKeyToAccount(FACILITATOR_KEY) })
  }

  get node() {
    return this.#node
  }

  /** The chain's time, in Unix seconds. */
  async time(): Promise<number> {
    return Number((await this.#node.getBlock()).timestamp)
  }

  /** Two cents to the payee, authorised but not made, for the next minute of the chain's time. */
  async claim(changes: Partial<EvmClaim> = {}): Promise<EvmClaim> {
    return {
      network: BASE,
      asset: BASE_USDC.toLowerCase(),
      from: PAYER,
      payTo: PAYEE,
      units: 20_000n,
      method: 'eip3009',
      nonce: toHex(crypto.getRandomValues(new Uint8Array(32))),
      validBefore: (await this.time()) + 60,
      transaction: null,
      ...changes,
    }
  }

  /** Makes the transfer, as a facilitator does, and gives its transaction. */
  async transfer(claim: EvmClaim, { token = BASE_USDC, units = claim.units }: { token?: Hex; units?: bigint } = {}) {
    return this.#mined(
      claim.method === 'permit2' ? this.#transferByPermit2(claim, units) : this.#transferByToken(claim, token),
    )
  }

  /** Until a transaction has its block, unless several are gathered for one. */
  async #mined(sent: Promise<Hex>): Promise<Hex> {
    const hash = await sent
    if (!this.#gathering) await this.#node.waitForTransactionReceipt({ hash })
    return hash
  }

  async #transferByToken({ from, payTo, units, nonce, validBefore }: EvmClaim, token: Hex): Promise<Hex> {
    const signature = await this.#payer.signTypedData({
      domain: { name: 'USDC', version: '2', chainId: base.id, verifyingContract: token },
      types: {
        TransferWithAuthorization: [
          { name: 'from', type: 'address' },
          { name: 'to', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'validAfter', type: 'uint256' },
          { name: 'validBefore', type: 'uint256' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'TransferWithAuthorization',
      message: {
        from: from as Hex,
        to: payTo as Hex,
        value: units,
        validAfter: 0n,
        validBefore: BigInt(validBefore),
        nonce,
      },
    })
    return this.#facilitator.writeContract({
      address: token,
      abi: tokenAbi,
      functionName: 'transferWithAuthorization',
      args: [from as Hex, payTo as Hex, units, 0n, BigInt(validBefore), nonce, signature],
      gas: GAS,
    })
  }

  async #transferByPermit2(
    { asset, from, payTo, units, nonce, validBefore }: EvmClaim,
    requestedAmount: bigint,
  ): Promise<Hex> {
    const permit = {
      permitted: { token: asset as Hex, amount: units },
      nonce: BigInt(nonce),
      deadline: BigInt(validBefore),
    }
    const signature = await this.#payer.signTypedData({
      domain: { name: 'Permit2', chainId: base.id, verifyingContract: PERMIT2 },
      types: {
        PermitTransferFrom: [
          { name: 'permitted', type: 'TokenPermissions' },
          { name: 'spender', type: 'address' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
        TokenPermissions: [
          { name: 'token', type: 'address' },
          { name: 'amount', type: 'uint256' },
        ],
      },
      primaryType: 'PermitTransferFrom',
      message: { ...permit, spender: this.#facilitator.account.address },
    })
    return this.#facilitator.writeContract({
      address: PERMIT2,
      abi: permit2Abi,
      functionName: 'permitTransferFrom',
      args: [permit, { to: payTo as Hex, requestedAmount }, from as Hex, signature],
      gas: GAS,
    })
  }

  /** Takes so much of a ceiling, as a facilitator does, and gives its transaction. */
  async take(claim: EvmClaim, units: bigint): Promise<Hex> {
    const data = await this.takingCall(claim, units, this.#facilitator.account.address)
    return this.#mined(this.#facilitator.sendTransaction({ to: x402UptoPermit2ProxyAddress, data, gas: GAS }))
  }

  /** The same by a contract of the facilitator's, along with whatever else that is to call. */
  async takeByContract(
    takings: readonly [claim: EvmClaim, units: bigint][],
    others: readonly Call[] = [],
  ): Promise<Hex> {
    const calls = await Promise.all(
      takings.map(async ([claim, units]) => ({
        target: x402UptoPermit2ProxyAddress,
        callData: await this.takingCall(claim, units, MULTICALL3),
      })),
    )
    return this.#mined(
      this.#facilitator.writeContract({
        address: MULTICALL3,
        abi: multicallAbi,
        functionName: 'tryAggregate',
        args: [true, [...calls, ...others]],
        gas: GAS * 4n,
      }),
    )
  }

  /** What x402's contract is called with, signed by the payer for a facilitator. */
  async takingCall({ asset, from, payTo, units, nonce, validBefore }: EvmClaim, taken: bigint, facilitator: Hex) {
    const permit = {
      permitted: { token: asset as Hex, amount: units },
      nonce: BigInt(nonce),
      deadline: BigInt(validBefore),
    }
    const witness = { to: payTo as Hex, facilitator, validAfter: 0n }
    const signature = await this.#payer.signTypedData({
      domain: { name: 'Permit2', chainId: base.id, verifyingContract: PERMIT2 },
      types: {
        PermitWitnessTransferFrom: [
          { name: 'permitted', type: 'TokenPermissions' },
          { name: 'spender', type: 'address' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
          { name: 'witness', type: 'Witness' },
        ],
        TokenPermissions: [
          { name: 'token', type: 'address' },
          { name: 'amount', type: 'uint256' },
        ],
        Witness: [
          { name: 'to', type: 'address' },
          { name: 'facilitator', type: 'address' },
          { name: 'validAfter', type: 'uint256' },
        ],
      },
      primaryType: 'PermitWitnessTransferFrom',
      message: { ...permit, spender: x402UptoPermit2ProxyAddress, witness },
    })
    return encodeFunctionData({
      abi: x402UptoPermit2ProxyABI,
      functionName: 'settle',
      args: [permit, taken, from as Hex, witness, signature],
    })
  }

  /** Gives the payer units of a token out of nothing. */
  mint(token: Hex, units: bigint): Promise<Hex> {
    return this.#mined(
      this.#payer.writeContract({
        address: token,
        abi: tokenAbi,
        functionName: 'mint',
        args: [PAYER, units],
        gas: GAS,
      }),
    )
  }

  /** Lets Permit2 move the payer's USDC. */
  approvePermit2(): Promise<Hex> {
    return this.#mined(
      this.#payer.writeContract({
        address: BASE_USDC,
        abi: tokenAbi,
        functionName: 'approve',
        args: [PERMIT2, maxUint256],
        gas: GAS,
      }),
    )
  }

  /** The payer takes the authorization back. */
  async takeBack(claim: EvmClaim): Promise<Hex> {
    return this.#mined(this.#takeBack(claim))
  }

  async #takeBack({ method, from, nonce }: EvmClaim): Promise<Hex> {
    if (method !== 'eip3009')
      return this.#payer.writeContract({
        address: PERMIT2,
        abi: permit2Abi,
        functionName: 'invalidateUnorderedNonces',
        args: [BigInt(nonce) >> 8n, 1n << (BigInt(nonce) & 255n)],
        gas: GAS,
      })
    const signature = await this.#payer.signTypedData({
      domain: { name: 'USDC', version: '2', chainId: base.id, verifyingContract: BASE_USDC },
      types: {
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'CancelAuthorization',
      message: { authorizer: from as Hex, nonce },
    })
    return this.#facilitator.writeContract({
      address: BASE_USDC,
      abi: tokenAbi,
      functionName: 'cancelAuthorization',
      args: [from as Hex, nonce, signature],
      gas: GAS,
    })
  }

  /** Empty blocks. */
  mine(blocks: number): Promise<void> {
    return this.#node.mine({ blocks })
  }

  /** The next block is made now, with this time on it, in Unix seconds. */
  async mineAt(timestamp: number): Promise<void> {
    await this.#node.setNextBlockTimestamp({ timestamp: BigInt(timestamp) })
    await this.mine(1)
  }

  /** Puts everything that is submitted meanwhile into one block. */
  async inOneBlock(submit: () => Promise<unknown>): Promise<void> {
    await this.#node.setAutomine(false)
    this.#gathering = true
    try {
      await submit()
      await this.mine(1)
    } finally {
      this.#gathering = false
      await this.#node.setAutomine(true)
    }
  }

  /** A reorganisation: the latest blocks never were, and their transactions are forgotten. */
  async takeBlocksBack(blocks: number): Promise<void> {
    await this.#node.request<{ Method: 'anvil_rollback'; Parameters: [number]; ReturnType: null }>({
      method: 'anvil_rollback',
      params: [blocks],
    })
  }
}
