import { z } from 'zod'

const answerSchema = z.object({
  id: z.int().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
})

const evaluationSchema = z.object({
  result: z.object({ value: z.unknown().optional(), description: z.string().optional() }),
  exceptionDetails: z.object({ exception: z.object({ description: z.string().optional() }).optional() }).optional(),
})

/** A connection to a browser's DevTools. */
export class DevTools {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(String(data)))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The browser has closed.'))
    })
  }

  /** @throws Error when nothing answers there */
  static async at(url: string): Promise<DevTools> {
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true })
      socket.addEventListener('error', () => reject(new Error(`No DevTools at ${url}.`)), { once: true })
    })
    return new DevTools(socket)
  }

  /** @throws Error with what the browser says against it */
  async send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('The browser has closed.')
    const id = ++this.#lastId
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }))
    return answer.promise
  }

  /** Opens an empty tab in front of all others and attaches to it, and to nothing else. */
  async openTab(): Promise<Tab> {
    const target = z.object({ targetId: z.string() })
    const { targetId } = target.parse(await this.send('Target.createTarget', { url: 'about:blank' }))
    const attached = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const { sessionId } = z.object({ sessionId: z.string() }).parse(attached)
    return new Tab(this, targetId, sessionId)
  }

  #receive(text: string): void {
    const { id = 0, result, error } = answerSchema.parse(JSON.parse(text))
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) waiting?.reject(new Error(error.message))
    else waiting?.resolve(result)
  }
}

/** A tab of the browser. */
export class Tab {
  readonly #devTools: DevTools
  readonly #targetId: string
  readonly #sessionId: string

  constructor(devTools: DevTools, targetId: string, sessionId: string) {
    this.#devTools = devTools
    this.#targetId = targetId
    this.#sessionId = sessionId
  }

  send(method: string, params?: object): Promise<unknown> {
    return this.#devTools.send(method, params, this.#sessionId)
  }

  /** Shows an address, and resolves after its load event. */
  async load(url: string): Promise<void> {
    await this.send('Page.navigate', { url })
    await this.call(
      () =>
        new Promise<void>((resolve) => {
          // The load event has its end in the page's own timings only after its listeners ran.
          const finish = () => void setTimeout(resolve)
          if (document.readyState === 'complete') finish()
          else addEventListener('load', finish, { once: true })
        }),
    )
  }

  /**
   * Runs a function in the page, with arguments that are plain JSON, and gives what it returns or resolves with. The
   * function sees the page's names and none of the module that it is written in.
   * @throws Error with what the function threw
   */
  async call<Args extends readonly unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    const evaluation = await this.send('Runtime.evaluate', {
      expression: `(${run})(...${JSON.stringify(args)})`,
      awaitPromise: true,
      returnByValue: true,
    })
    const { result, exceptionDetails } = evaluationSchema.parse(evaluation)
    if (exceptionDetails)
      throw new Error(`The page threw: ${exceptionDetails.exception?.description ?? result.description}`)
    return result.value as Result
  }

  async close(): Promise<void> {
    await this.#devTools.send('Target.closeTarget', { targetId: this.#targetId })
  }
}
