import { readFile } from 'node:fs/promises'
import type { Download } from '@playwright/test'
import { launch } from '../../playground/driver/launch.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { EXTENSION_DIR } from '../../scripts/build.ts'
import { expectAccessible } from './accessible.ts'
import { expect, expectNoPrompt, expectStates, FARTHING_BRIDGE, PASSWORD, TIDE_CLOCK, test } from './fixtures.ts'

/** As much of the browser's extension API as is used here. Only ever named inside of extension pages. */
declare const chrome: {
  storage: Record<'local' | 'session', { set(values: object): Promise<void>; remove(name: string): Promise<void> }>
}

/** Does something behind the extension's back, from a page of its own without a script, while its background does not run. */
async function meddle(tuppence: Tuppence, how: () => Promise<void>): Promise<void> {
  const page = await tuppence.screen('manifest.json')
  await tuppence.killWorker()
  await page.evaluate(how)
  await page.close()
}

async function contentOf(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8')
}

test('a new wallet is created: twelve words are shown, and the wallet is ready', async () => {
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
    await expect(screen.getByRole('heading', { name: 'Do you have them?' })).toBeFocused()
    await expectAccessible(screen)
    await screen.getByRole('button', { name: 'Skip for now' }).click()
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

test('every dialog is accessible, in light and in dark', async ({ tuppence }) => {
  await tuppence.addSiteRule('www.shop.example', { mode: 'Pay without asking', lasts: '24 hours' })
  const rules = await tuppence.dashboard('Rules')
  await rules.getByRole('button', { name: 'Add a site' }).click()
  await rules.getByLabel('Site', { exact: true }).fill('www.shop.example')
  await expect(rules.getByRole('radio', { name: 'The whole domain shop.example' })).toBeVisible()
  await rules.getByRole('button', { name: 'Save' }).click()
  await expect(rules.getByText('There is a rule for this already. Edit it in the list.')).toBeVisible()
  await expectAccessible(rules)
  await rules.keyboard.press('Escape')
  await rules.getByRole('button', { name: 'Edit the rule for www.shop.example' }).click()
  await expectAccessible(rules)

  const settings = await tuppence.dashboard('Settings')
  await settings
    .getByLabel('Backup file')
    .setInputFiles({ name: 'any.json', mimeType: 'text/plain', buffer: Buffer.of() })
  await expect(settings.getByRole('alertdialog')).toBeVisible()
  await expectAccessible(settings)
})

test.describe('rules', () => {
  test('limits that are no amounts are refused, and nothing that was typed is lost', async ({ tuppence }) => {
    const rules = await tuppence.dashboard('Rules')
    await rules.getByLabel('Most per day', { exact: true }).fill('five')
    await rules.getByLabel('Most per week', { exact: true }).fill('20')
    await rules.getByLabel('Most payments per minute', { exact: true }).fill('2.5')
    await rules.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(rules.getByText('Write an amount in dollars, such as 5 or 0.10.')).toBeVisible()
    await expect(rules.getByText('Write a whole number from 1 to 100000, or leave this empty.')).toBeVisible()
    await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('five')
    await expect(rules.getByLabel('Most per week', { exact: true })).toHaveValue('20')
    await rules.reload()
    await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('5.00')
    await expect(rules.getByLabel('Most per week', { exact: true })).toHaveValue('')
  })

  test('a limit that is left empty is none, and what all of them mean is said before they are saved', async ({
    tuppence,
  }) => {
    await tuppence.setRules({ autoPay: true, mostPerWeek: '20', mostPerMinute: '10' })
    const rules = await tuppence.dashboard('Rules')
    await expect(rules.getByLabel('Most per week', { exact: true })).toHaveValue('20.00')
    await expect(rules.getByText('No seven days in a row cost more than $20.00.')).toBeVisible()
    await expect(rules.getByText('No minute sees more than 10 payments.')).toBeVisible()
    await rules.getByLabel('Most per week', { exact: true }).fill('')
    await expect(rules.getByText('No seven days in a row')).toBeHidden()
    await expect(rules.getByText('No thirty days in a row cost more than $50.00.')).toBeVisible()
    await rules.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(rules.getByText('Saved')).toBeVisible()

    const overview = await tuppence.dashboard('Overview')
    await expect(overview.getByText('Seven days').locator('..')).toContainText('no limit')
    await expect(overview.getByText('Thirty days').locator('..')).toContainText('of $50.00')
  })

  test('a token that is switched off is not paid with from that moment on', async ({ tuppence, playground }) => {
    await tuppence.setRules({ autoPay: true })
    const rules = await tuppence.dashboard('Rules')
    await rules.getByRole('switch', { name: 'USDC on Base Sepolia' }).click()
    await expect(rules.getByText('Saved')).toBeVisible()
    await expect(rules.getByRole('switch', { name: 'USDC on Base', exact: true })).toBeChecked()
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const popup = await tuppence.popup(page)
    await expect(
      popup.getByText('It asks for test money (USDC on Base Sepolia), which you have not allowed.'),
    ).toBeVisible()
    await expectNoPrompt(tuppence)
    await expectStates(tuppence, [])

    await tuppence.allowToken('USDC on Base Sepolia')
    await tuppence.reload(page)
    await expectStates(tuppence, ['settled'])
  })

  test('a network can be preferred, once one of its tokens is allowed', async ({ tuppence }) => {
    const rules = await tuppence.dashboard('Rules')
    await rules.getByRole('radio', { name: 'Base Sepolia' }).click()
    await expect(rules.getByRole('radio', { name: 'Base Sepolia' })).toBeChecked()
    await rules.getByRole('switch', { name: 'USDC on Polygon' }).click()
    await expect(rules.getByRole('radio', { name: 'Polygon' })).toBeHidden()
    await rules.reload()
    await expect(rules.getByRole('radio', { name: 'Base Sepolia' })).toBeChecked()
    await rules.getByRole('radio', { name: 'The cheapest' }).click()
    await expect(rules.getByRole('radio', { name: 'The cheapest' })).toBeChecked()
  })

  test('a rule for a whole domain holds for every site below, until one gets its own', async ({
    tuppence,
    openStall,
  }) => {
    const stall = await openStall({
      host: 'news.stall.localhost',
      routes: { 'GET /essay': { price: '$0.03', answer: (_, response) => void response.send('The essay') } },
    })
    await tuppence.addSiteRule(`${stall.url}/essay`, {
      mode: 'Pay without asking',
      wholeDomain: true,
      mostPerPayment: '0.03',
      mostPerWeek: '0.05',
    })
    const rules = await tuppence.dashboard('Rules')
    await expect(rules.getByRole('listitem').filter({ hasText: 'stall.localhost and all below' })).toContainText(
      'No more than $0.05 a week',
    )
    const page = await tuppence.open(`${stall.url}/essay`)
    await expectStates(tuppence, ['settled'])

    const popup = await tuppence.popup(page)
    await expect(popup.getByRole('radio', { name: 'Pay up to $0.03' })).toBeChecked()
    await expect(popup.getByText('This is the rule for stall.localhost and all below.')).toBeVisible()
    await expectAccessible(popup)
    await popup.getByRole('radio', { name: 'Block' }).click()
    await expect(popup.getByRole('radio', { name: 'Block' })).toBeChecked()
    await expect(popup.getByText('This is the rule for')).toBeHidden()
    await expect(rules.getByRole('listitem').filter({ hasText: 'news.stall.localhost' })).toContainText('Never pays')

    await popup.getByRole('radio', { name: 'As all of stall.localhost' }).click()
    await expect(popup.getByRole('radio', { name: 'Pay up to $0.03' })).toBeChecked()
    await expect(rules.getByRole('button', { name: 'Edit the rule for news.stall.localhost' })).toBeHidden()
  })

  test('a site is named in many ways, and what is none is refused', async ({ tuppence }) => {
    const rules = await tuppence.dashboard('Rules')
    await rules.getByRole('button', { name: 'Add a site' }).click()
    const site = rules.getByLabel('Site', { exact: true })
    const save = rules.getByRole('button', { name: 'Save' })
    await site.fill('not a site')
    await save.click()
    await expect(rules.getByText('This is no site.')).toBeVisible()
    await site.fill('http://shop.example')
    await save.click()
    await expect(rules.getByText('Tuppence pays over https only')).toBeVisible()
    await site.fill('http://127.0.0.1:3000')
    await expect(rules.getByRole('radio', { name: /whole domain/ })).toBeHidden()
    await site.fill('https://user@www.shop.example/some/page?of=it#here')
    await expect(rules.getByRole('radio', { name: 'The whole domain shop.example' })).toBeVisible()
    await rules.getByRole('radio', { name: 'Ask', exact: true }).click()
    await save.click()
    await expect(rules.getByRole('button', { name: 'Edit the rule for www.shop.example' })).toBeVisible()
  })

  test('a rule that ends says when, and keeps its end and its limits when it is edited', async ({ tuppence }) => {
    await tuppence.addSiteRule('today.example', {
      mode: 'Pay without asking',
      mostPerMonth: '7',
      lasts: '24 hours',
      background: true,
    })
    await tuppence.addSiteRule('session.example', { mode: 'Pay without asking', lasts: 'This browser session' })
    const rules = await tuppence.dashboard('Rules')
    const today = rules.getByRole('listitem').filter({ hasText: 'today.example' })
    await expect(rules.getByRole('listitem').filter({ hasText: 'session.example' })).toContainText(
      'Until this browser session ends',
    )
    const until = (await today.getByText(/^Until /).textContent()) ?? 'no end'

    await today.getByRole('button', { name: 'Edit' }).click()
    await expect(rules.getByRole('radio', { name: until })).toBeChecked()
    await rules.getByRole('dialog').getByLabel('Most per payment').fill('0.50')
    await rules.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
    await expect(today).toContainText('Pays up to $0.50 without asking')
    await expect(today).toContainText('No more than $7.00 a month')
    await expect(today).toContainText('Also in tabs you are not looking at')
    await expect(today).toContainText(until)
  })

  test('a backup brings all rules back; what is none changes nothing', async ({ tuppence }) => {
    await tuppence.setRules({ mostPerDay: '3' })
    await tuppence.addSiteRule('shop.example', { mode: 'Block' })
    const settings = await tuppence.dashboard('Settings')
    const saving = settings.waitForEvent('download')
    await settings.getByRole('button', { name: 'Save a backup' }).click()
    const download = await saving
    expect(download.suggestedFilename()).toBe('tuppence-rules.json')
    const backup = await contentOf(download)

    const restore = async (text: string) => {
      const file = { name: 'rules.json', mimeType: 'application/json', buffer: Buffer.from(text) }
      await settings.getByLabel('Backup file').setInputFiles(file)
      await settings.getByRole('button', { name: 'Replace all rules' }).click()
      await expect(settings.getByRole('alertdialog')).toBeHidden()
    }
    const rules = await tuppence.dashboard('Rules')
    await rules.getByLabel('Most per day', { exact: true }).fill('9')
    await rules.getByRole('button', { name: 'Save', exact: true }).click()
    await rules.getByRole('button', { name: 'Remove the rule for shop.example' }).click()
    await expect(rules.getByText('None yet')).toBeVisible()

    await restore(backup.slice(0, -20))
    await expect(settings.getByText('This file is no backup of Tuppence’s rules')).toBeVisible()
    await restore(backup.replace(/"version": \d+/, '"version": 999'))
    await expect(settings.getByText('This backup was made by a newer Tuppence.')).toBeVisible()
    await rules.reload()
    await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('9.00')

    await restore(backup)
    await expect(settings.getByText('Your rules are restored')).toBeVisible()
    await expect(rules.getByRole('listitem').filter({ hasText: 'shop.example' })).toContainText('Never pays')
    await expect(rules.getByLabel('Most per day', { exact: true })).toHaveValue('3.00')
  })
})

test.describe('payments', () => {
  test('the history is exported, oldest payment first', async ({ tuppence, playground }) => {
    for (const article of [TIDE_CLOCK, FARTHING_BRIDGE]) {
      await tuppence.open(playground.shopUrl + article)
      await tuppence.approve()
    }
    await expectStates(tuppence, ['settled', 'settled'])
    const [second, first] = await tuppence.payments()
    const screen = await tuppence.dashboard('Payments')
    const exported = async (format: 'CSV' | 'JSON') => {
      const download = screen.waitForEvent('download')
      await screen.getByRole('button', { name: `Export as ${format}` }).click()
      expect((await download).suggestedFilename()).toBe(`tuppence-payments.${format.toLowerCase()}`)
      return contentOf(await download)
    }

    const [head = '', ...lines] = (await exported('CSV')).split('\r\n')
    expect(lines).toHaveLength(3)
    const cell = (line: string | undefined, name: string) => line?.split(',')[head.split(',').indexOf(name)]
    expect(lines.slice(0, 2).map((line) => cell(line, 'nonce'))).toEqual([first?.nonce, second?.nonce])
    expect(cell(lines[0], 'url')).toBe(playground.shopUrl + TIDE_CLOCK)
    expect(cell(lines[0], 'amount')).toBe('0.02')
    expect(cell(lines[0], 'transaction')).toBe(first?.transaction)
    expect(JSON.parse(await exported('JSON'))).toMatchObject([
      { id: first?.id, state: 'settled', dollars: '0.02', decidedBy: 'user', answerStatus: 200 },
      { id: second?.id },
    ])
  })

  test('what may have been paid says until when it is checked, and can be checked at once', async ({
    tuppence,
    openStall,
  }) => {
    const stall = await openStall({
      routes: {
        'GET /essay': { price: '$0.03', answer: (_, response) => void response.status(500).send('No essay today') },
      },
    })
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expectStates(tuppence, ['unknown'])
    const popup = await tuppence.popup(page)
    await expect(popup.getByText('The page for $0.03 did not come')).toBeVisible()
    await expect(popup.getByText(/^May have been paid\. Checking until \d+:\d\d [AP]M\.$/).first()).toBeVisible()
    await expectAccessible(popup)

    const screen = await tuppence.dashboard('Payments')
    await screen.getByRole('button', { name: 'Check now' }).click()
    await expect(screen.getByText('Checked: one payment is not clear yet')).toBeVisible()
    await screen.getByRole('button', { name: /May have been paid/ }).click()
    await expect(screen.getByRole('dialog')).toContainText(/Checking until \d+:\d\d [AP]M\./)
    await expectAccessible(screen)
  })

  test('what was never proved says so, and how it could be', async ({ tuppence, openStall }) => {
    const settings = await tuppence.dashboard('Settings')
    await settings.getByLabel('RPC address for Base Sepolia').fill('')
    await settings.getByLabel('RPC address for Base Sepolia').press('Enter')
    await expect(settings.getByText('Saved')).toBeVisible()
    const stall = await openStall({
      routes: {
        'GET /essay': { price: '$0.03', answer: (_, response) => void response.status(500).send('No essay today') },
      },
    })
    await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expectStates(tuppence, ['unknown'])

    const screen = await tuppence.dashboard('Payments')
    await screen.clock.setFixedTime(Date.now() + 3_600_000)
    await screen.reload()
    await screen.getByRole('button', { name: 'May have been paid. Nobody could be asked.' }).click()
    await expectAccessible(screen)
    await screen.getByRole('dialog').getByRole('button', { name: 'Choose who to ask' }).click()
    await expect(screen.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
  })
})

test.describe('troubles', () => {
  test('of rules that cannot be read: nothing is paid until safe ones are chosen', async ({ tuppence, playground }) => {
    await tuppence.setRules({ autoPay: true })
    await meddle(tuppence, () => chrome.storage.local.set({ rules: { autoPay: 'perhaps' } }))
    const screen = await tuppence.dashboard('Rules')
    await expect(screen.getByRole('alert')).toContainText('Your rules cannot be read')
    await expectAccessible(screen)
    await screen.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(screen.getByText('Your rules cannot be read, so they are not changed.')).toBeVisible()
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    const popup = await tuppence.popup(page)
    await expect(popup.getByRole('alert')).toContainText('Your rules cannot be read')
    await expect(popup.getByText('Your rules cannot be read, so nothing is paid.')).toBeVisible()
    await expectStates(tuppence, [])
    await expectAccessible(popup)

    await popup.getByRole('button', { name: 'Use safe rules' }).click()
    await expectAccessible(popup)
    await popup.getByRole('alertdialog').getByRole('button', { name: 'Use safe rules' }).click()
    await expect(popup.getByRole('alert')).toBeHidden()
    await screen.reload()
    await expect(screen.getByRole('switch', { name: 'Auto-pay' })).not.toBeChecked()
    await expect(screen.getByRole('alert')).toBeHidden()
  })

  test('of books that were lost: nothing is paid until new ones are begun', async ({ tuppence, playground }) => {
    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.40' })
    const page = await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expectStates(tuppence, ['settled'])
    await meddle(
      tuppence,
      () =>
        new Promise<void>((resolve, reject) => {
          const deletion = indexedDB.deleteDatabase('ledger')
          deletion.onsuccess = () => resolve()
          deletion.onerror = () => reject(deletion.error)
        }),
    )
    const screen = await tuppence.dashboard('Overview')
    await expect(screen.getByRole('alert')).toContainText('The browser has lost what was paid so far')
    await page.goto(playground.shopUrl + FARTHING_BRIDGE)
    const popup = await tuppence.popup(page)
    await expect(popup.getByText('cannot be sure of what was spent so far')).toBeVisible()
    await expectStates(tuppence, [])

    await screen.getByRole('button', { name: 'Begin new books' }).click()
    await screen.getByRole('alertdialog').getByRole('button', { name: 'Begin new books' }).click()
    await expect(screen.getByRole('alert')).toBeHidden()
    await tuppence.reload(page)
    await expectStates(tuppence, ['settled'])
  })

  test('of books that do not add up: nothing is paid until they are counted again', async ({
    tuppence,
    playground,
  }) => {
    await tuppence.setRules({ autoPay: true })
    await tuppence.open(playground.shopUrl + TIDE_CLOCK)
    await expectStates(tuppence, ['settled'])
    await meddle(tuppence, async () => {
      // The books are looked at when the browser starts.
      await chrome.storage.session.remove('begun')
      await new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('ledger')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('tallies', 'readwrite')
          transaction.objectStore('tallies').clear()
          transaction.oncomplete = () => {
            opening.result.close()
            resolve()
          }
        }
      })
    })
    const screen = await tuppence.dashboard('Overview')
    await expect(screen.getByRole('alert')).toContainText('What was spent does not add up')
    await expectAccessible(screen)
    await screen.getByRole('button', { name: 'Count again' }).click()
    await expect(screen.getByRole('alert')).toBeHidden()
    await expect(screen.getByText('Today', { exact: true }).locator('..')).toContainText('$0.02')
  })
})
