import type { PaymentErrorCode, PaymentOptions, ProviderDetail, X402Provider } from './api'
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

/** A body has to be kept to be sent twice; above this it is sent once, and never paid for. */
const LARGEST_BODY = 8 * 1024 * 1024

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
      const answer = await repeatable.send()
      if (answer.status !== 402) return answer
      const cancel = () => void ask({ kind: 'cancel', marker: request.marker })
      signal.addEventListener('abort', cancel, { once: true })
      try {
        const { onDecline, ...said } = options
        const outcome = await askToPay({ kind: 'pay', request, ...said }, signal)
        if (outcome.kind === 'repeat') {
          await answer.body?.cancel()
          return await repeatable.send(true)
        }
        if (onDecline === 'throw') throw paymentError(outcome.code)
        return answer
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },

    async quote(input, init) {
      const repeatable = await prepare(new Request(input, init))
      const answer = await repeatable.send()
      if (answer.status !== 402) return null
      await answer.body?.cancel()
      return (await ask({ kind: 'quote', request: repeatable.request })) ?? null
    },

    async status() {
      return (await ask({ kind: 'status' })) ?? { version: 1, mode: 'ask' }
    },
  }
  const info = { uuid: crypto.randomUUID(), name: 'Tuppence', icon: ICON, rdns: 'org.tuppence' }
  return Object.freeze({ info: Object.freeze(info), provider: Object.freeze(provider) })
}

interface Repeatable {
  readonly request: PageRequest
  readonly signal: AbortSignal
  /** Sends it under its marker: once to see the price, and once more when it will be paid. */
  send(paid?: boolean): Promise<Response>
}

/** Makes a request that can be sent twice and told from all others. Waits until the background watches this tab. */
async function prepare(original: Request): Promise<Repeatable> {
  const body = original.body === null ? null : await original.arrayBuffer()
  const { method, headers, mode, credentials, referrer, referrerPolicy, integrity, keepalive, redirect, signal } =
    original
  const url = original.url.split('#', 1)[0] ?? original.url
  const marker = newMarker()
  const watched = (body?.byteLength ?? 0) <= LARGEST_BODY && (await ask({ kind: 'watch' })) !== undefined
  return {
    request: { marker, method, url, bodyDigest: body && (await digest(body)) },
    signal,
    send: (paid = false) =>
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
          cache: paid ? 'no-store' : original.cache,
        }),
      ),
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
