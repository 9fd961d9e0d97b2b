import type { RequestHandler } from 'express'
import type { Hex } from 'viem'
import { proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, type Page, signaturesAt } from './fixtures.ts'
import { aPageRequest } from './kills/buyers.ts'
import { statesOf, test } from './kills/fixtures.ts'
import { nameOf, type Point } from './kills/hook.ts'

const ferryAt = (apiUrl: string) => `${apiUrl}/ferry?harbour=Oslo`

/** The page calls the page API's fetch, so many times at once. Gives the statuses of the answers. */
const payingFetch = (page: Page, url: string, times = 1): Promise<number[]> =>
  page.evaluate(
    ([url, times]) =>
      Promise.all(Array.from({ length: times }, async () => (await window.x402Provider.fetch(url)).status)),
    [url, times] as const,
  )

test.describe('a prepaid tab', () => {
  test(
    'is opened by approval, pays by vouchers without asking, asks again once it is used up, and gives the rest back',
    proves({
      dialect: 'x402 v2',
      scheme: 'batch-settlement (EVM)',
      transport: 'header',
      request: 'page API',
      outcome: 'paid',
      server: '@x402/express',
    }),
    async ({ tuppence, playground, spentOnChain }) => {
      await tuppence.setRules({ autoPay: true })
      const page = await tuppence.open(playground.shopUrl)
      const url = ferryAt(playground.apiUrl)
      const host = new URL(playground.apiUrl).host

      // Three at once: one question for all of them.
      const opening = payingFetch(page, url, 3)
      const screen = await tuppence.approval()
      await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Open a prepaid tab of $0.01 at ${host}?`)
      await expect(screen.getByText('15 min', { exact: false })).toBeVisible()
      await screen.getByRole('button', { name: 'Pay $0.01' }).click()
      expect(await opening).toEqual([200, 200, 200])
      await expectNoPrompt(tuppence)
      expect(await spentOnChain()).toBe(10_000n)
      const [tab] = await tuppence.tabs()
      expect(tab).toMatchObject({
        site: playground.apiUrl,
        state: 'open',
        deposit: '10000',
        used: '3000',
        left: '7000',
      })
      expect((await tuppence.spentToday()).spent).toBe('10000')

      // No chain in the way, nobody asked, nothing counted twice: each of them once.
      const transfers = (await playground.transfers()).length
      expect(await payingFetch(page, url, 6)).toEqual(Array.from({ length: 6 }, () => 200))
      await expectNoPrompt(tuppence)
      expect((await playground.transfers()).length).toBe(transfers)
      expect(await tuppence.tabs()).toMatchObject([{ used: '9000', left: '1000' }])
      expect((await tuppence.spentToday()).spent).toBe('10000')
      expect((await tuppence.payments()).map(({ tab, units }) => [tab?.does, units])).toEqual([
        ...Array.from({ length: 8 }, () => ['spend', '1000']),
        ['open', '10000'],
      ])

      expect(await payingFetch(page, url)).toEqual([200])
      const another = payingFetch(page, url)
      await tuppence.approval()
      expect(await tuppence.pendingApprovals()).toMatchObject([
        { deposit: { units: '10000', price: '10000' }, reasons: [{ code: 'tab_opens' }] },
      ])
      await tuppence.approve()
      expect(await another).toEqual([200])
      expect(await spentOnChain()).toBe(20_000n)

      const wallets = await tuppence.screen('dashboard.html#/wallets')
      const tabs = wallets.getByRole('region', { name: 'Prepaid tabs' })
      await tabs.getByRole('button', { name: 'Get the rest back' }).click()
      await wallets.getByRole('alertdialog').getByRole('button', { name: 'Get the rest back' }).click()
      await expect(tabs.getByText('Closed: the rest came back').first()).toBeVisible()
      await expect.poll(spentOnChain).toBe(11_000n)
      // What came back opens no budget.
      expect((await tuppence.spentToday()).spent).toBe('20000')
    },
  )

  test('pays each purchase once wherever the background is killed, and agrees with the site again', async ({
    tuppence,
    background,
    playground,
    openStall,
  }) => {
    test.setTimeout(120_000)
    await tuppence.setRules({ autoPay: true })
    const answer: RequestHandler = (_request, response) => void response.send('at noon')
    const stall = await openStall({
      routes: { 'GET /ferry': { price: '$0.001', by: 'tab', deposit: '$0.01', answer } },
      free: (app) => void app.get('/', (_request, response) => void response.send('<title>Ferries</title>')),
    })
    const page = await tuppence.open(stall.url)
    const opening = payingFetch(page, `${stall.url}/ferry?first`)
    await tuppence.approve()
    expect(await opening).toEqual([200])

    const kills: readonly (Point & { again: 'content' | 'refused'; vouchers: number })[] = [
      { step: 'reserved', moment: 'after', again: 'content', vouchers: 1 },
      { step: 'signed', moment: 'after', again: 'content', vouchers: 1 },
      { step: 'sent', moment: 'after', again: 'content', vouchers: 1 },
      { step: 'rule armed', moment: 'after', again: 'content', vouchers: 1 },
      // The site has charged it, and nobody heard: the same bytes tell, and nothing else is signed.
      { step: 'settled', moment: 'before', again: 'refused', vouchers: 1 },
      // It was brought and noted: the next one is another purchase.
      { step: 'settled', moment: 'after', again: 'content', vouchers: 2 },
    ]
    for (const [number, kill] of kills.entries())
      await test.step(nameOf(kill), async () => {
        const url = `${stall.url}/ferry?${number}`
        const tab = await tuppence.open(stall.url)
        await background.haltAt({ ...kill, url })
        aPageRequest.begin(tab, url)
        await background.halted()
        await background.kill()
        expect(await aPageRequest.again(tuppence, tab, url)).toBe(kill.again)
        await expect.poll(async () => (await statesOf(tuppence, url)).at(-1)).toBe('settled')
        const sent = stall.requests.filter((request) => request.url === url)
        expect(new Set(signaturesAt({ requests: sent })).size).toBe(kill.vouchers)
        await tab.close()
      })
    await expectNoPrompt(tuppence)
    expect(await tuppence.tabs()).toMatchObject([{ state: 'open', used: '8000', left: '2000', disputed: false }])

    // The site claims just that of what was put down.
    const [open] = await tuppence.tabs()
    await stall.collect()
    expect(await playground.tab(open?.id as Hex)).toEqual({ balance: 10_000n, claimed: 8_000n })
    expect(await playground.balanceOf(playground.payTo)).toBeGreaterThanOrEqual(8_000n)

    // A site that is gone gives nothing back: the contract does, to an account that can pay the network for it.
    await stall.stop()
    const wallets = await tuppence.screen('dashboard.html#/wallets')
    const tabs = wallets.getByRole('region', { name: 'Prepaid tabs' })
    await tabs.getByRole('button', { name: 'Get the rest back' }).click()
    await wallets.getByRole('alertdialog').getByRole('button', { name: 'Get the rest back' }).click()
    await expect(tabs.getByText('The site did not give it back')).toBeVisible()
    await tabs.getByRole('button', { name: 'Ask the contract' }).click()
    await expect(tabs.getByText('pays the network for this itself')).toBeVisible()
    await expectAccessible(wallets)
  })
})
