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
      const { payment = {}, ...rest } = init ?? {}
      const repeatable = await prepare(new Request(input, rest))
      const answer = await repeatable.send()
      if (answer.status !== 402) return answer
      const outcome = await askToPay(repeatable.request, payment, repeatable.signal)
      if (outcome.kind === 'repeat') {
        await answer.body?.cancel()
        return repeatable.send(outcome.marker)
      }
      if (payment.onDecline === 'throw') throw paymentError(outcome.code)
      return answer
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
  /** Sends it with its own marker, or once more with the marker that will be paid. */
  send(paidMarker?: string): Promise<Response>
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
    send: (paidMarker) =>
      nativeFetch(
        new Request(watched ? `${url}#${paidMarker ?? marker}` : original.url, {
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
          cache: paidMarker ? 'no-store' : original.cache,
        }),
      ),
  }
}

type Settled = Exclude<PageAnswers['pay'], { kind: 'waiting' }>

/** Asks for a payment and waits as long as a person takes. Rejects when the page aborts. */
async function askToPay(
  request: PageRequest,
  { maxAmount, reason }: PaymentOptions,
  signal: AbortSignal,
): Promise<Settled> {
  const abandon = () => void ask({ kind: 'cancel', marker: request.marker })
  signal.addEventListener('abort', abandon, { once: true })
  try {
    const outcome = await ask({ kind: 'pay', request, maxAmount, reason }, request.marker, signal)
    return outcome && outcome.kind !== 'waiting' ? outcome : { kind: 'refused', code: 'failed' }
  } finally {
    signal.removeEventListener('abort', abandon)
  }
}

/** Sends an ask through the relay. Resolves with undefined when nobody is there to answer. */
function ask<Ask extends PageAsk>(
  content: Ask,
  id = newMarker(),
  signal?: AbortSignal,
): Promise<PageAnswers[Ask['kind']] | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => document.removeEventListener(ANSWER_EVENT, onAnswer)
    const onAnswer = (event: Event) => {
      const answer = JSON.parse((event as CustomEvent<string>).detail) as Envelope<PageAnswer<
        PageAnswers[Ask['kind']]
      > | null>
      const value = answer.content?.value
      if (answer.id !== id || (value as { kind?: string } | null | undefined)?.kind === 'waiting') return
      stop()
      resolve(value)
    }
    document.addEventListener(ANSWER_EVENT, onAnswer)
    const onAbort = () => {
      stop()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    document.dispatchEvent(
      new CustomEvent(ASK_EVENT, { detail: JSON.stringify({ id, content } satisfies Envelope<PageAsk>) }),
    )
  })
}

const newMarker = (): string => `x402-${crypto.randomUUID()}`

async function digest(body: ArrayBuffer): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', body))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function paymentError(code: PaymentErrorCode): Error {
  return Object.assign(new Error(`The request was not paid: ${code}`), { name: 'PaymentError', code })
}
