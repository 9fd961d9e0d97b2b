import { generateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { startBrowser } from './browser.ts'
import { Extension } from './extension.ts'
import { atMost, round } from './figure.ts'
import type { Part } from './part.ts'
import { median, quantile } from './statistics.ts'

const RUNS = 25
const PASSWORD = 'only play money'
/** What a person takes for at once is a second; on a computer half as fast as this one it must still be. */
const BUDGET_MS = 500

/**
 * How long a wallet takes to unlock: from a screen's message with the right password until the answer, in a background that
 * runs already. Nearly all of it is PBKDF2, which is slow on purpose.
 */
export const unlock: Part = {
  names: ['vault.unlock'],
  async measure({ extensionDir }) {
    const browser = await startBrowser(extensionDir)
    try {
      const extension = await Extension.in(browser)
      await extension.ask('wallet.import', { secret: generateMnemonic(wordlist), password: PASSWORD })
      const times: number[] = []
      for (let run = 0; run < RUNS; run += 1) {
        await extension.ask('wallet.lock')
        const start = performance.now()
        await extension.ask('wallet.unlock', { password: PASSWORD })
        times.push(performance.now() - start)
      }
      const { state } = await extension.ask('wallet.get')
      if (state !== 'unlocked') throw new Error(`The wallet is ${state} at the end.`)
      return [
        atMost(BUDGET_MS, 'vault.unlock', 'ms', median(times), {
          p90: `${round(quantile(times, 0.9))} ms`,
          runs: RUNS,
        }),
      ]
    } finally {
      await browser.stop()
    }
  },
}
