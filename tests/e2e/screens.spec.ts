import AxeBuilder from '@axe-core/playwright'
import { launch } from '../../playground/driver/launch.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { expect, expectStates, FARTHING_BRIDGE, PASSWORD, type Page, TIDE_CLOCK, test } from './fixtures.ts'

async function expectAccessible(screen: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await screen.emulateMedia({ colorScheme })
    // Colours fade from one scheme to the other.
    await expect.poll(() => screen.evaluate(() => document.getAnimations().length)).toBe(0)
    const { violations } = await new AxeBuilder({ page: screen }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }
}

test('a new wallet is created: twelve words are shown once, and the wallet is ready', async () => {
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR })
  try {
    const screen = await tuppence.screen('welcome.html')
    await expectAccessible(screen)
    await screen.getByRole('button', { name: 'Create a wallet' }).click()
    await screen.getByLabel('Password', { exact: true }).fill('short')
    await screen.getByLabel('Repeat password').fill('short')
    await screen.getByRole('button', { name: 'Continue' }).click()
    await expect(screen.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    expect((await tuppence.wallet()).state).toBe('missing')

    await screen.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await screen.getByLabel('Repeat password').fill(PASSWORD)
    await screen.getByRole('button', { name: 'Continue' }).click()
    await screen.getByRole('button', { name: 'Show the words' }).click()
    await expect(screen.getByRole('listitem')).toHaveCount(12)
    await expectAccessible(screen)
    await screen.getByRole('button', { name: 'I have written them down' }).click()
    const { state, address } = await tuppence.wallet()
    expect(state).toBe('unlocked')
    await expect(screen.getByText(address ?? 'no address')).toBeVisible()
    await expectAccessible(screen)
  } finally {
    await tuppence.close()
  }
})

test('what cannot be a wallet is refused, and nothing is kept', async () => {
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR })
  try {
    const screen = await tuppence.screen('welcome.html')
    await screen.getByRole('button', { name: 'Import a wallet' }).click()
    await screen.getByLabel('Recovery phrase or private key').fill('twelve words that are none')
    await screen.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await screen.getByLabel('Repeat password').fill(PASSWORD)
    await screen.getByRole('button', { name: 'Continue' }).click()
    await expect(screen.getByText(/recovery phrase/i).last()).toBeVisible()
    await expect(screen.getByRole('alert').or(screen.locator('[aria-invalid=true]')).first()).toBeVisible()
    expect((await tuppence.wallet()).state).toBe('missing')
  } finally {
    await tuppence.close()
  }
})

test('every screen is accessible, in light and in dark, with payments in it', async ({ tuppence, playground }) => {
  await tuppence.open(playground.shopUrl + TIDE_CLOCK)
  await expectAccessible(await tuppence.approval())
  await tuppence.approve()
  await expectStates(tuppence, ['settled'])
  const page = await tuppence.open(playground.shopUrl + FARTHING_BRIDGE)
  await tuppence.decline()
  const popup = await tuppence.popup(page)
  await expect(popup.getByText(new URL(playground.shopUrl).host).first()).toBeVisible()
  await expectAccessible(popup)
  for (const link of ['Overview', 'Payments', 'Rules', 'Wallets', 'Settings'] as const) {
    const screen = await tuppence.dashboard(link)
    await expect(screen.getByRole('heading', { level: 1, name: link })).toBeVisible()
    await expectAccessible(screen)
    await screen.close()
  }
})

test('limits that are no amounts are refused, and the old ones stay', async ({ tuppence }) => {
  const rules = await tuppence.dashboard('Rules')
  await rules.getByLabel('Most per day', { exact: true }).fill('five')
  await rules.getByRole('button', { name: 'Save' }).click()
  await expect(rules.getByText('Write an amount in dollars, such as 5 or 0.10.')).toBeVisible()
  await rules.reload()
  await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('5.00')
})
