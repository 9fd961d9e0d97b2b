import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base58 } from '@scure/base'
import { generateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { type Address, type Hex, hexToBytes } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { until } from '../../playground/driver/until.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { expectAccessible } from './accessible.ts'
import { findOnDisk, type Secrets } from './disk.ts'
import { expect, expectStates, FARTHING_BRIDGE, PASSWORD, type Page, TIDE_CLOCK, test } from './fixtures.ts'

const WORDS = 'test test test test test test test test test test test junk'
const FIRST: Address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

/** As much of the browser's extension API as is used here. Only ever named inside of extension pages. */
declare const chrome: {
  storage: Record<'local' | 'session', { get(): Promise<Record<string, unknown>>; set(values: object): Promise<void> }>
  alarms: { create(name: string, alarm: object): Promise<void> }
}
interface Unlocked {
  readonly key: string
  readonly since: number
  readonly until: number
}

/** A browser with the extension and no wallet. */
async function newBrowser(use: (tuppence: Tuppence) => Promise<void>, profile = ''): Promise<void> {
  const tuppence = await launch({ headless: true, extensionDir: EXTENSION_DIR, userDataDir: profile })
  try {
    await use(tuppence)
  } finally {
    await tuppence.close()
  }
}

async function withProfile(use: (profile: string) => Promise<void>): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'tuppence-'))
  try {
    await use(profile)
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Makes a wallet as far as its words, which are shown. */
async function create(screen: Page): Promise<string[]> {
  await screen.getByRole('button', { name: 'Create a wallet' }).click()
  await screen.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await screen.getByLabel('Repeat password').fill(PASSWORD)
  await screen.getByRole('button', { name: 'Continue' }).click()
  return shownWords(screen)
}

async function shownWords(screen: Page): Promise<string[]> {
  await screen.getByRole('button', { name: 'Show the words' }).click()
  await expect(screen.getByRole('listitem')).toHaveCount(12)
  return (await screen.getByRole('listitem').allInnerTexts()).map((line) => line.replace(/[^a-z]/g, ''))
}

/** Types the words that are asked for. */
async function giveWords(screen: Page, words: readonly string[]): Promise<void> {
  await screen.getByRole('button', { name: 'I have written them down' }).click()
  const fields = screen.getByLabel(/^Word \d+$/)
  await expect(fields).toHaveCount(3)
  for (const label of await screen.getByText(/^Word \d+$/).allInnerTexts()) {
    const field = screen.getByLabel(label, { exact: true })
    await expect(field).toHaveAttribute('type', 'password')
    await field.fill(words[Number(label.slice(5)) - 1] ?? '')
  }
  await screen.getByRole('button', { name: 'Confirm', exact: true }).click()
}

async function typePassword(screen: Page, password: string, button: string): Promise<void> {
  await screen.getByLabel('Password', { exact: true }).fill(password)
  await screen.getByRole('button', { name: button, exact: true }).click()
}

async function expectState(tuppence: Tuppence, state: 'missing' | 'locked' | 'unlocked'): Promise<void> {
  await expect.poll(async () => (await tuppence.wallet()).state).toBe(state)
}

test.describe('a new wallet', () => {
  test('is confirmed by three of its words, and the wrong ones are not taken', async () => {
    await newBrowser(async (tuppence) => {
      const screen = await tuppence.screen('welcome.html')
      const words = await create(screen)
      await giveWords(
        screen,
        words.map(() => 'zoo'),
      )
      await expect(screen.getByText('These are not the words that were asked for.')).toBeVisible()
      expect((await tuppence.wallet()).backedUp).toBe(false)
      await expectAccessible(screen)

      await screen.getByRole('button', { name: 'Show the words again' }).click()
      expect(await shownWords(screen)).toEqual(words)
      await giveWords(screen, words)
      const { address } = mnemonicToAccount(words.join(' '))
      await expect(screen.getByText(address)).toBeVisible()
      expect(await tuppence.wallet()).toMatchObject({ state: 'unlocked', address, backedUp: true })
      const overview = await tuppence.dashboard('Overview')
      await expect(overview.getByRole('heading', { name: 'Wallet' })).toBeVisible()
      await expect(overview.getByText('Back up your words')).toHaveCount(0)
    })
  })

  test('whose backup is skipped reminds of it everywhere, until it is made', async () => {
    await newBrowser(async (tuppence) => {
      const screen = await tuppence.screen('welcome.html')
      const words = await create(screen)
      await screen.getByRole('button', { name: 'I have written them down' }).click()
      await screen.getByRole('button', { name: 'Skip for now' }).click()
      await expect(screen.getByRole('heading', { name: 'The wallet is ready' })).toBeVisible()

      const overview = await tuppence.dashboard('Overview')
      const popup = await tuppence.screen('popup.html')
      for (const one of [overview, popup]) await expect(one.getByText('Back up your words')).toBeVisible()
      await expectAccessible(popup)
      const wallets = await tuppence.dashboard('Wallets')
      await wallets.getByRole('button', { name: 'Back up now' }).click()
      await expectAccessible(wallets)
      await typePassword(wallets, PASSWORD, 'Continue')
      expect(await shownWords(wallets)).toEqual(words)
      await expectAccessible(wallets)
      await giveWords(wallets, words)
      await expect(wallets.getByText('Your words are backed up')).toBeVisible()
      for (const one of [overview, popup, wallets]) await expect(one.getByText('Back up your words')).toHaveCount(0)
    })
  })
})

test.describe('an imported wallet', () => {
  test('of words has an account of each family, and opens again with its password', async () => {
    await newBrowser(async (tuppence) => {
      await tuppence.importWallet({ secret: WORDS, password: PASSWORD })
      const { address, backedUp, accounts } = await tuppence.wallet()
      expect({ address, backedUp }).toEqual({ address: FIRST, backedUp: true })
      expect(accounts.map(({ family, name, active }) => ({ family, name, active }))).toEqual([
        { family: 'evm', name: 'Account 1', active: true },
        { family: 'svm', name: 'Solana 1', active: true },
      ])
      const popup = await tuppence.screen('popup.html')
      await popup.getByRole('button', { name: 'Lock' }).click()
      await expectState(tuppence, 'locked')
      await typePassword(popup, 'wrong horse', 'Unlock')
      await expect(popup.getByText('That is not this wallet’s password.')).toBeVisible()
      await typePassword(popup, PASSWORD, 'Unlock')
      await expectState(tuppence, 'unlocked')
    })
  })

  test('of a Solana key pays on Solana alone', async () => {
    await newBrowser(async (tuppence) => {
      const pair = solanaPair()
      await tuppence.importWallet({ secret: pair.secret, password: PASSWORD })
      const { address, accounts } = await tuppence.wallet()
      expect(address).toBeNull()
      expect(accounts).toEqual([
        { family: 'svm', address: pair.address, name: 'Solana 1', origin: 'imported', active: true },
      ])
      // MetaMask hands nothing in there: the way out is the key.
      const screen = await tuppence.dashboard('Wallets')
      await screen.getByRole('link', { name: 'Withdraw' }).click()
      await expect(screen.getByText('Without MetaMask, and on Solana')).toBeVisible()
      await expect(screen.getByText('There is no wallet yet')).toHaveCount(0)
    })
  })

  test('is locked when the browser starts again', async () => {
    await withProfile(async (profile) => {
      await newBrowser(
        (tuppence) => tuppence.importWallet({ secret: generatePrivateKey(), password: PASSWORD }),
        profile,
      )
      await newBrowser(async (tuppence) => {
        await expectState(tuppence, 'locked')
        await tuppence.unlock(PASSWORD)
      }, profile)
    })
  })
})

test.describe('auto-lock', () => {
  /*
   * The shortest time that can be chosen is five minutes, and nothing in the build makes it shorter. So the time that is left
   * is taken away in the browser's session storage, from a page of the extension's: once with the alarm moved as well, to see
   * it lock a wallet that nobody uses; once with the alarm far away, to see that nothing is done with a wallet that is late.
   */
  async function takeTime(page: Page): Promise<void> {
    await page.evaluate(async () => {
      const { unlocked } = (await chrome.storage.session.get()) as { unlocked: Unlocked }
      await chrome.storage.session.set({ unlocked: { ...unlocked, until: Date.now() } })
    })
  }
  const unlocked = (page: Page) =>
    page.evaluate(async () => ((await chrome.storage.session.get()).unlocked as Unlocked | undefined) ?? null)

  test('takes the time that is chosen, from when a person was last there', async ({ tuppence }) => {
    const own = await tuppence.screen('manifest.json')
    const wallets = await tuppence.dashboard('Wallets')
    await expect(wallets.getByRole('radio', { name: 'After 1 hour' })).toBeChecked()
    for (const [name, minutes] of [
      ['After 5 minutes', 5],
      ['After 4 hours', 240],
    ] as const) {
      await wallets.getByRole('radio', { name }).click()
      await expect
        .poll(async () => {
          const session = await unlocked(own)
          return session && (session.until - session.since) / 60_000
        })
        .toBe(minutes)
    }
    await wallets.getByRole('radio', { name: 'When the browser closes' }).click()
    await expect.poll(async () => (await unlocked(own))?.until).toBeNull()
  })

  test('locks a wallet that nobody uses, by its alarm, and tells the screens', async ({ tuppence }) => {
    const own = await tuppence.screen('manifest.json')
    const popup = await tuppence.screen('popup.html')
    await expect(popup.getByText('Wallet unlocked')).toBeVisible()
    await takeTime(own)
    await own.evaluate(() => chrome.alarms.create('auto-lock', { when: Date.now() }))
    // The popup asks for nothing by itself: what it shows now it was told.
    await expect(popup.getByText('Wallet locked')).toBeVisible()
    expect(await unlocked(own)).toBeNull()
  })

  test('keeps a late wallet from paying, whether the alarm came or not', async ({
    tuppence,
    playground,
    spentOnChain,
  }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10', askNewSites: false })
    const own = await tuppence.screen('manifest.json')
    await takeTime(own)
    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const [approval] = await until(
      () => tuppence.pendingApprovals(),
      (approvals) => approvals.length > 0,
      'Nobody was asked',
    )
    expect(approval?.reasons.map(({ code }) => code)).toContain('wallet_locked')
    await expectState(tuppence, 'locked')
    expect(await unlocked(own)).toBeNull()
    expect(await spentOnChain()).toBe(0n)
    await tuppence.approval()
    await tuppence.unlock(PASSWORD)
    await tuppence.approve()
    await expectStates(tuppence, ['settled'])
  })
})

test.describe('the password', () => {
  test('is changed for the old one, which opens nothing any more', async ({ tuppence, account }) => {
    const wallets = await tuppence.dashboard('Wallets')
    await wallets.getByRole('button', { name: 'Change password' }).click()
    const dialog = wallets.getByRole('dialog')
    const fill = async (old: string, next: string, repeated = next) => {
      await dialog.getByLabel('Password', { exact: true }).fill(old)
      await dialog.getByLabel('New password', { exact: true }).fill(next)
      await dialog.getByLabel('Repeat new password').fill(repeated)
    }
    await fill(PASSWORD, 'short')
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
    await fill(PASSWORD, 'another battery', 'another battle')
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
    await fill('wrong horse', 'another battery')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog.getByText('That is not this wallet’s password.')).toBeVisible()
    await fill(PASSWORD, 'another battery')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(wallets.getByText('Password changed')).toBeVisible()

    await wallets.getByRole('button', { name: 'Lock', exact: true }).click()
    await typePassword(wallets, PASSWORD, 'Unlock')
    await expect(wallets.getByText('That is not this wallet’s password.')).toBeVisible()
    await typePassword(wallets, 'another battery', 'Unlock')
    await expectState(tuppence, 'unlocked')
    expect((await tuppence.wallet()).address).toBe(account.address)
  })

  test('makes whoever guesses wait, the right one included, also in another life of the background', async ({
    tuppence,
  }) => {
    const popup = await tuppence.screen('popup.html')
    await popup.getByRole('button', { name: 'Lock' }).click()
    for (let wrong = 1; wrong <= 5; wrong += 1) {
      await typePassword(popup, `wrong horse ${wrong}`, 'Unlock')
      await expect(popup.getByText('That is not this wallet’s password.')).toBeVisible()
    }
    await typePassword(popup, 'wrong horse 6', 'Unlock')
    const waiting = popup.getByText(/You can try again in 0:\d\d\./)
    await expect(waiting).toBeVisible()
    const first = await waiting.textContent()
    await expect.poll(() => waiting.textContent()).not.toBe(first)
    await popup.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await expect(popup.getByRole('button', { name: 'Unlock' })).toBeDisabled()
    await expectAccessible(popup)

    await tuppence.killWorker()
    const { waitUntil } = await tuppence.wallet()
    expect(waitUntil).toBeGreaterThan(Date.now())
    expect(waitUntil).toBeLessThan(Date.now() + 30_000)
    // The same holds wherever the password is asked for.
    const wallets = await tuppence.dashboard('Wallets')
    await wallets.getByRole('button', { name: 'Change password' }).click()
    await expect(wallets.getByRole('dialog').getByText(/You can try again in 0:\d\d\./)).toBeVisible()
    await wallets.close()

    // And it ends.
    await expect(popup.getByRole('button', { name: 'Unlock' })).toBeEnabled({ timeout: 35_000 })
    await typePassword(popup, PASSWORD, 'Unlock')
    await expectState(tuppence, 'unlocked')
    expect((await tuppence.wallet()).waitUntil).toBeNull()
  })
})

test.describe('accounts', () => {
  test('are added, named, chosen and removed, and the chosen one pays', async ({ tuppence, playground, account }) => {
    const second = generatePrivateKey()
    const other = privateKeyToAddress(second)
    await playground.fund(other, '1')
    const wallets = await tuppence.dashboard('Wallets')
    const dialog = wallets.getByRole('dialog')
    // This wallet came as a key: it has no words to give further accounts.
    await expect(wallets.getByRole('button', { name: 'Add an account for EVM networks' })).toHaveCount(0)
    await wallets.getByRole('button', { name: 'Import a private key' }).click()
    await expect(dialog.getByLabel('Private key')).toHaveAttribute('type', 'password')
    await dialog.getByLabel('Private key').fill(account.secret)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByText('This account is in the wallet already.')).toBeVisible()
    await dialog.getByLabel('Private key').fill(second)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await wallets.getByRole('button', { name: 'Rename Account 2' }).click()
    await dialog.getByLabel('Name').fill('Reading')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await wallets.getByRole('radio', { name: /^Reading/ }).click()
    await expect.poll(async () => (await tuppence.wallet()).address).toBe(other)

    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.approve()
    await expectStates(tuppence, ['settled'])
    const [payment] = await tuppence.payments()
    expect(payment?.from).toBe(other)
    expect([await playground.balanceOf(other), await playground.balanceOf(account.address)]).toEqual([
      1_000_000n - BigInt(payment?.units ?? 0),
      2_000_000n,
    ])

    // Its key goes with it, so the password is asked for; then the other one pays again.
    await wallets.getByRole('button', { name: 'Show key of Reading' }).click()
    await typePassword(wallets, PASSWORD, 'Show key')
    await expect(dialog.getByText(second)).toBeVisible()
    await wallets.keyboard.press('Escape')
    await wallets.getByRole('button', { name: 'Remove Reading' }).click()
    await typePassword(wallets, PASSWORD, 'Remove')
    await expect.poll(async () => (await tuppence.wallet()).accounts.map(({ name }) => name)).toEqual(['Account 1'])
    await tuppence.open(playground.shopUrl + FARTHING_BRIDGE)
    await tuppence.approve()
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await playground.balanceOf(account.address)).toBeLessThan(2_000_000n)
    // The last one stays.
    await wallets.getByRole('button', { name: 'Remove Account 1' }).click()
    await typePassword(wallets, PASSWORD, 'Remove')
    await expect(dialog.getByText('A wallet keeps one account at least.')).toBeVisible()
  })

  test('of a wallet of words are added without end, and come back when they were removed', async () => {
    await newBrowser(async (tuppence) => {
      await tuppence.importWallet({ secret: WORDS, password: PASSWORD })
      const wallets = await tuppence.dashboard('Wallets')
      const names = async () => (await tuppence.wallet()).accounts.map(({ name }) => name)
      await wallets.getByRole('button', { name: 'Add an account for EVM networks' }).click()
      await expect.poll(names).toEqual(['Account 1', 'Solana 1', 'Account 2'])
      await wallets.getByRole('button', { name: 'Add an account for Solana' }).click()
      await expect.poll(names).toEqual(['Account 1', 'Solana 1', 'Account 2', 'Solana 2'])
      const address = (await tuppence.wallet()).accounts[2]?.address
      expect(address).toBe(mnemonicToAccount(WORDS, { addressIndex: 1 }).address)
      await wallets.getByRole('button', { name: 'Remove Account 2' }).click()
      await wallets.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
      await expect.poll(names).toEqual(['Account 1', 'Solana 1', 'Solana 2'])
      await wallets.getByRole('button', { name: 'Add an account for EVM networks' }).click()
      await expect.poll(async () => (await tuppence.wallet()).accounts.at(-1)?.address).toBe(address)
      await wallets.getByRole('button', { name: 'Lock', exact: true }).click()
      await expect(wallets.getByText('Unlock the wallet to change its accounts.')).toBeVisible()
      await expect(wallets.getByRole('button', { name: 'Add an account for Solana' })).toBeDisabled()
    })
  })
})

test.describe('erasing', () => {
  test('takes what the wallet can be made from again, deletes everything, and begins anew', async ({
    tuppence,
    playground,
    account,
  }) => {
    await tuppence.setRules({ mostPerDay: '1' })
    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.approve()
    await expectStates(tuppence, ['settled'])
    const wallets = await tuppence.dashboard('Wallets')
    // A forgotten password does not matter.
    await wallets.getByRole('button', { name: 'Lock', exact: true }).click()
    await wallets.getByRole('button', { name: 'Erase everything' }).click()
    const dialog = wallets.getByRole('dialog')
    await expect(dialog.getByText(/1\.9\d USDC on Base Sepolia/)).toBeVisible()
    const field = dialog.getByLabel('Private key')
    await expect(field).toHaveAttribute('type', 'password')
    const before = await tuppence.wallet()
    for (const wrong of [generatePrivateKey(), `${account.secret.slice(0, -1)}g`, WORDS]) {
      await field.fill(wrong)
      await dialog.getByRole('button', { name: 'Erase everything' }).click()
      await expect(dialog.getByRole('alert')).toBeVisible()
    }
    expect(await tuppence.wallet()).toEqual(before)
    expect(await tuppence.payments()).toHaveLength(1)

    await field.fill(account.secret)
    await dialog.getByRole('button', { name: 'Erase everything' }).click()
    await expect(wallets.getByRole('button', { name: 'Create a wallet' })).toBeVisible()
    expect(wallets.url()).toMatch(/welcome\.html$/)
    await expectErased(tuppence, wallets)
    // And it is a new start: another wallet can be made.
    expect(await create(wallets)).toHaveLength(12)
    await tuppence.killWorker()
    await expectState(tuppence, 'unlocked')
  })

  test('that is cut short is finished when the background starts again', async ({ tuppence, playground }) => {
    await tuppence.setRules({ mostPerDay: '1' })
    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await tuppence.approve()
    await expectStates(tuppence, ['settled'])
    const own = await tuppence.screen('manifest.json')
    await own.evaluate(() => chrome.storage.local.set({ erasing: true }))
    await tuppence.killWorker()
    const welcome = tuppence.context.waitForEvent('page')
    await expectState(tuppence, 'missing')
    await expect((await welcome).getByRole('button', { name: 'Create a wallet' })).toBeVisible()
    await expectErased(tuppence, own)
  })
})

/** Nothing is left but the versions of what was there and a look at the empty books, and nothing of it is remembered. */
async function expectErased(tuppence: Tuppence, page: Page): Promise<void> {
  const names = await page.evaluate(async () => Object.keys(await chrome.storage.local.get()))
  expect(names.filter((name) => !name.endsWith('$') && name !== 'soundness')).toEqual([])
  expect(await page.evaluate(async () => Object.keys(await chrome.storage.session.get()))).not.toContain('unlocked')
  expect(await tuppence.payments()).toEqual([])
  expect(await tuppence.wallet()).toMatchObject({ state: 'missing', address: null, accounts: [] })
  const rules = await tuppence.dashboard('Rules')
  await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('5.00')
  await rules.close()
}

test('every part of the Wallets page and every dialog of it is accessible, in light and in dark', async () => {
  test.slow()
  await newBrowser(async (tuppence) => {
    await tuppence.importWallet({ secret: WORDS, password: PASSWORD })
    const wallets = await tuppence.dashboard('Wallets')
    const dialog = wallets.getByRole('dialog').or(wallets.getByRole('alertdialog'))
    const open = async (button: string) => {
      await wallets.getByRole('button', { name: button, exact: true }).click()
      await expect(dialog).toBeVisible()
    }
    const close = async () => {
      await wallets.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
    }
    await open('Import a private key')
    await dialog.getByLabel('Private key').fill('nonsense')
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(dialog.getByRole('alert')).toBeVisible()
    await expectAccessible(wallets)
    await dialog.getByLabel('Private key').fill(generatePrivateKey())
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await expect(wallets.getByText('Imported', { exact: true })).toBeVisible()
    await expectAccessible(wallets)
    for (const button of ['Rename Account 1', 'Remove Account 1', 'Remove Account 2', 'Change password']) {
      await open(button)
      await expectAccessible(wallets)
      await close()
    }
    await open('Erase everything')
    await expect(dialog.getByText('The keys that you imported are deleted too')).toBeVisible()
    await expectAccessible(wallets)
    await close()
    await open('Show key of Account 1')
    await typePassword(wallets, PASSWORD, 'Show key')
    await expect(dialog.getByRole('button', { name: 'Copy' })).toBeVisible()
    await expectAccessible(wallets)
    await close()
    await wallets.getByRole('button', { name: 'Lock', exact: true }).click()
    await expect(wallets.getByText('Unlock the wallet to change its accounts.')).toBeVisible()
    await expectAccessible(wallets)
  })
})

test.describe('what rests on disk', () => {
  test('holds no secret of an unlocked wallet, in any form', async ({ playground }) => {
    test.slow()
    await withProfile(async (profile) => {
      const imported = generatePrivateKey()
      const secrets: Record<string, Secrets[string]> = {}
      const planted = {
        words: generateMnemonic(wordlist),
        packed: generateMnemonic(wordlist),
        key: generatePrivateKey(),
      }
      const plants: Secrets = {
        ...secretsOf('planted', planted.words, planted.key),
        'packed words': { words: planted.packed },
      }

      await newBrowser(async (tuppence) => {
        const welcome = await tuppence.screen('welcome.html')
        const words = await create(welcome)
        await giveWords(welcome, words)
        await expect(welcome.getByRole('heading', { name: 'The wallet is ready' })).toBeVisible()
        const wallets = await tuppence.dashboard('Wallets')
        await wallets.getByRole('button', { name: 'Import a private key' }).click()
        await wallets.getByRole('dialog').getByLabel('Private key').fill(imported)
        await wallets.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click()
        await expect.poll(async () => (await tuppence.wallet()).accounts).toHaveLength(3)
        await wallets.getByRole('button', { name: 'Show recovery phrase' }).click()
        await typePassword(wallets, PASSWORD, 'Continue')
        expect(await shownWords(wallets)).toEqual(words)

        const { address } = await tuppence.wallet()
        await playground.fund(address as Address, '1')
        await tuppence.setRpc('Base Sepolia', playground.rpcUrl)
        await tuppence.allowToken('USDC on Base Sepolia')
        await tuppence.open(playground.shopUrl + TIDE_CLOCK)
        await tuppence.approve()
        await expectStates(tuppence, ['settled'])
        await expectState(tuppence, 'unlocked')

        const own = await tuppence.screen('manifest.json')
        const session = await own.evaluate(async () => (await chrome.storage.session.get()).unlocked as Unlocked)
        const sessionKey = (JSON.parse(session.key) as { key: { k: string } }).key.k
        const evm = mnemonicToAccount(words.join(' ')).getHdKey().privateKey
        Object.assign(secrets, secretsOf('imported', words.join(' '), imported), {
          'the first account’s key': { bytes: evm ?? new Uint8Array() },
          'the session’s key': { bytes: Buffer.from(sessionKey, 'base64url') },
          'the password': { text: PASSWORD },
        })
        expect(findOnDisk(profile, secrets)).toEqual([])

        // The same search finds what is there: in plain, in another case, in base64.
        const found = (name: string, kind: string) =>
          expect.poll(() => findOnDisk(profile, plants).filter((one) => one.startsWith(name) && one.endsWith(kind)))
        await own.evaluate(async ({ words, packed, key }) => {
          const cut = packed.replaceAll(/.{10}/g, '$&zzzz')
          await chrome.storage.local.set({
            'test.words': words.split(' '),
            'test.key': key.toUpperCase(),
            'test.base64': btoa(`${words} and more`),
            'test.packed': `${cut} ${cut} ${packed}`,
          })
        }, planted)
        await found('planted words', '.log').not.toEqual([])
        await found('planted key', '.log').not.toEqual([])
        // And in LevelDB's tables, where it goes once there is enough. There the packed words are not written out, since all
        // of their letters were written before: they are only pointed to.
        await own.evaluate(async ({ key }) => {
          for (let part = 0; part < 12; part += 1)
            await chrome.storage.local.set({ [`test.filling.${part}`]: `${key} `.repeat(8_000) })
        }, planted)
        await found('packed words', '.ldb').not.toEqual([])
        await found('planted key', '.ldb').not.toEqual([])
        expect(findOnDisk(profile, secrets)).toEqual([])
      }, profile)

      // Whatever the browser still had to write, it has written.
      expect(findOnDisk(profile, plants)).not.toEqual([])
      expect(findOnDisk(profile, secrets)).toEqual([])
    })
  })
})

const secretsOf = (name: string, words: string, key: Hex): Secrets => ({
  [`${name} words`]: { words },
  [`${name} key`]: { bytes: hexToBytes(key) },
})

/** A new key as Solana's wallets export it: seed and public key in base58. */
function solanaPair(): { secret: string; address: string } {
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
  // The public key of this seed, as every implementation of RFC 8032 gives it.
  const publicKey = hexToBytes('0x79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664')
  return { secret: base58.encode(Uint8Array.from([...seed, ...publicKey])), address: base58.encode(publicKey) }
}
