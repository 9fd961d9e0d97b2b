import { encodePaymentResponseHeader } from '@x402/core/http'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor, PaidAnswer, RepeatableRequest, TabDocument } from '@/lib/intercept/interceptor'
import { boundary } from './boundary'
import type { Chain, SignedTransfer } from './chain'

/** How a server treats a payment: honest or not, it may do anything but forge. */
export interface Plan {
  /** When it puts the payment on the chain, if it ever does. */
  readonly settles: 'now' | 'later' | 'twice' | 'never'
  /** What it answers; 0 for a connection that fails. */
  readonly status: 200 | 402 | 500 | 0
  /** What it says of the settlement. */
  readonly says: 'truth' | 'lie' | 'nothing'
  /** When the answer arrives. */
  readonly answers: 'now' | 'later' | 'never'
}

interface Tab {
  readonly documentId: string
  readonly url: string
}

/** The browser and the servers behind it. Both outlive the background. */
export class Browser {
  readonly tabs = new Map<number, Tab>()
  /** The tabs in front of their windows. */
  readonly #inFront = new Set<number>()
  /** What the servers hold of the wallet's: every signature that ever reached one, with the bytes that carried it. */
  readonly received = new Map<string, { readonly signed: SignedTransfer; readonly bytes: string }>()
  /** Answers on their way. */
  readonly #late: (() => void)[] = []
  readonly plans = new Map<string, Plan>()
  readonly #chain: Chain
  readonly #onReceived: (credential: Credential, signed: SignedTransfer) => Promise<void>
  #documents = 0

  constructor(chain: Chain, onReceived: (credential: Credential, signed: SignedTransfer) => Promise<void>) {
    this.#chain = chain
    this.#onReceived = onReceived
  }

  /** A tab loads a page. */
  show(tabId: number, url: string): TabDocument {
    this.#documents += 1
    const documentId = `document ${this.#documents}`
    this.tabs.set(tabId, { documentId, url })
    this.#inFront.add(tabId)
    return { tabId, documentId }
  }

  hide(tabId: number): void {
    this.#inFront.delete(tabId)
  }

  /** Lets the answers arrive that are late. */
  deliver(): void {
    for (const arrive of this.#late.splice(0)) arrive()
  }

  /** Nobody is left to hear them. */
  forgetAnswers(): void {
    this.#late.length = 0
  }

  /** A server puts on the chain what it was given long ago. */
  settleLate(which: number): void {
    const held = [...this.received.values()]
    const late = held[which % Math.max(held.length, 1)]
    if (late) this.#chain.transfer(late.signed)
  }

  /** What one life of the background sees of it. */
  interceptor(): Interceptor {
    const unused = () => {
      throw new Error('The engine does not call this.')
    }
    return {
      onSeenPage: unused,
      onLeft: unused,
      onArrival: unused,
      onSeenFrame: unused,
      loadUnseen: unused,
      watch: unused,
      watchFrames: unused,
      unpaidParts: unused,
      askAgain: unused,
      pageOf: unused,
      seenAnswer: unused,
      isShowing: ({ tabId, documentId }, url) =>
        boundary.pass(() => {
          const tab = this.tabs.get(tabId)
          return tab?.documentId === documentId && (url === undefined || tab.url === url)
        }),
      isAt: (tabId, origin) => boundary.pass(() => originOf(this.tabs.get(tabId)) === origin),
      isActive: (tabId) => boundary.pass(() => this.#inFront.has(tabId)),
      prepare: (request) =>
        boundary.pass(() => ({ send: (credential) => boundary.pass(() => this.#send(request, credential)) })),
      abandon: () => undefined,
      sweep: () => boundary.pass(() => undefined),
    }
  }

  async #send(request: RepeatableRequest, credential: Credential): Promise<{ answered: Promise<PaidAnswer> }> {
    const { tabId, documentId, url } = request
    if (this.tabs.get(tabId)?.documentId !== documentId) throw new TuppenceError('page_gone')
    const signed = readCredential(credential)
    await this.#onReceived(credential, signed)
    this.received.set(signed.nonce, { signed, bytes: bytesOf(credential) })
    // A page is loaded again, and is another document from then on.
    if (request.via === 'navigation') this.show(tabId, url)
    const plan = this.plans.get(url) ?? { settles: 'now', status: 200, says: 'truth', answers: 'now' }
    const answer = this.#serve(plan, signed)
    const { promise, resolve } = Promise.withResolvers<PaidAnswer>()
    if (plan.answers === 'now') resolve(answer)
    if (plan.answers === 'later') this.#late.push(() => resolve(answer))
    return { answered: promise }
  }

  #serve({ settles, status, says }: Plan, signed: SignedTransfer): PaidAnswer {
    const transfers = settles === 'twice' ? 2 : settles === 'now' ? 1 : 0
    for (let time = 0; time < transfers; time += 1) this.#chain.transfer(signed)
    if (status === 0 || says === 'nothing') return { status, headers: [], whole: Promise.resolve(true) }
    const done = this.#chain.transfers.get(signed.nonce)
    const claim = says === 'lie' ? { success: true, transaction: `0x${'11'.repeat(32)}` } : undefined
    const receipt = claim ?? { success: done !== undefined, transaction: done?.transaction ?? '' }
    return {
      status,
      whole: Promise.resolve(true),
      headers: [
        { name: 'PAYMENT-RESPONSE', value: encodePaymentResponseHeader({ ...receipt, network: 'eip155:84532' }) },
      ],
    }
  }
}

const originOf = (tab: Tab | undefined): string | null => (tab ? new URL(tab.url).origin : null)

/** What a server reads of a payment. */
/** What a server gets of it. */
export const bytesOf = ({ headers }: Credential): string => headers.map(({ value }) => value).join()

function readCredential(credential: Credential): SignedTransfer {
  const { payload } = JSON.parse(atob(bytesOf(credential))) as {
    payload: { authorization: { nonce: string; to: string; value: string; validBefore: string } }
  }
  const { nonce, to, value: units, validBefore } = payload.authorization
  return { nonce, payTo: to, units: BigInt(units), validBefore: Number(validBefore) }
}
