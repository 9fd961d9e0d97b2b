import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PaymentState } from '../../lib/ledger/states.ts'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { effort } from '../effort.ts'
import { expect, PASSWORD, type Page } from './fixtures.ts'
import type { Audit } from './kills/audit.ts'
import { Background } from './kills/background.ts'
import { aPageRequest } from './kills/buyers.ts'
import { payingFetch, test } from './kills/fixtures.ts'
import { nameOf, type Step } from './kills/hook.ts'
import { seededRandom } from './kills/random.ts'

/**
 * The page asks once more for whatever is not paid for on the chain. Everything is then signed and paid for once, but for
 * what a signature was made for whose bytes are lost.
 */
async function completeAll(tuppence: Tuppence, page: Page, audit: Audit, urls: readonly string[]): Promise<void> {
  const before = await audit.check(tuppence)
  const unpaid = urls.filter((url) => !before.paid.has(url))
  const outcomes = await Promise.all(unpaid.map((url) => aPageRequest.again(tuppence, page, url)))
  const { payments, paid } = await audit.check(tuppence)
  const signed = payments.filter(({ nonce }) => nonce).map(({ url }) => url)
  const lost = new Set(payments.filter(({ state }) => state === 'signed').map(({ url }) => url))
  expect(signed.filter((url, index) => signed.indexOf(url) !== index)).toEqual([])
  expect(urls.filter((url) => !paid.has(url) && !lost.has(url))).toEqual([])
  expect(unpaid.filter((url, index) => outcomes[index] === 'refused' && !lost.has(url))).toEqual([])
}

/** How long a purchase takes that has to wake the background first. Kills at random are spread over this time. */
async function timeToBuy(tuppence: Tuppence, page: Page, url: string): Promise<number> {
  await tuppence.killWorker()
  const start = performance.now()
  expect(await payingFetch(page, url)).toBe(200)
  return performance.now() - start
}

test('the background may be killed a hundred times at any moment', async ({ tuppence, site, audit }) => {
  test.setTimeout(effort(300_000, 1_500_000))
  const random = seededRandom()
  let essays = 0
  const next = () => `${site}/essay?${essays++}`
  await tuppence.setRules({ autoPay: true })
  for (let round = 0; round < effort(10, 50); round++) {
    const page = await tuppence.open(site)
    const time = await timeToBuy(tuppence, page, next())
    // Not enough for all: the limit is reached while the background is being killed.
    const { spent } = await tuppence.spentToday()
    await tuppence.setRules({ mostPerDay: dollars(BigInt(spent) + 15_000n), mostPerSiteAndDay: '100' })
    const bought = new Map<string, Promise<number>>()
    for (let kill = 0; kill < 10; kill++) {
      for (let more = random.below(4); more >= 0; more--) {
        const url = next()
        bought.set(url, payingFetch(page, url))
      }
      await sleep((time * random.below(150)) / 100)
      await tuppence.killWorker()
      if (random.below(2) === 0) await audit.note(tuppence)
    }
    await Promise.all(bought.values())
    await audit.check(tuppence)
    await tuppence.setRules({ mostPerDay: '100' })
    await completeAll(tuppence, page, audit, [...bought.keys()])
    await page.close()
  }
})

const dollars = (micro: bigint): string => (Number(micro) / 1_000_000).toString()

test.describe('with a profile that is kept', () => {
  test.use({
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    profile: async ({}, use) => {
      const profile = mkdtempSync(join(tmpdir(), 'tuppence-kills-'))
      await use(profile)
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  })

  /** After these steps, the row has come to this state. */
  const recorded: readonly { step: Step; state: PaymentState }[] = [
    { step: 'reserved', state: 'reserved' },
    { step: 'signed', state: 'signed' },
    { step: 'sent', state: 'sent' },
    { step: 'rule armed', state: 'sent' },
    { step: 'answered', state: 'sent' },
    { step: 'settled', state: 'settled' },
  ]

  test('the whole browser may be killed twenty times', async ({ tuppence, profile, site, audit }) => {
    test.setTimeout(effort(300_000, 1_500_000))
    const random = seededRandom()
    let essays = 0
    const next = () => `${site}/essay?${essays++}`
    await tuppence.setRules({ autoPay: true })
    let living = tuppence
    let page = await living.open(site)
    try {
      for (let kill = 0; kill < effort(20, 100); kill++) {
        // First right after each step, then at any moment.
        const { step, state } = recorded[kill] ?? {}
        const name = step ? nameOf({ step, moment: 'after' }) : 'at any moment'
        await test.step(`${name}, for the ${kill + 1}. time`, async () => {
          const time = await timeToBuy(living, page, next())
          const urls = [next(), next(), next()]
          const [first = ''] = urls
          const background = await Background.of(living)
          if (step) await background.haltAt({ step, moment: 'after', url: first })
          for (const url of urls) void payingFetch(page, url)
          const noting = audit.noteWhileAlive(living)
          await (step ? background.halted() : sleep((time * random.below(150)) / 100))
          await living.killBrowser()
          await noting

          living = await launch({ headless: true, extensionDir: EXTENSION_DIR, userDataDir: profile })
          await living.unlock(PASSWORD)
          page = await living.open(site)
          const row = (await living.payments()).find(({ url }) => url === first)
          if (state) expect(row?.history.map(({ state }) => state)).toContain(state)
          await completeAll(living, page, audit, urls)
        })
      }
    } finally {
      await living.close()
    }
  })
})
