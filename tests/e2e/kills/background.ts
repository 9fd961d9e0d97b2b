import type { CDPSession } from '@playwright/test'
import type { Tuppence } from '../../../playground/driver/tuppence.ts'
import { hook, type Point } from './hook.ts'

const COMES_WITHIN_MS = 10_000

interface Message {
  readonly id?: number
  readonly method?: string
  readonly result?: { readonly result?: { readonly value?: unknown }; readonly exceptionDetails?: unknown }
  readonly error?: { readonly message: string }
}

/**
 * The extension's background under the debugger: it stands still at an exact point of its work, and can be killed there. The
 * build is the real one; what finds the point is put into the running worker. The debugger stays with it over all its lives.
 */
export class Background {
  readonly #tuppence: Tuppence
  readonly #browser: CDPSession
  readonly #sessionId: string
  readonly #waiting = new Map<number, PromiseWithResolvers<Message['result']>>()
  #halted = Promise.withResolvers<void>()
  #lastId = 0

  private constructor(tuppence: Tuppence, browser: CDPSession, sessionId: string) {
    this.#tuppence = tuppence
    this.#browser = browser
    this.#sessionId = sessionId
    browser.on('Target.receivedMessageFromTarget', ({ message }) => this.#receive(JSON.parse(message)))
  }

  /** @throws Error when there is no background to be found */
  static async of(tuppence: Tuppence): Promise<Background> {
    const browser = await tuppence.context.browser()?.newBrowserCDPSession()
    const { targetInfos = [] } = (await browser?.send('Target.getTargets')) ?? {}
    const worker = targetInfos.find(({ type, url }) => type === 'service_worker' && /^chrome-extension:/.test(url))
    if (!browser || !worker) throw new Error('The browser has no extension with a worker.')
    // Not "flat": Playwright throws away the messages of sessions that it did not make itself.
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId: worker.targetId, flatten: false })
    const background = new Background(tuppence, browser, sessionId)
    await background.#send('Debugger.enable')
    return background
  }

  /**
   * From now on the background stands still when it comes to this point, once. Wakes it; a background that stands still is
   * told all the same, and goes on with `resume`.
   */
  async haltAt(point: Point): Promise<void> {
    this.#halted = Promise.withResolvers()
    await this.#evaluate(`(${hook})(${JSON.stringify(point)})`)
  }

  /**
   * Kills the background where it stands, and halts its next life at this point. Nothing that its next life does of itself
   * comes before that: the debugger's word waits for it.
   */
  async killAndHaltAt(point: Point): Promise<void> {
    await this.kill()
    void this.haltAt(point)
  }

  /** Resolves once the background stands still. */
  async halted(): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error('The background never came to the point where it should halt.')),
      COMES_WITHIN_MS,
    )
    await Promise.race([this.#halted.promise, late.promise]).finally(() => clearTimeout(timer))
  }

  /** Lets it go on from where it stands. */
  async resume(): Promise<void> {
    await this.#send('Debugger.resume')
  }

  /** How often it opened the vault since `haltAt`. */
  async decryptions(): Promise<number> {
    return Number(await this.#evaluate('globalThis.decryptions'))
  }

  /** Ends it, standing still or not. */
  kill(): Promise<void> {
    return this.#tuppence.killWorker()
  }

  async #evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', { expression })) ?? {}
    if (exceptionDetails) throw new Error(`The background threw: ${JSON.stringify(exceptionDetails)}`)
    return result?.value
  }

  async #send(method: string, params: object = {}): Promise<Message['result']> {
    const id = ++this.#lastId
    const answer = Promise.withResolvers<Message['result']>()
    this.#waiting.set(id, answer)
    const message = JSON.stringify({ id, method, params })
    await this.#browser.send('Target.sendMessageToTarget', { sessionId: this.#sessionId, message })
    return answer.promise
  }

  #receive({ id = 0, method, result, error }: Message): void {
    if (method === 'Debugger.paused') this.#halted.resolve()
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new Error(error.message))
    else waiting?.resolve(result)
  }
}
