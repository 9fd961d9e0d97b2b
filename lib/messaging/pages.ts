import { type Browser, browser } from 'wxt/browser'
import { z } from 'zod'
import { LONGEST_TEXT } from '@/lib/page/text'
import type { Envelope, PageAnswer, PageAnswers, PageAsk, PayOutcome, RelayMessage } from '@/lib/page/wire'

/* What pages of the web may say to the background. Nothing they say of themselves counts: who asks is the browser's word. */

/** What is longer is not asked about: it would fill the storage where questions rest. */
const LONGEST_URL = 8 * 1024

const marker = z.string().regex(/^x402-[0-9a-f-]{36}$/)

const webUrl = z.url({ protocol: /^https?$/ }).max(LONGEST_URL)

const requestSchema = z.strictObject({
  marker,
  method: z.string().regex(/^[A-Z]{1,20}$/),
  url: z.url().max(LONGEST_URL),
  bodyDigest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  answered: z.string().max(LONGEST_TEXT).nullable(),
  isAuthorized: z.boolean().optional(),
})

const askSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('watch'), worker: webUrl.optional() }),
  z.strictObject({ kind: z.literal('status') }),
  z.strictObject({ kind: z.literal('unseen') }),
  z.strictObject({ kind: z.literal('quote'), request: requestSchema }),
  z.strictObject({
    kind: z.literal('pay'),
    request: requestSchema,
    maxAmount: z.string().max(32).optional(),
    reason: z.string().max(2000).optional(),
  }),
  z.strictObject({ kind: z.literal('cancel'), marker }),
]) satisfies z.ZodType<PageAsk>

const messageSchema = z.strictObject({
  tuppence: z.strictObject({ id: z.string().max(64), content: askSchema }),
})

/** Who asks, as the browser says. */
export interface PageSender {
  readonly tabId: number
  readonly documentId: string
  readonly origin: string
  /** Without a fragment. */
  readonly url: string
}

export type PageHandlers = {
  readonly [Kind in keyof PageAnswers]: (
    sender: PageSender,
    ask: Extract<PageAsk, { kind: Kind }>,
  ) => Promise<PageAnswers[Kind]>
}

/**
 * Answers pages, in the background. Listens from the first moment, and lets nothing in before `ready`. Refused unread:
 * frames (the relay runs in the top frame alone), documents without an origin of their own, and those not on show.
 */
export function answerPages(handlers: PageHandlers, ready: Promise<void>): void {
  browser.runtime.onMessage.addListener((message: unknown, sender, reply: (answer: PageAnswer | null) => void) => {
    if (typeof message !== 'object' || message === null || !('tuppence' in message)) return
    const parsed = messageSchema.safeParse(message)
    const page = pageOf(sender)
    if (!parsed.success || !page) {
      reply(null)
      return
    }
    ready
      .then(() => answerOne(handlers, page, parsed.data.tuppence.content))
      .then(
        (value) => reply({ value }),
        (error: unknown) => {
          // biome-ignore lint/suspicious/noConsole: a defect; the page learns nothing of it, the extension's own log does
          console.error(error)
          reply(null)
        },
      )
    // Keeps the channel open until `reply`.
    return true
  })
}

function answerOne(handlers: PageHandlers, page: PageSender, ask: PageAsk): Promise<PageAnswers[PageAsk['kind']]> {
  const handle = handlers[ask.kind] as (sender: PageSender, ask: PageAsk) => Promise<PageAnswers[PageAsk['kind']]>
  return handle(page, ask)
}

function pageOf(sender: Browser.runtime.MessageSender): PageSender | null {
  const { id, tab, frameId, documentId, documentLifecycle, origin, url } = sender
  if (id !== browser.runtime.id || tab?.id === undefined || frameId !== 0 || !documentId || !url) return null
  // A sandboxed document has the origin "null" under an address that looks real.
  if (documentLifecycle !== 'active' || !origin || origin !== new URL(url).origin) return null
  return { tabId: tab.id, documentId, origin, url: url.split('#', 1)[0] ?? url }
}

/** Tells a page the outcome it waits for. A page that is gone needs no answer. */
export async function tellPage(
  { tabId, documentId, marker: id }: { tabId: number; documentId: string; marker: string },
  value: PayOutcome,
): Promise<void> {
  const message: RelayMessage<PageAnswer> = { tuppence: { id, content: { value } } satisfies Envelope<PageAnswer> }
  await browser.tabs.sendMessage(tabId, message, { documentId }).catch(() => undefined)
}
