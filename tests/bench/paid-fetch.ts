import { generatePrivateKey } from 'viem/accounts'
import { startBrowser } from './browser.ts'
import { bundle } from './bundle.ts'
import { Extension } from './extension.ts'
import { atMost, type Figure, round } from './figure.ts'
import type { Part } from './part.ts'
import { openShopper, type Shopper, timeOf } from './shopper.ts'
import { inTurns, median, ratioOf } from './statistics.ts'
import { startToll, type Toll } from './toll.ts'

const ROUNDS = 40
const PARALLEL = 100
const PARALLEL_ROUNDS = 5
/** In micro-dollars. */
const PLENTY = 1_000_000_000n

/**
 * A paid fetch with auto-pay, from the page's call until the answer's body is read, against `@x402/fetch` that a page has
 * built in, with its key at hand. The same server and the same origin (which spares `@x402/fetch` a preflight), each request
 * a new URL, in turns. A round trip of 50 ms is made by the server, which lets every request wait so long.
 */
export const paidFetch: Part = {
  names: ['fetch.rtt50', 'fetch.rtt0', 'fetch.parallel100'],
  async measure({ extensionDir, wants }) {
    const toll = await startToll(await bundle('payer'))
    const [tuppence, bare] = await Promise.all([startBrowser(extensionDir), startBrowser(null)])
    try {
      const extension = await Extension.in(tuppence)
      await extension.openWallet(toll.chain.rpcUrl)
      await extension.autoPay(PLENTY)
      const rivals = {
        extension: await openShopper(tuppence, toll, null),
        library: await openShopper(bare, toll, generatePrivateKey()),
      }
      const figures: Figure[] = []
      if (wants('fetch.rtt50')) figures.push(await atRoundTrip50(rivals, toll))
      if (wants('fetch.rtt0')) figures.push(await atRoundTrip0(rivals, toll))
      if (wants('fetch.parallel100')) figures.push(await inParallel(rivals, toll))
      return figures
    } finally {
      await Promise.all([tuppence.stop(), bare.stop()])
      await toll.stop()
    }
  },
}

interface Rivals {
  readonly extension: Shopper
  readonly library: Shopper
}

async function atRoundTrip50(rivals: Rivals, toll: Toll): Promise<Figure> {
  const { extension, library } = await race(rivals, toll, 50, 1, ROUNDS)
  const { value, interval } = ratioOf(extension, library)
  return atMost(1, 'fetch.rtt50', 'ratio', value, { '95 %': interval, ...medians(extension, library) })
}

async function atRoundTrip0(rivals: Rivals, toll: Toll): Promise<Figure> {
  const { extension, library } = await race(rivals, toll, 0, 1, ROUNDS)
  return atMost(10, 'fetch.rtt0', 'ms more', median(extension) - median(library), medians(extension, library))
}

async function inParallel(rivals: Rivals, toll: Toll): Promise<Figure> {
  const near = await race(rivals, toll, 0, PARALLEL, PARALLEL_ROUNDS)
  const far = await race(rivals, toll, 50, PARALLEL, PARALLEL_ROUNDS)
  const { value, interval } = ratioOf(near.extension, near.library)
  return atMost(1.2, 'fetch.parallel100', 'ratio', value, {
    '95 %': interval,
    ...medians(near.extension, near.library),
    'at 50 ms': round(ratioOf(far.extension, far.library).value),
  })
}

function race({ extension, library }: Rivals, toll: Toll, roundTrip: number, count: number, rounds: number) {
  toll.setRoundTrip(roundTrip)
  return inTurns(rounds, { extension: timeOf(extension, count), library: timeOf(library, count) }, 1)
}

const medians = (extension: readonly number[], library: readonly number[]) => ({
  extension: `${round(median(extension))} ms`,
  '@x402/fetch': `${round(median(library))} ms`,
  rounds: extension.length,
})
