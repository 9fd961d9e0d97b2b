import { HTTPFacilitatorClient } from '@x402/core/server'
import { ExactEvmScheme } from '@x402/evm/exact/server'
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
  /** Answers once a payment is verified. It is settled before the answer leaves, or not at all if that is an error. */
  readonly answer: RequestHandler
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
  /** Registers what comes before the till: free pages, headers for every answer, body parsers, odd answers. */
  readonly free?: (app: Express) => void
}

/**
 * Starts a server that sells its routes by x402 for USDC on the playground's chains.
 * @throws PlaygroundError when the port is taken; RouteConfigurationError when the facilitator cannot settle an offer
 */
export async function paidServer(options: PaidServerOptions): Promise<RunningServer> {
  const { host, port, facilitatorUrl, payTo, solanaPayTo = '', routes, free } = options
  const money = {
    'base-sepolia': { network: NETWORK, payTo },
    'solana-devnet': { network: SOLANA, payTo: solanaPayTo },
  } as const
  const offers: Record<string, RouteConfig> = {}
  for (const [route, { price, on = 'base-sepolia', answer: _, ...config }] of Object.entries(routes)) {
    offers[route] = { accepts: { scheme: 'exact', price, ...money[on] }, ...config }
  }
  const resources = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
  resources.register(NETWORK, new ExactEvmScheme()).register(SOLANA, new ExactSvmScheme())
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
  return await serve(host, app, port)
}
