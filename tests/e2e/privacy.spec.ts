import { generateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { createTestClient, http, parseEther } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { STAND_IN_DIR } from '../metamask/build.ts'
import { StandIn } from '../metamask/stand-in.ts'
import { expectAccessible } from './accessible.ts'
import { test as base, expect, expectNoPrompt, expectStates, type Page } from './fixtures.ts'

const test = base.extend<{ metaMask: StandIn }>({
  others: [STAND_IN_DIR],
  account: async ({ playground, funds }, use) => {
    const secret = generateMnemonic(wordlist)
    const { address } = mnemonicToAccount(secret)
    await playground.fund(address, funds)
    await use({ secret, address })
  },
  /** Connected, and with coins for the network's fees. */
  metaMask: async ({ tuppence, playground }, use) => {
    const metaMask = await StandIn.in(tuppence.context, playground.rpcUrl)
    const chain = createTestClient({ mode: 'anvil', transport: http(playground.rpcUrl) })
    await chain.setBalance({ address: metaMask.address, value: parseEther('1') })
    await tuppence.setMetaMask(metaMask.id)
    await tuppence.connectMetaMask()
    await use(metaMask)
  },
})

/** Moves money to a site's account, or back, and waits until the chain shows it. */
async function move(screen: Page, button: string, amount: string | 'All'): Promise<void> {
  const done = await screen.getByRole('region', { name: 'Latest withdrawals' }).getByText('Done').count()
  await screen.getByRole('button', { name: button }).click()
  const dialog = screen.getByRole('dialog')
  if (amount === 'All') await dialog.getByRole('button', { name: 'All', exact: true }).click()
  else await dialog.getByLabel('Amount in USDC').fill(amount)
  await dialog.getByRole('button', { name: 'Review' }).click()
  await screen.getByRole('alertdialog').getByRole('button', { name: 'Sign and hand in' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(screen.getByRole('region', { name: 'Latest withdrawals' }).getByText('Done')).toHaveCount(1 + done)
}

test('with an account for each site, no two sites are paid by the same address', async ({
  tuppence,
  metaMask,
  account,
  playground,
  openStall,
}) => {
  const answer = (_: unknown, response: { send(text: string): void }) => response.send('What was bought')
  const stalls = [
    await openStall({ host: 'one.localhost', routes: { 'GET /essay': { price: '$0.03', answer } } }),
    await openStall({ host: 'two.localhost', routes: { 'GET /essay': { price: '$0.03', answer } } }),
  ]
  const [one, two] = stalls.map(({ url }) => new URL(url).host)
  await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10' })

  const screen = await tuppence.dashboard('Wallets')
  await screen.getByRole('link', { name: 'Accounts for sites' }).click()
  await screen.getByRole('switch', { name: 'Pay each site from an account of its own' }).click()
  await expect(screen.getByText('No site has an account yet')).toBeVisible()

  // What has no account of its own is not paid from another.
  const page = await tuppence.open(`${stalls[0]?.url}/essay`)
  const popup = await tuppence.popup(page)
  await expect(popup.getByText(`${one} has none yet`)).toBeVisible()
  await expect(popup.getByRole('button', { name: 'Accounts for sites' })).toBeVisible()
  await expectAccessible(popup)
  await popup.close()
  await expectNoPrompt(tuppence)
  expect(await tuppence.payments()).toEqual([])

  for (const stall of stalls) {
    await screen.getByLabel('Site', { exact: true }).fill(stall.url)
    await screen.getByRole('button', { name: 'Make its account' }).click()
    const { host } = new URL(stall.url)
    await move(screen, `Move money in for ${host}`, '0.50')
  }
  await expectAccessible(screen)
  expect(await playground.balanceOf(account.address)).toBe(1_000_000n)
  const sites = screen.getByRole('region', { name: 'Accounts for sites' })
  await expect(sites.getByText('0.5 USDC')).toHaveCount(2)

  for (const stall of stalls) {
    const tab = await tuppence.open(`${stall.url}/essay`)
    await expect(tab.getByText('What was bought')).toBeVisible()
  }
  await expectStates(tuppence, ['settled', 'settled'])
  const payers = (await tuppence.payments()).map(({ from }) => from)
  expect(new Set([...payers, account.address, metaMask.address]).size).toBe(4)
  const paid = (await playground.transfers()).filter(({ to, value }) => to === playground.payTo && value === 30_000n)
  expect(
    paid
      .slice(-2)
      .map(({ from }) => from)
      .toSorted(),
  ).toEqual(payers.toSorted())

  await screen.bringToFront()
  await screen.reload()
  await move(screen, `Bring it back from ${two}`, 'All')
  await expect.poll(() => playground.balanceOf(account.address)).toBe(1_470_000n)
})
