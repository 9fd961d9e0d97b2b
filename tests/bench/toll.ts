import { setTimeout as sleep } from 'node:timers/promises'
import { paidServer } from '../../playground/paid-server.ts'
import type { RunningServer } from '../../playground/server.ts'
import { type InstantChain, startInstantChain } from './instant-chain.ts'

/** What one answer costs, in micro-dollars. */
export const PRICE = 1_000n

const PAY_TO = '0xE7254f52ee1156807DB5155C8F08A8C871B278dC'

/** A page and a paid API on one origin: a real @x402/express server whose facilitator answers at once. */
export interface Toll {
  readonly url: string
  readonly chain: InstantChain
  /** From now on every request waits this long before it is looked at: a round trip on an open connection. */
  setRoundTrip(ms: number): void
  stop(): Promise<void>
}

/** @param script what the page runs */
export async function startToll(script: string): Promise<Toll> {
  let roundTrip = 0
  const chain = await startInstantChain()
  const server: RunningServer = await paidServer({
    host: 'toll.localhost',
    facilitatorUrl: chain.url,
    payTo: PAY_TO,
    free: (app) => {
      app.use(async (_request, _response, next) => {
        if (roundTrip > 0) await sleep(roundTrip)
        next()
      })
      app.get('/', (_request, response) => {
        response.send('<!doctype html><title>Toll</title><p>A page</p><script src="/script.js"></script>')
      })
      app.get('/script.js', (_request, response) => void response.type('js').send(script))
    },
    routes: {
      'GET /answer': { price: '$0.001', answer: (_request, response) => void response.json({ answer: 42 }) },
    },
  })
  return {
    url: server.url,
    chain,
    setRoundTrip: (ms) => {
      roundTrip = ms
    },
    stop: async () => {
      await server.stop()
      await chain.stop()
    },
  }
}
