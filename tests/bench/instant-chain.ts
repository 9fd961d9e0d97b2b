import type { PaymentPayload, PaymentRequirements } from '@x402/core/types'
import express, { type Express } from 'express'
import { encodeEventTopics, type Hex, pad, parseAbi, toFunctionSelector, toHex } from 'viem'
import { NETWORK } from '../../playground/chain.ts'
import { type RunningServer, serve } from '../../playground/server.ts'

const tokenAbi = parseAbi([
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
])

/** The part of an `exact` payment on EVM that says what is moved. */
interface Authorization {
  readonly from: Hex
  readonly to: Hex
  readonly value: string
  readonly nonce: Hex
}

interface SettleBody {
  readonly paymentPayload: PaymentPayload
  readonly paymentRequirements: PaymentRequirements
}

/** A facilitator and a chain that believe everything and answer at once, so that only the two clients take time. */
export interface InstantChain extends Pick<RunningServer, 'url' | 'stop'> {
  readonly rpcUrl: string
  /** What was settled so far, in units of the token. */
  settled(): bigint
}

/**
 * Starts both on one server. Payments are not checked and nothing is moved; the chain shows each as its facilitator would
 * have settled it, and every balance is a million dollars.
 */
export async function startInstantChain(): Promise<InstantChain> {
  const receipts = new Map<string, object>()
  let settled = 0n
  const app = express()
  app.use(express.json({ limit: '1mb' }))
  app.get('/supported', (_, response) => {
    response.json({ kinds: [{ x402Version: 2, scheme: 'exact', network: NETWORK }], extensions: [], signers: {} })
  })
  app.post('/verify', (request, response) => {
    const { paymentPayload }: SettleBody = request.body
    response.json({ isValid: true, payer: authorizationOf(paymentPayload).from })
  })
  app.post('/settle', (request, response) => {
    const { paymentPayload, paymentRequirements }: SettleBody = request.body
    const authorization = authorizationOf(paymentPayload)
    const transaction = toHex(receipts.size + 1, { size: 32 })
    receipts.set(transaction, receiptOf(transaction, authorization, paymentRequirements.asset as Hex))
    settled += BigInt(authorization.value)
    response.json({ success: true, transaction, network: NETWORK, payer: authorization.from })
  })
  answerRpc(app, receipts)
  const { url, stop } = await serve('127.0.0.1', app)
  return { url, rpcUrl: `${url}/rpc`, settled: () => settled, stop }
}

function authorizationOf({ payload }: PaymentPayload): Authorization {
  return payload.authorization as Authorization
}

/** As much of JSON-RPC as the extension asks: its balance, and proof of its payments. */
function answerRpc(app: Express, receipts: ReadonlyMap<string, object>): void {
  app.post('/rpc', (request, response) => {
    const { id, method, params }: { id: number; method: string; params: readonly unknown[] } = request.body
    const results: Record<string, () => unknown> = {
      eth_chainId: () => toHex(Number(NETWORK.split(':')[1])),
      eth_blockNumber: () => '0x10',
      eth_getBlockByNumber: () => ({
        number: params[0],
        timestamp: toHex(Math.floor(Date.now() / 1000)),
        transactions: [],
      }),
      eth_call: () => toHex(isAboutNonce(params[0]) ? 1n : 1_000_000_000_000n, { size: 32 }),
      eth_getTransactionReceipt: () => receipts.get(String(params[0])) ?? null,
    }
    const result = results[method]
    response.json(
      result
        ? { jsonrpc: '2.0', id, result: result() }
        : { jsonrpc: '2.0', id, error: { code: -32601, message: `There is no ${method} here` } },
    )
  })
}

/** Whether it is asked about a nonce's use. All others are about balances. */
const isAboutNonce = (call: unknown): boolean =>
  (call as { readonly data: Hex }).data.startsWith(toFunctionSelector('authorizationState(address,bytes32)'))

/** The receipt of `transferWithAuthorization`. */
function receiptOf(transactionHash: Hex, { from, to, value, nonce }: Authorization, asset: Hex): object {
  const place = { blockHash: pad('0x1'), blockNumber: '0x1', transactionHash, transactionIndex: '0x0', removed: false }
  const used = encodeEventTopics({ abi: tokenAbi, eventName: 'AuthorizationUsed', args: { authorizer: from, nonce } })
  const moved = encodeEventTopics({ abi: tokenAbi, eventName: 'Transfer', args: { from, to } })
  return {
    ...place,
    type: '0x2',
    status: '0x1',
    from,
    to: asset,
    contractAddress: null,
    cumulativeGasUsed: '0x1',
    effectiveGasPrice: '0x1',
    gasUsed: '0x1',
    logsBloom: toHex(0, { size: 256 }),
    logs: [
      { ...place, logIndex: '0x0', address: asset, topics: used, data: '0x' },
      { ...place, logIndex: '0x1', address: asset, topics: moved, data: toHex(BigInt(value), { size: 32 }) },
    ],
  }
}
