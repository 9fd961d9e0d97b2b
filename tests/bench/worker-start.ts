import { setTimeout as sleep } from 'node:timers/promises'
import type { MessageName } from '../../lib/messaging/protocol.ts'
import { startBrowser } from './browser.ts'
import type { Tab } from './devtools.ts'
import { Extension } from './extension.ts'
import { atMost, round } from './figure.ts'
import type { Part } from './part.ts'
import { median, quantile } from './statistics.ts'

const RUNS = 25
const WARM_RUNS = 5
/** Long enough for a worker to be gone. */
const PAUSE_MS = 150

/** As much of the browser's extension API as is used here, inside of an extension page. */
declare const chrome: { runtime: { sendMessage(message: unknown): Promise<{ res: { ok: boolean } }> } }

/**
 * How long the background's worker takes from being woken to hearing messages. One of the extension's own pages sends a
 * stopped worker a message that it refuses unread, the first thing that any listener can do, and takes the time until the
 * refusal; the same message to the running worker, which is the way there and back, is taken off.
 */
export const workerStart: Part = {
  names: ['start.worker'],
  async measure({ extensionDir }) {
    const browser = await startBrowser(extensionDir)
    try {
      const { own } = await Extension.in(browser)
      await own.send('ServiceWorker.enable')
      const listening = await coldStarts(own, 'refused')
      const ready = await coldStarts(own, 'answered')
      return [
        atMost(60, 'start.worker', 'ms', median(listening), {
          p90: `${round(quantile(listening, 0.9))} ms`,
          'services ready': `${round(median(ready))} ms`,
          runs: RUNS,
        }),
      ]
    } finally {
      await browser.stop()
    }
  },
}

async function coldStarts(own: Tab, outcome: 'refused' | 'answered'): Promise<number[]> {
  const starts: number[] = []
  for (let run = 0; run < RUNS; run++) {
    await own.send('ServiceWorker.stopAllWorkers')
    await sleep(PAUSE_MS)
    const cold = await roundTrip(own, outcome)
    const warm: number[] = []
    for (let again = 0; again < WARM_RUNS; again++) warm.push(await roundTrip(own, outcome))
    starts.push(cold - median(warm))
  }
  return starts
}

/** A message that takes no input is refused when it brings one, before the services are waited for. */
async function roundTrip(own: Tab, outcome: 'refused' | 'answered'): Promise<number> {
  const type: MessageName = 'wallet.get'
  const message = { id: 1, timestamp: 1, type, ...(outcome === 'refused' && { data: { not: 'expected' } }) }
  const { time, ok } = await own.call(async (message) => {
    const start = performance.now()
    const { res } = await chrome.runtime.sendMessage(message)
    return { time: performance.now() - start, ok: res.ok }
  }, message)
  if (ok !== (outcome === 'answered')) throw new Error(`The background did not say "${outcome}".`)
  return time
}
