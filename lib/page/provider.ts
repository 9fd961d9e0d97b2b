import type { PaymentErrorCode, PaymentOptions, ProviderDetail, X402Provider } from './api'
import { textOf } from './text'
import {
  ANSWER_EVENT,
  ASK_EVENT,
  type Envelope,
  type PageAnswer,
  type PageAnswers,
  type PageAsk,
  type PageRequest,
} from './wire'

/** The browser's own fetch, kept before the page can replace it. */
const nativeFetch = window.fetch.bind(window)

/** A body has to be kept to be sent twice; above this, in bytes, it is sent once, and never paid for. */
const LARGEST_BODY = 8 * 1024 * 1024

/** A 402 may come out of the browser's cache, and then once more where what was bought before did not open. */
const MOST_ANEW = 2

const ICON =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"%3E%3Ccircle cx="8" cy="8" r="8" fill="%23955a26"/%3E%3Ctext x="8" y="12" font-size="11" text-anchor="middle" fill="%23fff"%3E2%3C/text%3E%3C/svg%3E'

/** The provider and what announces it. Everything in it runs as the page: it holds nothing that the page may not know. */
export function createProvider(): ProviderDetail {
  const provider: X402Provider = {
    version: 1,

    async fetch(input, init) {
      const { payment, ...rest } = init ?? {}
      const options = checked(payment)
      const repeatable = await prepare(new Request(input, rest))
      const { request, signal } = repeatable
      const { onDecline, ...said } = options
      let answer = await repeatable.send()
      if (!isDemand(answer)) return answer
      const declined = (code: PaymentErrorCode) => {
        if (onDecline === 'throw') throw paymentError(code)
        return answer
      }
      if (!request) return declined('body_too_large')
      const cancel = () => void ask({ kind: 'cancel', marker: request.marker })
      signal.addEventListener('abort', cancel, { once: true })
      try {
        for (let anew = 0; ; anew += 1) {
          const priced = { ...request, answered: await answered(answer) }
          // It may have given up while that was read.
          signal.throwIfAborted()
          const outcome = await askToPay({ kind: 'pay', request: priced, ...said }, signal)
          if (outcome.kind === 'refused') return declined(outcome.code)
          if (outcome.kind === 'again' && anew >= MOST_ANEW) return declined('failed')
          await answer.body?.cancel()
          answer = await repeatable.send(true)
          if (outcome.kind === 'repeat' || !isDemand(answer)) return answer
        }
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },

    async quote(input, init) {
      const { request, send } = await prepare(new Request(input, init))
      // What the browser remembers may not be the price any more.
      const answer = await send(true)
      const said = isDemand(answer) ? await answered(answer) : null
      await answer.body?.cancel()
      if (!isDemand(answer)) return null
      if (!request) throw paymentError('body_too_large')
      return (await ask({ kind: 'quote', request: { ...request, answered: said } })) ?? null
    },

    async status() {
      return (await ask({ kind: 'status' })) ?? { version: 1, mode: 'ask' }
    },
  }
  const info = { uuid: crypto.randomUUID(), name: 'Tuppence', icon: ICON, rdns: 'org.tuppence' }
  return Object.freeze({ info: Object.freeze(info), provider: Object.freeze(provider) })
}

/** A 402's text, where no header of it is seen to ask for a payment. The answer can be read all the same. */
const answered = async (answer: Response): Promise<string | null> =>
  answer.headers.has('payment-required') ? null : Promise.race([textOf(answer.clone()), nothingFor(READS_FOR_MS)])

/** A body that does not come is none. */
const READS_FOR_MS = 5_000

const nothingFor = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(resolve, ms, null))

/** A payment is asked for by 402, and by 412 where Permit2 lacks an allowance (x402 v2). A plain 412 is the page's own business. */
const isDemand = ({ status, headers }: Response): boolean =>
  status === 402 || (status === 412 && headers.has('payment-required'))

interface Repeatable {
  /** Null when its body is too large to be kept: then it can be sent only once. */
  readonly request: Omit<PageRequest, 'answered'> | null
  readonly signal: AbortSignal
  /** Sends it under its marker: once to see the price, and past the browser's cache when it will be paid. */
  readonly send: (pastCache?: boolean) => Promise<Response>
}

/** Makes a request that can be sent twice and told from all others. Waits until the background watches this tab. */
async function prepare(original: Request): Promise<Repeatable> {
  const { body: stream } = original.clone()
  const body = stream && (await readAll(stream))
  if (body === undefined) return { request: null, signal: original.signal, send: () => nativeFetch(original) }
  const { method, headers, mode, credentials, referrer, referrerPolicy, integrity, keepalive, redirect, signal } =
    original
  const url = original.url.split('#', 1)[0] ?? original.url
  const marker = newMarker()
  const worker = navigator.serviceWorker?.controller ? url : undefined
  const watched = (await ask({ kind: 'watch', worker })) !== undefined
  return {
    request: {
      marker,
      method,
      url,
      bodyDigest: body && (await digest(body)),
      ...(headers.has('authorization') && { isAuthorized: true }),
    },
    signal,
    send: (pastCache = false) =>
      nativeFetch(
        new Request(watched ? `${url}#${marker}` : original.url, {
          method,
          headers,
          body,
          mode,
          credentials,
          referrer,
          referrerPolicy,
          integrity,
          keepalive,
          redirect,
          signal,
          // The browser would answer from its cache with the 402 that it has just seen.
          cache: pastCache ? 'no-store' : original.cache,
        }),
      ),
  }
}

/** What a body holds; undefined when that is too much. Of a stream, no more is read ahead than is kept. */
async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<ArrayBuffer | undefined> {
  const reader = stream.getReader()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(chunks).arrayBuffer()
    size += value.length
    if (size > LARGEST_BODY) {
      // Not waited for: it ends when the other copy does.
      void reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
}

/**
 * A person has five minutes, after which the background says so, and as long again where MetaMask asks them too. Longer than
 * that nobody will answer any more.
 */
const WAITS_MS = 11 * 60_000

type PayAsk = Extract<PageAsk, { kind: 'pay' }>
type Settled = Exclude<PageAnswers['pay'], { kind: 'waiting' }>

/** Asks for a payment, and waits as long as a person takes. Rejects when the page aborts. */
async function askToPay(pay: PayAsk, signal: AbortSignal): Promise<Settled> {
  const nobody: Settled = { kind: 'refused', code: 'failed' }
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const late = new Promise<Settled>((resolve) => setTimeout(resolve, WAITS_MS, nobody))
  try {
    const outcome = await Promise.race([ask(pay, pay.request.marker), late, aborted])
    return outcome && outcome.kind !== 'waiting' ? outcome : nobody
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** What is waited for, by id. */
const asked = new Map<string, (value: PageAnswers[PageAsk['kind']] | undefined) => void>()

document.addEventListener(ANSWER_EVENT, (event) => {
  const { id, content } = JSON.parse((event as CustomEvent<string>).detail) as Envelope<PageAnswer | null>
  const value = content?.value
  // A person is being asked: the answer comes later.
  if (value && 'kind' in value && value.kind === 'waiting') return
  asked.get(id)?.(value)
  asked.delete(id)
})

/** Sends an ask through the relay. Resolves with undefined when nobody is there to answer. */
function ask<Ask extends PageAsk>(content: Ask, id = newMarker()): Promise<PageAnswers[Ask['kind']] | undefined> {
  return new Promise((resolve) => {
    asked.set(id, resolve as (value: unknown) => void)
    const detail = JSON.stringify({ id, content } satisfies Envelope<PageAsk>)
    // The relay prevents the event's default; a page that wrote itself anew has thrown the relay out.
    if (!document.dispatchEvent(new CustomEvent(ASK_EVENT, { detail, cancelable: true }))) return
    asked.delete(id)
    resolve(undefined)
  })
}

const DOLLARS = /^\d{1,12}(\.\d{1,6})?$/
const LONGEST_REASON = 1000

/** The page's options, before anything is sent. Throws `invalid_options`. */
function checked(options: PaymentOptions | null | undefined): PaymentOptions {
  const { maxAmount, reason, onDecline } = options ?? {}
  if (maxAmount !== undefined && !(typeof maxAmount === 'string' && DOLLARS.test(maxAmount)))
    throw paymentError('invalid_options')
  return {
    ...(maxAmount !== undefined && { maxAmount }),
    ...(reason !== undefined && { reason: String(reason).slice(0, LONGEST_REASON) }),
    ...(onDecline !== undefined && { onDecline }),
  }
}

const newMarker = (): string => `x402-${crypto.randomUUID()}`

async function digest(body: ArrayBuffer): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function paymentError(code: PaymentErrorCode): Error {
  return Object.assign(new Error(`The request was not paid: ${code}`), { name: 'PaymentError', code })
}
