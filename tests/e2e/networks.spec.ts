import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { expectAccessible } from './accessible.ts'
import { test as base, expect, PASSWORD } from './fixtures.ts'

/** As much of the browser's extension API as is used here. Only ever named inside of extension pages. */
declare const chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } }

/** A server that stands before the chain, and keeps what it is asked. */
interface Recorder {
  readonly url: string
  readonly methods: string[]
}

const test = base.extend<{ recorder: Recorder }>({
  recorder: async ({ playground }, use) => {
    const methods: string[] = []
    const server = createServer(async (request, response) => {
      const body = (await request.toArray()).join('')
      methods.push((JSON.parse(body) as { method: string }).method)
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(playground.rpcUrl, { method: 'POST', body, headers })
      response.writeHead(200, { ...headers, 'access-control-allow-origin': '*' }).end(await answer.text())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, methods })
    server.close()
    server.closeAllConnections()
  },
})

/** Says something to the background as a screen does, without a screen that would ask for more. */
async function say(tuppence: Tuppence, type: string, data?: unknown): Promise<void> {
  const page = await tuppence.screen('manifest.json')
  await page.evaluate((message) => chrome.runtime.sendMessage(message), { id: 1, type, data, timestamp: 1 })
  await page.close()
}

test('nobody is asked about a chain before it is needed: at a start, at an unlock, on screens without money', async ({
  tuppence,
  recorder,
}) => {
  await tuppence.setRpc('Base Sepolia', recorder.url)
  await expect.poll(() => recorder.methods).toEqual(['eth_chainId'])
  recorder.methods.length = 0
  await say(tuppence, 'wallet.lock')
  await tuppence.killWorker()
  await say(tuppence, 'wallet.unlock', { password: PASSWORD })
  expect((await tuppence.wallet()).state).toBe('unlocked')
  for (const link of ['Payments', 'Rules', 'Settings'] as const) {
    const screen = await tuppence.screen(`dashboard.html#/${link.toLowerCase()}`)
    await expect(screen.getByRole('heading', { level: 1, name: link })).toBeVisible()
    await screen.close()
  }
  expect(recorder.methods).toEqual([])

  const wallets = await tuppence.dashboard('Wallets')
  await expect(wallets.getByText('2 USDC')).toBeVisible()
  expect(recorder.methods).toEqual(['eth_call'])
})

test('an address is tested when it is saved, and what came of it is said', async ({ tuppence, playground }) => {
  const settings = await tuppence.dashboard('Settings')
  const save = async (network: string, url: string) => {
    await settings.getByLabel(`RPC address for ${network}`, { exact: true }).fill(url)
    await settings.getByLabel(`RPC address for ${network}`, { exact: true }).press('Enter')
  }
  await save('Base', playground.rpcUrl)
  await expect(settings.getByRole('alert')).toContainText('This address answers for another network.')
  await save('Base', 'http://127.0.0.1:9/')
  await expect(settings.getByText('Saved, but nothing answered there now.')).toBeVisible()
  await save('Base Sepolia', `${playground.rpcUrl}/?again`)
  await expect(settings.getByText('Saved. It answers for Base Sepolia.')).toBeVisible()
  await expectAccessible(settings)

  const wallets = await tuppence.dashboard('Wallets')
  await expect(wallets.getByText('2 USDC')).toBeVisible()
  await expect(wallets.getByText('USDC · Unknown: could not be reached')).toBeVisible()
})

test('networks that nobody uses are folded away, and are there for who looks for them', async ({
  tuppence,
  playground,
}) => {
  const settings = await tuppence.dashboard('Settings')
  await expect(settings.getByLabel('RPC address for Base Sepolia')).toBeVisible()
  await expect(settings.getByLabel('RPC address for Monad')).toBeHidden()
  await settings.getByText('23 more networks').click()
  await expect(settings.getByLabel('RPC address for Monad')).toBeVisible()
  await expectAccessible(settings)

  const rules = await tuppence.dashboard('Rules')
  await expect(rules.getByRole('switch', { name: 'USDC on Base', exact: true })).toBeVisible()
  await expect(rules.getByRole('switch', { name: 'USDC on Monad' })).toBeHidden()
  await tuppence.allowToken('USDT on Celo')
  await expect(rules.getByRole('switch', { name: 'USDT on Celo' })).toBeVisible()
  await rules
    .getByText(/more tokens, \d+ of them switched on$/)
    .first()
    .click()
  await expect(rules.getByRole('switch', { name: 'USDC on Monad' })).toBeVisible()
  await expectAccessible(rules)

  const wallets = await tuppence.dashboard('Wallets')
  await expect(wallets.getByText('Monad', { exact: false })).toBeHidden()
  await wallets.getByText(/networks without an address$/).click()
  await expect(wallets.getByText('Monad', { exact: false })).toBeVisible()
  await expect(wallets.getByRole('link', { name: 'Choose who to ask' })).toHaveAttribute('href', '#/settings')
  await expectAccessible(wallets)

  // One that has an address is folded away no more.
  await tuppence.setRpc('Celo Sepolia', 'http://127.0.0.1:9/')
  await expect(wallets.getByText('Celo Sepolia')).toBeVisible()
  await settings.reload()
  await expect(settings.getByLabel('RPC address for Celo Sepolia')).toBeVisible()
  expect(await playground.balanceOf(playground.payTo)).toBeGreaterThanOrEqual(0n)
})

test('a wallet that is nearly empty says so where it is looked at, and on the approval what would be left', async ({
  tuppence,
  playground,
}) => {
  await tuppence.setRules({ mostPerPayment: '1.99' })
  const page = await tuppence.open(`${playground.shopUrl}/articles/the-tide-clock`)
  const approval = await tuppence.approval()
  await expect(approval.getByText('Leaves 1.98 USDC in the wallet on Base Sepolia')).toBeVisible()
  await tuppence.approve()
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  const overview = await tuppence.dashboard('Overview')
  await expect(overview.getByText('There is little left on Base Sepolia: $1.98')).toBeVisible()
  await expectAccessible(overview)
  await overview.getByRole('button', { name: 'Top up' }).click()
  await expect(overview.getByRole('heading', { level: 1, name: 'Top up' })).toBeVisible()
})
