import { generatePrivateKey } from 'viem/accounts'
import type { z } from 'zod'
import type { MessageName, Protocol } from '../../lib/messaging/protocol.ts'
import { NETWORK, USDC } from '../../playground/chain.ts'
import type { Browser } from './browser.ts'
import type { Tab } from './devtools.ts'

type Input<Name extends MessageName> = z.input<Protocol[Name]['input']>
type Answer<Name extends MessageName> = z.input<Protocol[Name]['output']>

/** As much of the browser's extension API as is used here. Only ever named inside of extension pages. */
declare const chrome: {
  runtime: { sendMessage(message: unknown): Promise<{ res?: { ok: boolean; value?: unknown } }> }
}

/** The extension in a running browser, asked with its screens' own messages from one of its own files. */
export class Extension {
  /** A page of the extension's without a script. It stays open. */
  readonly own: Tab

  private constructor(own: Tab) {
    this.own = own
  }

  static async in({ origin, openTab }: Browser): Promise<Extension> {
    const own = await openTab()
    await own.load(`${origin}/manifest.json`)
    return new Extension(own)
  }

  /** @throws Error when the background says no */
  async ask<Name extends MessageName>(
    type: Name,
    ...[data]: undefined extends Input<Name> ? [] : [Input<Name>]
  ): Promise<Answer<Name>> {
    const message = { id: 1, type, data, timestamp: 1 }
    const { res } = await this.own.call((message) => chrome.runtime.sendMessage(message), message)
    if (!res?.ok) throw new Error(`Tuppence answered "${type}" with ${JSON.stringify(res)}.`)
    return res.value as Answer<Name>
  }

  /** Gives it a wallet, unlocked, and the address that answers for the playground's network, and allows its test money. */
  async openWallet(rpcUrl: string): Promise<void> {
    await this.ask('wallet.import', { secret: generatePrivateKey(), password: 'only play money' })
    await this.ask('networks.set', { id: NETWORK, rpcUrl })
    const rules = await this.ask('rules.get')
    await this.ask('rules.set', { ...rules, tokens: [`${NETWORK}/${USDC.toLowerCase()}`] })
  }

  /** Pays without asking up to so many micro-dollars, a day, with no other limit. */
  async autoPay(perDay: bigint): Promise<void> {
    const most = perDay.toString()
    const rules = await this.ask('rules.get')
    await this.ask('rules.set', {
      ...rules,
      autoPay: true,
      mostPerPayment: most,
      mostPerDay: most,
      mostPerMonth: null,
      mostPerSiteAndDay: most,
    })
  }
}
