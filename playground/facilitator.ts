import { generateKeyPairSigner } from '@solana/kit'
import { x402Facilitator } from '@x402/core/facilitator'
import type { Network, PaymentPayload, PaymentRequirements } from '@x402/core/types'
import { toFacilitatorEvmSigner } from '@x402/evm'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/facilitator'
import { ExactEvmScheme } from '@x402/evm/exact/facilitator'
import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/facilitator'
import { UptoEvmScheme } from '@x402/evm/upto/facilitator'
import { toFacilitatorSvmSigner } from '@x402/svm'
import { ExactSvmScheme } from '@x402/svm/exact/facilitator'
import { ExactSvmSchemeV1 } from '@x402/svm/exact/v1/facilitator'
import express, { type ErrorRequestHandler } from 'express'
import {
  createTestClient,
  http,
  parseEther,
  publicActions,
  type TypedDataDefinition,
  type VerifyTypedDataParameters,
  walletActions,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { NETWORK } from './chain.ts'
import { createQueue } from './queue.ts'
import { type RunningServer, serve } from './server.ts'
import { SOLANA, type Solana } from './solana.ts'

interface PaymentBody {
  readonly paymentPayload: PaymentPayload
  readonly paymentRequirements: PaymentRequirements
}

/** Version 1 names its networks; the package's types know only version 2's. */
const named = (network: string) => network as Network

/**
 * Starts an x402 facilitator on 127.0.0.1 that checks payments and settles them on the playground's chains, from accounts of
 * its own.
 * @throws PlaygroundError when the port is taken
 */
export async function startFacilitator(rpcUrl: string, solana: Solana, port?: number): Promise<RunningServer> {
  const account = privateKeyToAccount(generatePrivateKey())
  const client = createTestClient({
    account,
    chain: baseSepolia,
    mode: 'anvil',
    // Hundreds of payments at once wait for each other.
    transport: http(rpcUrl, { timeout: 60_000 }),
    pollingInterval: 10,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions)
  await client.setBalance({ address: account.address, value: parseEther('1000') })

  const inTurn = createQueue()
  const signer = toFacilitatorEvmSigner({
    address: account.address,
    readContract: (call) => client.readContract({ ...call, args: call.args ?? [] }),
    verifyTypedData: (message) => client.verifyTypedData(message as VerifyTypedDataParameters),
    writeContract: (call) => inTurn(() => client.writeContract(call)),
    sendTransaction: (transaction) => inTurn(() => client.sendTransaction(transaction)),
    waitForTransactionReceipt: (wait) => client.waitForTransactionReceipt(wait),
    getCode: (of) => client.getCode(of),
  })
  const authorizer = {
    address: account.address,
    signTypedData: (message: object) => account.signTypedData(message as TypedDataDefinition),
  }
  const feePayer = await generateKeyPairSigner()
  solana.fundFees(feePayer.address)
  const svmSigner = toFacilitatorSvmSigner(feePayer, { defaultRpcUrl: solana.rpcUrl })
  const facilitator = new x402Facilitator()
    .register(NETWORK, new ExactEvmScheme(signer))
    // It also says for the sites what they claim of their prepaid tabs, and what they give back.
    .register(NETWORK, new BatchSettlementEvmScheme(signer, authorizer))
    .register(NETWORK, new UptoEvmScheme(signer))
    .register(SOLANA, new ExactSvmScheme(svmSigner))
    // For servers of version 1, by its names.
    .registerV1(named('base-sepolia'), new ExactEvmSchemeV1(signer))
    .registerV1(named('solana-devnet'), new ExactSvmSchemeV1(svmSigner))

  const app = express()
  app.use(express.json({ limit: '1mb' }))
  app.get('/supported', (_request, response) => {
    response.json(facilitator.getSupported())
  })
  app.post('/verify', async (request, response) => {
    const { paymentPayload, paymentRequirements }: PaymentBody = request.body
    response.json(await facilitator.verify(paymentPayload, paymentRequirements))
  })
  app.post('/settle', async (request, response) => {
    const { paymentPayload, paymentRequirements }: PaymentBody = request.body
    response.json(await facilitator.settle(paymentPayload, paymentRequirements))
  })
  const explain: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json({ error: error instanceof Error ? error.message : String(error) })
  }
  app.use(explain)
  return await serve('127.0.0.1', app, port)
}
