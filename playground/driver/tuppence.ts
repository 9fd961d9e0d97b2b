import { randomUUID } from 'node:crypto'
import type { BrowserContext, Locator, Page } from '@playwright/test'
import type { z } from 'zod'
import type { MessageName, Protocol } from '../../lib/messaging/protocol.ts'
import { until } from './until.ts'

/** What the background answers, as it travels: amounts are decimal strings. */
type Answer<Name extends MessageName> = z.input<Protocol[Name]['output']>
type Input<Name extends MessageName> = z.input<Protocol[Name]['input']>

export type Payment = Answer<'payments.list'>[number]
export type Approval = Answer<'approvals.list'>[number]
export type TabState = Answer<'tab.get'>

/**
 * The rules of everywhere, as people type them: amounts are dollars, like "0.10", and "" is no limit where there can be none.
 * What is left out stays as it is.
 */
export interface RuleChanges {
  readonly autoPay?: boolean
  readonly askNewSites?: boolean
  readonly mostPerPayment?: string
  readonly mostPerDay?: string
  readonly mostPerWeek?: string
  readonly mostPerMonth?: string
  readonly mostPerSiteAndDay?: string
  readonly mostPerMinute?: string
}

/** A site's own rule, as people choose and type it. What is left out stays as the form has it. */
export interface SiteRuleChoice {
  readonly mode: 'Pay without asking' | 'Ask' | 'Block'
  /** For the whole domain of the site, not only for the site. */
  readonly wholeDomain?: boolean
  readonly mostPerPayment?: string
  readonly mostPerDay?: string
  readonly mostPerWeek?: string
  readonly mostPerMonth?: string
  readonly mostPerMinute?: string
  readonly lasts?: 'Until I change it' | '24 hours' | 'This browser session'
  /** Also in tabs that nobody looks at. */
  readonly background?: boolean
  /** Let the site know an account again that has paid it. */
  readonly signIn?: boolean
}

/** As much of the browser's extension API as the driver uses. Only ever named inside of extension pages. */
declare const chrome: {
  runtime: {
    sendMessage(message: unknown): Promise<unknown>
    getContexts(filter: object): Promise<{ documentUrl?: string }[]>
  }
  tabs: {
    query(query: object): Promise<{ id?: number; url?: string; active: boolean }[]>
    reload(tabId: number): Promise<void>
  }
  windows: { create(window: object): Promise<unknown> }
}

/** The most payments that the background gives at once. */
const PAGE = 200

/** What the question and its button begin with. */
const PAY = /^(Pay|Pay up to|Open a prepaid tab of) \$/

/** As large as the windows that the extension itself opens. */
const WINDOW_SIZE = { width: 400, height: 640 }
/** As large as an ordinary tab. */
export const TAB_SIZE = { width: 1200, height: 800 }

/**
 * The extension in a running browser, used as a person uses it: what changes anything goes through its screens. What only
 * looks asks the background with the screens' own messages.
 *
 * The driver sends those from a page of its own, and opens screens in windows of their own without focus. So the tab under
 * test stays its window's active tab, which auto-pay depends on.
 */
export class Tuppence {
  readonly context: BrowserContext
  readonly #origin: string
  readonly #own: Page
  #approvalScreen: Page | null = null
  /** What the background has said of errors lately: it tells the screens no more than that there was one. */
  readonly #troubles: string[] = []

  private constructor(context: BrowserContext, origin: string, own: Page) {
    this.context = context
    this.#origin = origin
    this.#own = own
    context.on('console', (message) => {
      if (message.type() === 'error' && message.worker()) this.#troubles.push(message.text())
    })
  }

  /** Takes over a browser that has the extension loaded under `origin`. */
  static async in(context: BrowserContext, origin: string): Promise<Tuppence> {
    const own = context.pages()[0] ?? (await context.newPage())
    // Any file of the extension has the extension's rights as a page; this one has no script that could interfere.
    await own.goto(`${origin}/manifest.json`)
    return new Tuppence(context, origin, own)
  }

  /** Opens an address in a new tab, which becomes the active one. A 402 is no error. */
  async open(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  /** Opens an address in a new window, where its tab is the active one whatever the other windows show. */
  async openWindow(url: string): Promise<Page> {
    const blank = `about:blank#${randomUUID()}`
    const [page] = await Promise.all([
      this.context.waitForEvent('page', { predicate: (page) => page.url() === blank }),
      this.#own.evaluate((url) => chrome.windows.create({ url }), blank),
    ])
    await page.goto(url)
    return page
  }

  /** Loads the page again as F5 does. Playwright's own reload fails while the extension is just doing the same. */
  async reload(page: Page): Promise<void> {
    const tabId = await this.#tabIdOf(page)
    await Promise.all([
      page.waitForEvent('domcontentloaded'),
      this.#own.evaluate((id) => chrome.tabs.reload(id), tabId),
    ])
  }

  /** Opens one of the extension's screens, like "popup.html", in a window of its own. */
  async screen(path: string, size = WINDOW_SIZE): Promise<Page> {
    const blank = `about:blank#${randomUUID()}`
    const [page] = await Promise.all([
      this.context.waitForEvent('page', { predicate: (page) => page.url() === blank }),
      this.#own.evaluate(([url, size]) => chrome.windows.create({ url, type: 'popup', focused: false, ...size }), [
        blank,
        size,
      ] as const),
    ])
    await page.setViewportSize(size)
    await page.goto(`${this.#origin}/${path}`)
    return page
  }

  /** The toolbar popup as it shows above this tab. */
  async popup(page: Page): Promise<Page> {
    const tabId = await this.#tabIdOf(page)
    const screen = await this.screen('popup.html')
    // In a window of its own it takes itself for the tab: it is told which one it is about.
    await screen.addInitScript((id) => {
      chrome.tabs.query = async () => [{ id, active: true }]
    }, tabId)
    await screen.reload()
    return screen
  }

  /** Opens a page of the dashboard by the name of its link. */
  async dashboard(link: 'Overview' | 'Payments' | 'Rules' | 'Wallets' | 'Settings'): Promise<Page> {
    const screen = await this.screen('dashboard.html', TAB_SIZE)
    await screen.getByRole('link', { name: link, exact: true }).click()
    return screen
  }

  /** Imports a private key or recovery phrase on the welcome screen. The wallet is unlocked afterwards. */
  async importWallet({ secret, password }: { secret: string; password: string }): Promise<void> {
    const screen = await this.screen('welcome.html')
    await screen.getByRole('button', { name: 'Import a wallet' }).click()
    await screen.getByLabel('Recovery phrase or private key').fill(secret)
    await screen.getByLabel('Password', { exact: true }).fill(password)
    await screen.getByLabel('Repeat password').fill(password)
    await screen.getByRole('button', { name: 'Continue' }).click()
    await until(
      () => this.wallet(),
      ({ state }) => state === 'unlocked',
      'The wallet was not imported',
    )
    await screen.close()
  }

  /** Adds the account of a private key to the wallet, which has to be unlocked. */
  async importKey(secret: string): Promise<void> {
    const screen = await this.dashboard('Wallets')
    await screen.getByRole('button', { name: 'Import a private key' }).click()
    const dialog = screen.getByRole('dialog')
    await dialog.getByLabel('Private key').fill(secret)
    await dialog.getByRole('button', { name: 'Import', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await screen.close()
  }

  /** Writes down in Settings who is asked about a network, which goes by its name ("Base Sepolia"). */
  async setRpc(networkName: string, url: string): Promise<void> {
    const screen = await this.dashboard('Settings')
    const field = screen.getByLabel(`RPC address for ${networkName}`, { exact: true })
    await unfold(screen, field)
    await field.fill(url)
    await field.press('Enter')
    await until(
      () => this.#ask('networks.get'),
      (networks) => networks.some(({ rpcUrl }) => rpcUrl !== null && new URL(rpcUrl).href === new URL(url).href),
      `Settings did not take ${url} for ${networkName}`,
    )
    await screen.close()
  }

  /** Takes this extension for MetaMask from now on, written down in Settings. */
  async setMetaMask(extensionId: string): Promise<void> {
    const screen = await this.dashboard('Settings')
    const field = screen.getByLabel('Extension id of MetaMask')
    await field.fill(extensionId)
    await field.press('Enter')
    await screen.getByText('Saved').waitFor()
    await screen.close()
  }

  /** Connects MetaMask on the Wallets page, and gives the account that it chose. */
  async connectMetaMask(): Promise<string> {
    const screen = await this.dashboard('Wallets')
    await screen.getByRole('button', { name: 'Connect MetaMask' }).click()
    await screen.getByText('Connected account').waitFor()
    await screen.close()
    return (await this.#ask('metamask.get')).account ?? ''
  }

  /** Pays with MetaMask's account from now on, or with the wallet's own again. */
  async payWithMetaMask(on: boolean): Promise<void> {
    const screen = await this.dashboard('Wallets')
    const pays = screen.getByRole('switch', { name: 'Pay with MetaMask' })
    if ((await pays.isChecked()) !== on) await pays.click()
    await screen.getByRole('switch', { name: 'Pay with MetaMask', checked: on }).waitFor()
    await screen.close()
  }

  /** Changes the rules of everywhere on the Rules screen. */
  async setRules(changes: RuleChanges): Promise<void> {
    const screen = await this.dashboard('Rules')
    const switches = {
      'Auto-pay': changes.autoPay,
      'Ask before the first payment to a site': changes.askNewSites,
    }
    for (const [name, on] of Object.entries(switches))
      if (on !== undefined) await screen.getByRole('switch', { name }).setChecked(on)
    const fields = {
      'Most per payment': changes.mostPerPayment,
      'Most per day': changes.mostPerDay,
      'Most per week': changes.mostPerWeek,
      'Most per month': changes.mostPerMonth,
      'Most per site and day': changes.mostPerSiteAndDay,
      'Most payments per minute': changes.mostPerMinute,
    }
    for (const [label, text] of Object.entries(fields))
      if (text !== undefined) await screen.getByLabel(label, { exact: true }).fill(text)
    await screen.getByRole('button', { name: 'Save', exact: true }).click()
    await screen.getByText('Saved').waitFor()
    await screen.close()
  }

  /** Allows payments in a token, by its switch on the Rules screen ("USDC on Base Sepolia"). Test money needs it. */
  async allowToken(name: string): Promise<void> {
    const screen = await this.dashboard('Rules')
    const token = screen.getByRole('switch', { name, exact: true, includeHidden: true })
    await unfold(screen, token)
    if (!(await token.isChecked())) await token.click()
    await screen.getByRole('switch', { name, exact: true, checked: true }).waitFor()
    await screen.close()
  }

  /** Gives a site (its host, or an address of its) that has no rule yet one of its own, on the Rules screen. */
  async addSiteRule(site: string, rule: SiteRuleChoice): Promise<void> {
    const screen = await this.dashboard('Rules')
    await screen.getByRole('button', { name: 'Add a site' }).click()
    const dialog = screen.getByRole('dialog')
    const choose = (name: string | RegExp) => dialog.getByRole('radio', { name, exact: true }).click()
    await dialog.getByLabel('Site', { exact: true }).fill(site)
    if (rule.wholeDomain) await choose(/^The whole domain /)
    await choose(rule.mode)
    const fields = {
      'Most per payment': rule.mostPerPayment,
      'Most per day': rule.mostPerDay,
      'Most per week': rule.mostPerWeek,
      'Most per month': rule.mostPerMonth,
      'Most payments per minute': rule.mostPerMinute,
    }
    for (const [label, text] of Object.entries(fields))
      if (text !== undefined) await dialog.getByLabel(label, { exact: true }).fill(text)
    if (rule.lasts) await choose(rule.lasts)
    if (rule.background !== undefined)
      await dialog.getByRole('switch', { name: 'Also in tabs I am not looking at' }).setChecked(rule.background)
    if (rule.signIn) await dialog.getByRole('switch', { name: 'Open again what I bought before' }).setChecked(true)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await screen.close()
  }

  /** Waits until a payment asks for an answer, and gives the approval screen that shows it. */
  async approval(): Promise<Page> {
    await until(
      () => this.pendingApprovals(),
      (approvals) => approvals.length > 0,
      'No payment asked to be approved',
    )
    if (!this.#approvalScreen || this.#approvalScreen.isClosed())
      this.#approvalScreen = await this.screen('approval.html')
    await this.#approvalScreen.getByRole('heading', { name: PAY }).waitFor()
    return this.#approvalScreen
  }

  /** Pays the payment that waits longest, once there is one. */
  approve(): Promise<void> {
    return this.#answer(PAY)
  }

  /** Declines the payment that waits longest, once there is one. */
  decline(): Promise<void> {
    return this.#answer('Decline')
  }

  /** Types the password where it is asked for: on the approval screen if one is open, in the popup otherwise. */
  async unlock(password: string): Promise<void> {
    const open = this.#approvalScreen && !this.#approvalScreen.isClosed() ? this.#approvalScreen : null
    const screen = open ?? (await this.screen('popup.html'))
    await screen.getByLabel('Password', { exact: true }).fill(password)
    await screen.getByRole('button', { name: 'Unlock' }).click()
    await until(
      () => this.wallet(),
      ({ state }) => state === 'unlocked',
      'The password did not unlock the wallet',
    )
    if (!open) await screen.close()
  }

  wallet(): Promise<Answer<'wallet.get'>> {
    return this.#ask('wallet.get')
  }

  /** Every prepaid tab, newest first. */
  tabs(): Promise<Answer<'tabs.list'>> {
    return this.#ask('tabs.list')
  }

  /** What waits for an answer, oldest first. */
  pendingApprovals(): Promise<Approval[]> {
    return this.#ask('approvals.list')
  }

  /** Every payment made since then (Unix milliseconds), newest first. */
  async payments(since = 0): Promise<Payment[]> {
    const found: Payment[] = []
    for (;;) {
      const last = found.at(-1)
      const after = last && { createdAt: last.createdAt, id: last.id }
      const page = await this.#ask('payments.list', { limit: PAGE, ...(after && { after }) })
      const recent = page.filter(({ createdAt }) => createdAt >= since)
      found.push(...recent)
      if (recent.length < PAGE) return found
    }
  }

  /** What was spent today, in the kind of money that was spent last, with what open payments hold. */
  async spentToday(): Promise<Answer<'spending.get'>['day']> {
    return (await this.#ask('spending.get')).day
  }

  /**
   * What the extension knows of the page in this tab.
   * @throws Error when no tab shows the page
   */
  async tabState(page: Page): Promise<TabState> {
    return this.#ask('tab.get', { tabId: await this.#tabIdOf(page) })
  }

  /** The addresses of all screens that are open now, the toolbar's popup included. */
  async openScreens(): Promise<string[]> {
    const contexts = await this.#own.evaluate(() => chrome.runtime.getContexts({}))
    return contexts.flatMap(({ documentUrl }) => documentUrl ?? [])
  }

  /** Ends the background's worker, as the browser does after half a minute of silence. */
  async killWorker(): Promise<void> {
    const session = await this.context.newCDPSession(this.#own)
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.stopAllWorkers')
    await session.detach()
  }

  /** Ends the browser's main process by force, as a crash or the system does: nobody gets to finish anything. */
  async killBrowser(): Promise<void> {
    const session = await this.context.browser()?.newBrowserCDPSession()
    const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {}
    const main = processInfo.find(({ type }) => type === 'browser')
    if (!main) throw new Error('The browser does not name its main process.')
    const closed = this.context.waitForEvent('close')
    process.kill(main.id, 'SIGKILL')
    await closed
  }

  /** Closes the driver's own page. The browser belongs to its user from then on; the driver can do nothing more. */
  async leave(): Promise<void> {
    await this.#own.close()
  }

  /** Closes the browser. */
  async close(): Promise<void> {
    await this.context.close()
  }

  /** Where several tabs show the same address, the active one is meant. */
  async #tabIdOf(page: Page): Promise<number> {
    // While a page goes on to another address, the browser and Playwright may disagree for a moment.
    const id = await until(
      async () => {
        const tabs = await this.#own.evaluate(() => chrome.tabs.query({}))
        const showing = tabs.filter(({ url }) => url === page.url())
        return (showing.find(({ active }) => active) ?? showing[0])?.id
      },
      (id) => id !== undefined,
      `No tab shows ${page.url()}`,
    )
    return id as number
  }

  async #answer(button: string | RegExp): Promise<void> {
    const screen = await this.approval()
    const [oldest] = await this.pendingApprovals()
    await screen.getByRole('button', { name: button }).click()
    await until(
      () => this.pendingApprovals(),
      (approvals) => approvals.every(({ id }) => id !== oldest?.id),
      'The payment still waits after it was answered',
    )
    this.#approvalScreen = null
    await screen.close()
  }

  async #ask<Name extends MessageName>(
    type: Name,
    ...[data]: undefined extends Input<Name> ? [] : [Input<Name>]
  ): Promise<Answer<Name>> {
    const message = { id: Date.now(), type, data, timestamp: Date.now() }
    const answer = await this.#own.evaluate((message) => chrome.runtime.sendMessage(message), message)
    const { res, err } = answer as { res?: { ok: boolean; value?: unknown; code?: string }; err?: unknown }
    if (!res?.ok) {
      const why = res?.code ?? JSON.stringify(err ?? answer)
      throw new Error([`Tuppence answered "${type}" with ${why}.`, ...this.#troubles.slice(-3)].join('\n'))
    }
    return res.value as Answer<Name>
  }
}

/** Opens what is folded away on a screen when something is in there, once it has shown. */
async function unfold(screen: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor({ state: 'attached' })
  for (const fold of await screen.locator('details:not([open])', { has: wanted }).all())
    await fold.locator('summary').click()
}
