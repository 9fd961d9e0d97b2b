import type { BrowserContext, Page } from '@playwright/test'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { type Asked, type Settings, STAND_IN_ID } from './settings.ts'

/** As much of the browser's extension API as is used in the stand-in's page, and the browser's own page of extensions. */
declare const chrome: {
  storage: { local: { get(keys: object): Promise<object>; set(values: object): Promise<void> } }
  management: { setEnabled(id: string, on: boolean): Promise<void>; uninstallSelf(): Promise<void> }
}

/** The stand-in for MetaMask in a running browser, and the person in front of it. */
export class StandIn {
  readonly id = STAND_IN_ID
  readonly key: Hex
  readonly address: Address
  readonly #context: BrowserContext
  #page: Page

  private constructor(context: BrowserContext, page: Page, key: Hex) {
    this.#context = context
    this.#page = page
    this.key = key
    this.address = privateKeyToAddress(key)
  }

  /** Gives the stand-in of this browser a new account. Its transactions go to `rpcUrl`. */
  static async in(context: BrowserContext, rpcUrl: string): Promise<StandIn> {
    const standIn = new StandIn(context, await ownPage(context), generatePrivateKey())
    await standIn.set({ keys: [standIn.key], rpcUrl })
    return standIn
  }

  async set(changes: Partial<Settings>): Promise<void> {
    await this.#page.evaluate((values) => chrome.storage.local.set(values), changes)
  }

  /** What it was asked, oldest first; the methods that need nobody left out. */
  async asked(): Promise<readonly Asked[]> {
    const { asked } = (await this.#page.evaluate(() => chrome.storage.local.get({ asked: [] }))) as { asked: Asked[] }
    return asked.filter(({ method }) => !ALONE.includes(method))
  }

  /** Switches the extension off or on, as people do on the browser's page of extensions. */
  async switch(on: boolean): Promise<void> {
    const page = await this.#context.newPage()
    await page.goto('chrome://extensions')
    await page.evaluate(([id, on]) => chrome.management.setEnabled(id, on), [this.id, on] as const)
    await page.close()
    if (on) this.#page = await ownPage(this.#context)
  }

  /** Removes the extension. */
  async remove(): Promise<void> {
    const closed = this.#page.waitForEvent('close')
    // The page may be gone before it has answered.
    await this.#page.evaluate(() => void chrome.management.uninstallSelf()).catch(() => undefined)
    await closed
  }

  /** How often this was asked. */
  async count(method: string): Promise<number> {
    return (await this.asked()).filter((one) => one.method === method).length
  }
}

/** A page with the stand-in's rights, behind the tab under test. */
async function ownPage(context: BrowserContext): Promise<Page> {
  const front = context.pages().at(-1)
  const page = await context.newPage()
  // Any file of the extension has the extension's rights as a page.
  await page.goto(`chrome-extension://${STAND_IN_ID}/manifest.json`)
  await front?.bringToFront()
  return page
}

const ALONE = ['metamask_getProviderState', 'eth_accounts', 'eth_chainId']
