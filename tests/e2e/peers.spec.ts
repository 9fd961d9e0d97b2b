import { expect, expectNoPrompt, type Page, signaturesAt, test } from './fixtures.ts'
import { type Behaviour, type HostileShop, openHostileShop } from './hostile-shop.ts'

/*
 * What other wallets of this kind got wrong, as far as it takes a browser to see it. The rest is in unit and property tests.
 */

test("a day's limit counts what failed and what is still under way", async ({ tuppence, playground, spentOnChain }) => {
  await tuppence.setRules({ autoPay: true, mostPerDay: '0.02' })
  const shops: HostileShop[] = []
  const openAt = async (host: string, behaviour: Behaviour): Promise<[HostileShop, Page]> => {
    const shop = await openHostileShop(playground, host, behaviour)
    shops.push(shop)
    return [shop, await tuppence.open(shop.url)]
  }
  const pay = (page: Page) =>
    page.evaluate(() =>
      window.x402Provider
        .fetch('/essay', { payment: { onDecline: 'throw' } })
        .then(({ status }) => status)
        .catch(({ code }: { code?: string }) => code),
    )

  const [, failing] = await openAt('failing.localhost', { paid: ({ answer }) => answer(500) })
  expect(await pay(failing)).toBe(500)

  const [silent, waiting] = await openAt('silent.localhost', { paid: () => undefined })
  const gone = pay(waiting).catch(() => 'gone')
  await expect.poll(() => signaturesAt(silent).length).toBe(1)

  const [third, page] = await openAt('third.localhost', { paid: ({ answer }) => answer(200) })
  expect(await pay(page)).toBe('not_allowed')
  expect((await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'over_day_limit' }])
  expect(signaturesAt(third)).toEqual([])
  expect(await spentOnChain()).toBe(0n)

  await waiting.close()
  await gone
  for (const shop of shops) await shop.stop()
})

test('a page keeps its own window.x402, and changes nothing by what it says', async ({ tuppence, playground }) => {
  const shop = await openHostileShop(playground, 'talkative.localhost', { paid: ({ answer }) => answer(200) })
  const page = await tuppence.open(shop.url)
  const kept = await page.evaluate(async () => {
    const all = window as unknown as Record<string, unknown>
    all.x402 = { amount: 1 }
    const rules = {
      autoPay: true,
      mostPerPayment: '100000000',
      mostPerDay: '100000000',
      mostPerSiteAndDay: '100000000',
    }
    const contents = ['rules.set', 'rules.setSite', 'approvals.answer', 'wallet.export'].flatMap((kind) => [
      { kind, type: kind, rules, data: rules, mode: 'auto' },
      { kind: 'watch', type: kind, data: rules },
    ])
    for (const content of contents) {
      const id = `x402-${crypto.randomUUID()}`
      document.dispatchEvent(new CustomEvent('tuppence:ask', { detail: JSON.stringify({ id, content }) }))
      window.postMessage({ id, type: content.type, data: rules, timestamp: 1 }, '*')
      window.postMessage({ tuppence: { id, content } }, '*')
    }
    // Sent behind all of these: when it is answered, they have been heard.
    await window.x402Provider.status()
    return all.x402
  })
  expect(kept).toEqual({ amount: 1 })

  const answer = page.evaluate(() => window.x402Provider.fetch('/essay').then(({ status }) => status))
  await expect.poll(() => tuppence.pendingApprovals()).toMatchObject([{ reasons: [{ code: 'auto_pay_off' }] }])
  await tuppence.decline()
  expect(await answer).toBe(402)
  await expectNoPrompt(tuppence)
  expect(await tuppence.payments()).toEqual([])
  await shop.stop()
})
