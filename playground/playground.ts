import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'
import type { Address } from 'viem'
import { type Chain, NETWORK, startChain, USDC } from './chain.ts'
import { type Crawl, startCrawl } from './crawl/crawl.ts'
import { type Directory, startDirectory } from './crawl/directory.ts'
import { startFacilitator } from './facilitator.ts'
import { startHarbour } from './mpp.ts'
import type { SeenRequest } from './server.ts'
import { startApi } from './shop/api.ts'
import { startShop } from './shop/shop.ts'
import { SOLANA, type Solana, startSolana } from './solana.ts'

/** Who is paid: an account that nobody holds the key of, the hash of the newspaper's name. */
const PAY_TO: Address = '0xE7254f52ee1156807DB5155C8F08A8C871B278dC'

/** The same on Solana. */
const SOLANA_PAY_TO = base58.encode(createHash('sha256').update('The Farthing Post').digest())

export interface PlaygroundOptions {
  /** Free ports by default. */
  readonly ports?: Readonly<Partial<Record<'chain' | 'solana' | 'facilitator' | 'shop' | 'api' | 'mpp', number>>>
}

interface Part {
  stop(): Promise<void>
}

/** A whole x402 world on loopback: two chains, a facilitator, a newspaper, a paid API, and a library that sends bills. */
export interface Playground
  extends Pick<Chain, 'rpcUrl' | 'fund' | 'allowPermit2' | 'permit2AllowanceOf' | 'balanceOf' | 'tab' | 'transfers'> {
  readonly network: typeof NETWORK
  readonly asset: Address
  /** Where the newspaper's and the API's money goes. */
  readonly payTo: Address
  /** The second chain, and where money goes there. */
  readonly solana: Pick<Solana, 'rpcUrl' | 'fund' | 'balanceOf' | 'passBlocks'> & {
    readonly network: typeof SOLANA
    readonly payTo: string
  }
  readonly facilitatorUrl: string
  readonly shopUrl: string
  readonly apiUrl: string
  /** The harbour office, which sells by MPP. */
  readonly mppUrl: string
  /** A library that bills its readers later, and a place for a reader to publish a key. */
  readonly crawl: Omit<Crawl, 'stop'>
  readonly directory: Omit<Directory, 'stop'>
  /** What each server was asked, oldest first. */
  readonly requests: Readonly<Record<'facilitator' | 'shop' | 'api' | 'mpp', readonly SeenRequest[]>>
  /** Ends everything. */
  stop(): Promise<void>
}

/**
 * Starts everything. When one part fails, those that run already are stopped.
 * @throws PlaygroundError saying what could not start
 */
export async function startPlayground({ ports = {} }: PlaygroundOptions = {}): Promise<Playground> {
  const running: Part[] = []
  const keep = <T extends Part>(part: T): T => {
    running.unshift(part)
    return part
  }
  const stop = async () => {
    for (const part of running.splice(0)) await part.stop()
  }
  try {
    const chain = keep(await startChain({ port: ports.chain }))
    const solana = keep(await startSolana(ports.solana))
    // A facilitator opens no accounts: money can only go where there is one already.
    await solana.fund(SOLANA_PAY_TO, '0')
    const facilitator = keep(await startFacilitator(chain.rpcUrl, solana, ports.facilitator))
    const money = { facilitatorUrl: facilitator.url, payTo: PAY_TO, solanaPayTo: SOLANA_PAY_TO }
    const api = keep(await startApi(money, ports.api))
    const mpp = keep(await startHarbour(money, ports.mpp))
    const shop = keep(await startShop({ ...money, apiUrl: api.url }, ports.shop))
    const crawl = keep(await startCrawl())
    const directory = keep(await startDirectory())
    return {
      network: NETWORK,
      asset: USDC,
      payTo: PAY_TO,
      rpcUrl: chain.rpcUrl,
      fund: chain.fund,
      allowPermit2: chain.allowPermit2,
      permit2AllowanceOf: chain.permit2AllowanceOf,
      balanceOf: chain.balanceOf,
      tab: chain.tab,
      transfers: chain.transfers,
      solana: { ...solana, network: SOLANA, payTo: SOLANA_PAY_TO },
      facilitatorUrl: facilitator.url,
      shopUrl: shop.url,
      apiUrl: api.url,
      mppUrl: mpp.url,
      crawl,
      directory,
      requests: {
        facilitator: facilitator.requests,
        shop: shop.requests,
        api: api.requests,
        mpp: mpp.requests,
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
