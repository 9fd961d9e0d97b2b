import type { PaymentState } from '../../lib/ledger/states.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { expect } from './fixtures.ts'
import { aPage, aPageRequest, type Buyer } from './kills/buyers.ts'
import { payingFetch, statesOf, test } from './kills/fixtures.ts'
import { nameOf, type Point } from './kills/hook.ts'

/** What the same request brings when it is made once more after the kill. */
type Again =
  /** The essay: it is paid for once, by the signature that was kept if there was one. */
  | 'paid'
  /** The essay: the first one was delivered, and this is a purchase of its own. */
  | 'paid anew'
  /** Nothing: a signature was made and its bytes are lost, so that none is made before it has run out. */
  | 'held'
  /** A question: it is paid for already. */
  | 'asked'

interface Kill extends Point {
  /** The states that the row may have afterwards. */
  readonly leaves: readonly (PaymentState | 'nothing')[]
  readonly again: Again
}

const EXPECTED = {
  paid: { outcome: 'content', settled: 1 },
  'paid anew': { outcome: 'content', settled: 2 },
  held: { outcome: 'refused', settled: 0 },
  asked: { outcome: 'asked', settled: 1 },
} as const

const PAYING: readonly Kill[] = [
  { step: 'reserved', moment: 'before', leaves: ['nothing'], again: 'paid' },
  { step: 'reserved', moment: 'after', leaves: ['released'], again: 'paid' },
  { step: 'signed', moment: 'before', leaves: ['released'], again: 'paid' },
  { step: 'signed', moment: 'after', leaves: ['signed'], again: 'held' },
  { step: 'sent', moment: 'before', leaves: ['signed'], again: 'held' },
  { step: 'sent', moment: 'after', leaves: ['unknown'], again: 'paid' },
  { step: 'rule armed', moment: 'before', leaves: ['unknown'], again: 'paid' },
  { step: 'rule armed', moment: 'after', leaves: ['unknown'], again: 'paid' },
]

const RELOADING: readonly Kill[] = [
  { step: 'reload asked', moment: 'before', leaves: ['unknown'], again: 'paid' },
  { step: 'reload asked', moment: 'after', leaves: ['unknown', 'settled'], again: 'asked' },
]

const PAID: readonly Kill[] = [{ step: 'answered', moment: 'before', leaves: ['unknown', 'settled'], again: 'asked' }]

const delivered = (again: Again): readonly Kill[] => [
  { step: 'answered', moment: 'after', leaves: ['sent', 'settled'], again },
  { step: 'settled', moment: 'before', leaves: ['sent', 'settled'], again },
  { step: 'settled', moment: 'after', leaves: ['settled'], again },
]

/** The site takes the payment and brings nothing; then the same bytes go out once more. */
const TRYING_AGAIN: readonly Kill[] = [
  { step: 'unknown', moment: 'before', leaves: ['unknown'], again: 'paid' },
  { step: 'unknown', moment: 'after', leaves: ['unknown'], again: 'paid' },
  { step: 'resent', moment: 'before', leaves: ['unknown'], again: 'paid' },
  { step: 'resent', moment: 'after', leaves: ['unknown'], again: 'paid' },
]

/** Gives the background and the page so much to do that whatever waits for nothing has happened meanwhile. */
async function aWhile(tuppence: Tuppence, site: string): Promise<void> {
  const page = await tuppence.open(site)
  for (let turn = 0; turn < 20; turn++) {
    await tuppence.pendingApprovals()
    await page.evaluate(() => fetch('/').then((answer) => answer.text()))
  }
  await page.close()
}

test.describe('wherever the background is killed, nothing is paid twice, lost, or signed unrecorded', () => {
  test.beforeEach(async ({ tuppence }) => {
    test.setTimeout(120_000)
    await tuppence.setRules({ autoPay: true })
  })

  const ways: readonly { name: string; buyer: Buyer; kills: readonly Kill[] }[] = [
    {
      name: 'while a page’s request is paid for',
      buyer: aPageRequest,
      kills: [...PAYING, ...PAID, ...delivered('paid anew')],
    },
    {
      name: 'while a page is paid for',
      buyer: aPage,
      kills: [...PAYING, ...RELOADING, ...PAID, ...delivered('asked')],
    },
    { name: 'while a payment that brought nothing is tried again', buyer: aPageRequest, kills: TRYING_AGAIN },
  ]
  for (const { name, buyer, kills } of ways)
    test(name, async ({ tuppence, background, stand, site, audit }) => {
      for (const [number, kill] of kills.entries())
        await test.step(nameOf(kill), async () => {
          const url = `${site}/essay?${number}`
          const page = await buyer.open(tuppence, site)
          stand.broken = kills === TRYING_AGAIN
          if (kill.step === 'resent') {
            expect(await payingFetch(page, url)).toBe(500)
            await expect.poll(() => statesOf(tuppence, url)).toEqual(['unknown'])
            stand.broken = false
          }
          await background.haltAt({ ...kill, url })
          buyer.begin(page, url)
          await background.halted()
          if (kill.again === 'asked') await expect.poll(() => audit.settlements(url)).toBe(1)
          await background.kill()

          await audit.check(tuppence)
          const [left = 'nothing'] = await statesOf(tuppence, url)
          expect(kill.leaves).toContain(left)

          stand.broken = false
          const { outcome, settled } = EXPECTED[kill.again]
          expect(await buyer.again(tuppence, page, url)).toBe(outcome)
          expect(stand.noncesFor(url)).toHaveLength(settled)
          expect(await audit.settlements(url)).toBe(settled)
          if (outcome === 'content')
            await expect.poll(async () => (await statesOf(tuppence, url)).at(-1)).toBe('settled')
          await audit.check(tuppence)
          await page.close()
        })
    })

  test('while it gives up a page that was left', async ({ tuppence, background, stand, site, audit }) => {
    for (const moment of ['before', 'after'] as const)
      await test.step(nameOf({ step: 'released', moment }), async () => {
        const url = `${site}/essay?${moment}`
        const page = await aPage.open(tuppence, site)
        await background.haltAt({ step: 'reserved', moment: 'after', url })
        aPage.begin(page, url)
        await background.halted()
        await page.goto(site)
        await background.haltAt({ step: 'released', moment, url })
        await background.resume()
        await background.halted()
        await background.kill()

        expect(await statesOf(tuppence, url)).toEqual(['released'])
        await audit.check(tuppence)
        await page.goto(url).catch(() => undefined)
        await expect(page.getByText('The essay')).toBeVisible()
        await expect.poll(() => statesOf(tuppence, url)).toEqual(['released', 'settled'])
        expect(stand.noncesFor(url)).toHaveLength(1)
        await audit.check(tuppence)
        await page.close()
      })
  })

  const recoveries = [
    { after: 'reserved', step: 'released', again: 'paid' },
    { after: 'sent', step: 'unknown', again: 'paid' },
  ] as const
  test('while it clears up after an earlier kill', async ({ tuppence, background, stand, site, audit }) => {
    for (const { after, step } of recoveries)
      await test.step(`the row was ${after}`, async () => {
        const url = `${site}/essay?${after}`
        const page = await tuppence.open(site)
        await background.haltAt({ step: after, moment: 'after', url })
        aPageRequest.begin(page, url)
        await background.halted()
        for (const moment of ['before', 'before', 'after'] as const) {
          await background.killAndHaltAt({ step, moment, url })
          // Any message wakes it. This one is not answered.
          void tuppence.payments().catch(() => undefined)
          await background.halted()
        }
        await background.kill()

        expect(await statesOf(tuppence, url)).toEqual([step])
        await audit.check(tuppence)
        expect(await aPageRequest.again(tuppence, page, url)).toBe('content')
        await expect.poll(async () => (await statesOf(tuppence, url)).at(-1)).toBe('settled')
        expect(stand.noncesFor(url)).toHaveLength(1)
        await audit.check(tuppence)
        await page.close()
      })
  })
})

test('nothing is signed before its row is kept, and nothing leaves before its bytes are', async ({
  tuppence,
  background,
  stand,
  site,
  audit,
}) => {
  await tuppence.setRules({ autoPay: true })
  const steps = [
    { step: 'reserved', decryptions: 0, leaves: [], again: 'content' },
    { step: 'signed', decryptions: 0, leaves: ['released'], again: 'content' },
    { step: 'sent', decryptions: 1, leaves: ['signed'], again: 'refused' },
  ] as const
  for (const { step, decryptions, leaves, again } of steps)
    await test.step(`the disk takes for ever over "${step}"`, async () => {
      const url = `${site}/essay?${step}`
      const page = await tuppence.open(site)
      await background.haltAt({ step, moment: 'held', url })
      aPageRequest.begin(page, url)
      await background.halted()
      await background.resume()
      await aWhile(tuppence, site)
      expect(await background.decryptions()).toBe(decryptions)
      expect(stand.noncesFor(url)).toEqual([])
      await background.kill()

      expect(await statesOf(tuppence, url)).toEqual(leaves)
      expect(await aPageRequest.again(tuppence, page, url)).toBe(again)
      await audit.check(tuppence)
      await page.close()
    })
})

test('wherever the background is killed around a question, it stands or is asked again, and is paid for once', async ({
  tuppence,
  background,
  stand,
  site,
  audit,
}) => {
  for (const { step, moment, stands } of [
    { step: 'approval stored', moment: 'before', stands: false },
    { step: 'approval stored', moment: 'after', stands: true },
    { step: 'approval taken', moment: 'before', stands: true },
    { step: 'approval taken', moment: 'after', stands: false },
  ] as const)
    await test.step(nameOf({ step, moment }), async () => {
      const url = `${site}/essay?${moment}-${step.length}`
      const page = await tuppence.open(site)
      const halt = () => background.haltAt({ step, moment })
      if (step === 'approval stored') await halt()
      aPageRequest.begin(page, url)
      const screen = step === 'approval taken' ? await tuppence.approval() : null
      if (screen) await halt()
      await screen?.getByRole('button', { name: /^Pay \$/ }).click()
      await background.halted()
      await background.kill()
      await screen?.close()

      expect((await tuppence.pendingApprovals()).map((approval) => approval.url)).toEqual(stands ? [url] : [])
      expect(await statesOf(tuppence, url)).toEqual([])
      if (!stands) aPageRequest.begin(page, url)
      await tuppence.approve()
      await expect.poll(() => statesOf(tuppence, url)).toEqual(['settled'])
      expect(stand.noncesFor(url)).toHaveLength(1)
      await audit.check(tuppence)
      await page.close()
    })
})
