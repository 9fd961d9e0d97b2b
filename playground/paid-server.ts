import { HTTPFacilitatorClient } from '@x402/core/server'
import type { ResourceServerExtension } from '@x402/core/types'
import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
import { UptoEvmScheme } from '@x402/evm/upto/server'
import { paymentMiddlewareFromHTTPServer, x402HTTPResourceServer, x402ResourceServer } from '@x402/express'
import { ExactSvmScheme } from '@x402/svm/exact/server'
import express, { type Express, type RequestHandler } from 'express'
import type { Address } from 'viem'
import { NETWORK } from './chain.ts'
import { type RunningServer, serve } from './server.ts'
import { SOLANA } from './solana.ts'

type RouteConfig = Extract<ConstructorParameters<typeof x402HTTPResourceServer>[1], { accepts: unknown }>

/** Something for sale. It may say whatever else @x402/express knows of a route; `accepts` then replaces the offer. */
export interface PaidRoute extends Partial<RouteConfig> {
  /** Dollars, like "$0.02". */
  readonly price: string
  /** Where it is paid: on Base Sepolia by default. */
  readonly on?: 'base-sepolia' | 'solana-devnet'
  /**
   * How: the token's own signed transfer by default, Permit2's, `upto` (the price is then a ceiling, and the answer names what
   * it cost by `setSettlementOverrides` of @x402/express), or from a prepaid tab.
   */
  readonly by?: 'permit2' | 'upto' | 'tab'
  /** The deposit of a tab that is suggested, in dollars; ten times the price by default. */
  readonly deposit?: string
  /** Answers once a payment is verified. It is settled before the answer leaves, or not at all if that is an error. */
  readonly answer: RequestHandler
}

/** What a route says that takes a signed allowance for Permit2 along with the payment (x402 v2, extension of that name). */
export const EIP2612_GAS_SPONSORING = {
  eip2612GasSponsoring: {
    info: {
      description: 'The facilitator accepts EIP-2612 gasless Permit to `Permit2` canonical contract.',
      version: '1',
    },
    schema: {
      type: 'object',
      required: ['from', 'asset', 'spender', 'amount', 'nonce', 'deadline', 'signature', 'version'],
    },
  },
}

export interface PaidServerOptions {
  /** The name browsers know it by; `*.localhost` needs no set-up. */
  readonly host: string
  readonly port?: number
  readonly facilitatorUrl: string
  readonly payTo: Address
  /** Who is paid on Solana; nobody needs to be where nothing is sold there. */
  readonly solanaPayTo?: string
  readonly routes: Readonly<Record<`${'GET' | 'POST'} /${string}`, PaidRoute>>
  /** The server's sides of extensions that its routes declare. */
  readonly extensions?: readonly ResourceServerExtension[]
  /** Registers what comes before the till: free pages, headers for every answer, body parsers, odd answers. */
  readonly free?: (app: Express) => void
}

export interface PaidServer extends RunningServer {
  /** Has all that its visitors' prepaid tabs owe it paid out on the chain. */
  collect(): Promise<void>
}

/**
 * Starts a server that sells its routes by x402 for USDC on the playground's chains.
 * @throws PlaygroundError when the port is taken; RouteConfigurationError when the facilitator cannot settle an offer
 */
export async function paidServer(options: PaidServerOptions): Promise<PaidServer> {
  const { host, port, facilitatorUrl, payTo, solanaPayTo = '', routes, extensions = [], free } = options
  const money = {
    'base-sepolia': { network: NETWORK, payTo },
    'solana-devnet': { network: SOLANA, payTo: solanaPayTo },
  } as const
  const offers: Record<string, RouteConfig> = {}
  for (const [route, { price, on = 'base-sepolia', by, deposit, answer: _, ...config }] of Object.entries(routes)) {
    const scheme = by === 'upto' ? 'upto' : by === 'tab' ? 'batch-settlement' : 'exact'
    const extra = {
      ...(by === 'permit2' && { assetTransferMethod: 'permit2' }),
      ...(deposit !== undefined && { minDeposit: deposit }),
    }
    offers[route] = {
      accepts: { scheme, price, ...money[on], ...(Object.keys(extra).length > 0 && { extra }) },
      ...config,
    }
  }
  const facilitator = new HTTPFacilitatorClient({ url: facilitatorUrl })
  const tabs = new BatchSettlementEvmScheme(payTo)
  const resources = new x402ResourceServer(facilitator)
  resources.register(NETWORK, new ExactEvmScheme()).register(SOLANA, new ExactSvmScheme())
  resources.register(NETWORK, new UptoEvmScheme()).register(NETWORK, tabs)
  for (const extension of extensions) resources.registerExtension(extension)
  const sales = new x402HTTPResourceServer(resources, offers)
  await sales.initialize()

  const app = express()
  free?.(app)
  app.use(paymentMiddlewareFromHTTPServer(sales, undefined, undefined, false))
  for (const [route, { answer }] of Object.entries(routes)) {
    const [method, path = '/'] = route.split(' ')
    if (method === 'POST') app.post(path, answer)
    else app.get(path, answer)
  }
  const server = await serve(host, app, port)
  const collect = async () => void (await tabs.createChannelManager(facilitator, NETWORK).claimAndSettle())
  return { ...server, collect }
}
