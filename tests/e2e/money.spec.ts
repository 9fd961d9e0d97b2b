import type { Locator } from '@playwright/test'
import { createTestClient, type Hex, http, parseEther } from 'viem'
import { STAND_IN_DIR } from '../metamask/build.ts'
import { StandIn } from '../metamask/stand-in.ts'
import { expectAccessible } from './accessible.ts'
import { test as base, expect, expectStates, type Page, TIDE_CLOCK } from './fixtures.ts'

const dollars = (text: string): bigint => BigInt(Math.round(Number(text) * 1_000_000))

const test = base.extend<{
  metaMask: StandIn
  /** What the wallet and MetaMask's account own on the chain. */
  owned: () => Promise<{ wallet: bigint; metaMask: bigint }>
}>({
  others: [STAND_IN_DIR],
  /** The stand-in, connected, with money and with coins for the network's fees. */
  metaMask: async ({ tuppence, playground }, use) => {
    const metaMask = await StandIn.in(tuppence.context, playground.rpcUrl)
    await playground.fund(metaMask.address, '20')
    const chain = createTestClient({ mode: 'anvil', transport: http(playground.rpcUrl) })
    await chain.setBalance({ address: metaMask.address, value: parseEther('1') })
    await tuppence.setMetaMask(metaMask.id)
    await tuppence.connectMetaMask()
    await use(metaMask)
  },
  owned: async ({ playground, account, metaMask }, use) => {
    await use(async () => ({
      wallet: await playground.balanceOf(account.address),
      metaMask: await playground.balanceOf(metaMask.address),
    }))
  },
})

/** Fills in the form and confirms what it shows. */
async function withdraw(screen: Page, amount: string | 'All', to?: string): Promise<void> {
  const field = screen.getByLabel('Amount in USDC')
  if (amount === 'All') await screen.getByRole('button', { name: 'All', exact: true }).click()
  else await field.fill(amount)
  if (to !== undefined) {
    await screen.getByRole('radio', { name: 'Another address' }).click()
    await screen.getByLabel('Address', { exact: true }).fill(to)
  }
  await screen.getByRole('button', { name: 'Review' }).click()
  await screen.getByRole('alertdialog').getByRole('button', { name: 'Sign and hand in' }).click()
}

const latest = (screen: Page): Locator => screen.getByRole('region', { name: 'Latest withdrawals' })

/** The calls that MetaMask was asked to send. */
async function handedIn(metaMask: StandIn): Promise<Hex[]> {
  const asked = await metaMask.asked()
  return asked
    .filter(({ method }) => method === 'eth_sendTransaction')
    .map(({ params: [transaction] }) => (transaction as { data: Hex }).data)
}

test.describe('topping up', () => {
  test('from MetaMask brings exactly that much, and its arrival is noticed', async ({ tuppence, metaMask, owned }) => {
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Top up' }).click()
    await expect(screen.getByLabel('Token and network')).toHaveValue(/eip155:84532/)
    await expect(screen.getByText('Looking for money that arrives…')).toBeVisible()
    await expectAccessible(screen)
    await screen.getByLabel('Amount in USDC').fill('5')
    await screen.getByRole('button', { name: 'Top up from MetaMask' }).click()
    await expect(screen.getByRole('status').filter({ hasText: 'Received 5 USDC' })).toBeVisible()
    await expect(screen.getByRole('status').filter({ hasText: /^Received0x/ })).toBeVisible()
    expect(await owned()).toEqual({ wallet: dollars('7'), metaMask: dollars('15') })
    expect(await metaMask.count('eth_sendTransaction')).toBe(1)

    const payments = await tuppence.dashboard('Payments')
    await payments.getByRole('button', { name: /^Top-up from MetaMask/ }).click()
    await expect(payments.getByRole('dialog')).toContainText('Seen on the blockchain: done')
    await expect(payments.getByRole('dialog')).toContainText(/Network fee0\.0+\d+ ETH/)
    await expectAccessible(payments)
    // It is the user's own money: no limit knows of it.
    expect((await tuppence.spentToday()).spent).toBe('0')
  })

  test('that is rejected in MetaMask moves nothing, and says so', async ({ tuppence, metaMask, owned }) => {
    await metaMask.set({ sign: 'reject' })
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Top up' }).click()
    await screen.getByLabel('Amount in USDC').fill('5')
    await screen.getByRole('button', { name: 'Top up from MetaMask' }).click()
    await expect(screen.getByRole('alert')).toContainText('MetaMask')
    expect(await owned()).toEqual({ wallet: dollars('2'), metaMask: dollars('20') })
    const payments = await tuppence.dashboard('Payments')
    await expect(payments.getByText('Not made: not confirmed in MetaMask')).toBeVisible()
  })

  test('from elsewhere is noticed too, with an address, its code and a way to test money', async ({
    tuppence,
    playground,
    account,
  }) => {
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Top up' }).click()
    await expect(screen.getByRole('img', { name: `QR code of the address ${account.address}` })).toBeVisible()
    await expect(screen.getByText(account.address, { exact: true })).toBeVisible()
    await expect(screen.getByRole('link', { name: /faucet/ })).toHaveAttribute('href', 'https://faucet.circle.com')
    await expect(screen.getByText('Send only USDC, and only on Base Sepolia.')).toBeVisible()
    await expect(screen.getByText('Looking for money that arrives…')).toBeVisible()
    await playground.fund(account.address, '1.5')
    await expect(screen.getByRole('status').filter({ hasText: 'Received 1.5 USDC' })).toBeVisible()
  })
})

test.describe('withdrawing', () => {
  test("to MetaMask's account moves exactly that much, with a receipt in the history", async ({
    tuppence,
    metaMask,
    owned,
  }) => {
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Withdraw' }).click()
    await screen.getByLabel('Amount in USDC').fill('1.25')
    await screen.getByRole('button', { name: 'Review' }).click()
    const dialog = screen.getByRole('alertdialog')
    await expect(dialog).toContainText(metaMask.address)
    await expect(dialog).toContainText('Leaves in the wallet0.75 USDC')
    await expect(dialog).toContainText(/about 0\.\d+ ETH/)
    await expectAccessible(screen)
    await dialog.getByRole('button', { name: 'Sign and hand in' }).click()
    await expect.poll(owned).toEqual({ wallet: dollars('0.75'), metaMask: dollars('21.25') })

    const payments = await tuppence.dashboard('Payments')
    await payments.getByRole('button', { name: /^Withdrawal.*Done/ }).click()
    const receipt = payments.getByRole('dialog')
    await expect(receipt).toContainText('Withdrawal: 1.25 USDC')
    await expect(receipt).toContainText('Seen on the blockchain: done')
    await expect(receipt).toContainText(/Network fee0\.0+\d+ ETH/)
    await expect(receipt.getByRole('link', { name: 'Look it up' })).toHaveAttribute('href', /0x[0-9a-f]{64}/)
    await expectAccessible(payments)
    expect((await tuppence.spentToday()).spent).toBe('0')
    expect(await tuppence.payments()).toEqual([])
  })

  test('to another address takes no token, nobody, itself, or a misspelt one', async ({
    tuppence,
    playground,
    account,
    metaMask,
  }) => {
    const to = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    const before = await playground.balanceOf(to)
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Withdraw' }).click()
    await screen.getByLabel('Amount in USDC').fill('0.5')
    await screen.getByRole('radio', { name: 'Another address' }).click()
    for (const [address, why] of [
      ['0x7099', 'This is no address.'],
      [to.replace('C8', 'c8'), 'This address is misspelt'],
      [playground.asset, 'a token’s contract'],
      [`0x${'0'.repeat(40)}`, 'nobody’s address'],
      [account.address, 'the wallet’s own address'],
    ] as const) {
      await screen.getByLabel('Address', { exact: true }).fill(address)
      await screen.getByRole('button', { name: 'Review' }).click()
      await expect(screen.getByRole('alert')).toContainText(why)
      await expect(screen.getByRole('alertdialog')).toBeHidden()
    }
    await expectAccessible(screen)
    await withdraw(screen, '0.5', to)
    await expect.poll(() => playground.balanceOf(to)).toBe(before + dollars('0.5'))
    expect(await metaMask.count('eth_sendTransaction')).toBe(1)
  })

  test('that is rejected in MetaMask is held, and handed in again with the same signature', async ({
    tuppence,
    metaMask,
    owned,
  }) => {
    await metaMask.set({ sign: 'reject' })
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Withdraw' }).click()
    await withdraw(screen, '1.5')
    await expect(screen.getByRole('alert')).toContainText('MetaMask')
    await expect(latest(screen)).toContainText('Signed, not handed in')
    await expectAccessible(screen)
    // Nothing else can have what is held.
    await expect(screen.getByText('0.5 USDC can be withdrawn.')).toBeVisible()
    await screen.getByLabel('Amount in USDC').fill('0.51')
    await screen.getByRole('button', { name: 'Review' }).click()
    await expect(screen.getByText('That is more than can be withdrawn.')).toBeVisible()

    await metaMask.set({ sign: 'confirm' })
    await latest(screen).getByRole('button', { name: 'Hand in with MetaMask' }).click()
    await expect.poll(owned).toEqual({ wallet: dollars('0.5'), metaMask: dollars('21.5') })
    await expect(latest(screen).getByRole('status')).toContainText('Done')
    await expect(latest(screen).getByRole('button')).toBeHidden()
    const calls = await handedIn(metaMask)
    expect(calls).toHaveLength(2)
    expect(new Set(calls).size).toBe(1)
  })

  test('survives the end of the background between signature and hand-in', async ({ tuppence, metaMask, owned }) => {
    await metaMask.set({ sign: 'wait' })
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Withdraw' }).click()
    await withdraw(screen, 'All')
    await expect.poll(() => metaMask.count('eth_sendTransaction')).toBe(1)
    await tuppence.killWorker()
    await metaMask.set({ sign: 'reject' })
    await screen.reload()
    await expect(latest(screen)).toContainText('Signed, not handed in')
    await expect(screen.getByText('Nothing to withdraw')).toBeVisible()
    expect(await owned()).toEqual({ wallet: dollars('2'), metaMask: dollars('20') })

    await metaMask.set({ sign: 'confirm' })
    await latest(screen).getByRole('button', { name: 'Hand in with MetaMask' }).click()
    await expect.poll(owned).toEqual({ wallet: 0n, metaMask: dollars('22') })
    const calls = await handedIn(metaMask)
    expect(calls).toHaveLength(2)
    expect(new Set(calls).size).toBe(1)
  })

  test('all of it leaves nothing to pay with, and what a payment holds is not withdrawn', async ({
    tuppence,
    playground,
    metaMask,
    owned,
    openStall,
  }) => {
    // A site that takes the payment and never settles it: the money is on its way out.
    const stall = await openStall({
      routes: { 'GET /held': { price: '$0.50', answer: (_, response) => void response.status(500).send('Oops') } },
    })
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.50' })
    await tuppence.open(`${stall.url}/held`)
    await expectStates(tuppence, ['unknown'])
    await metaMask.set({ sign: 'wait' })
    const screen = await tuppence.dashboard('Wallets')
    await screen.getByRole('link', { name: 'Withdraw' }).click()
    await expect(screen.getByText('1.5 USDC can be withdrawn.')).toBeVisible()
    await withdraw(screen, 'All')
    await expect.poll(() => metaMask.count('eth_sendTransaction')).toBe(1)

    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const popup = await tuppence.popup(page)
    await expect(popup.getByText('There is not enough money: 0.02 USDC needed, 0 USDC there.')).toBeVisible()
    await metaMask.set({ sign: 'confirm' })
    await expect.poll(owned).toEqual({ wallet: dollars('0.5'), metaMask: dollars('21.5') })
  })
})
