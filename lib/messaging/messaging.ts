import { defineExtensionMessaging } from '@webext-core/messaging'
import { browser } from 'wxt/browser'
import { z } from 'zod'
import { type ErrorCode, TuppenceError } from '@/lib/errors'
import { type MessageInput, type MessageName, type MessageOutput, protocol } from './protocol'

/** What travels back: the encoded output, or an error's code and figures. */
type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly values: Readonly<Record<string, string>> }

type Wire = { [Name in MessageName]: (data: unknown) => Reply } & { changed: () => void }

const messenger = defineExtensionMessaging<Wire>()

/** One function per message, as the background implements them. */
export type Handlers = {
  readonly [Name in MessageName]: (input: MessageInput<Name>) => Promise<MessageOutput<Name>> | MessageOutput<Name>
}

/** Sends a message from a screen to the background. Throws a `TuppenceError` when it says no or cannot be reached. */
export async function send<Name extends MessageName>(
  name: Name,
  ...[input]: undefined extends MessageInput<Name> ? [] : [MessageInput<Name>]
): Promise<MessageOutput<Name>> {
  const { input: inputSchema, output: outputSchema } = protocol[name]
  const wireName: MessageName = name
  const reply = await messenger.sendMessage(wireName, z.encode(inputSchema as z.ZodType, input))
  if (!reply.ok) throw new TuppenceError(reply.code, reply.values)
  return z.decode(outputSchema as z.ZodType, reply.value) as MessageOutput<Name>
}

/**
 * Answers the screens' messages, in the background. Listens from the first moment, and lets no message in before
 * `ready`. Whatever does not come from one of the extension's own pages is refused unread.
 */
export function answer(handlers: Handlers, ready: Promise<void>): void {
  for (const name of Object.keys(protocol) as MessageName[]) {
    messenger.onMessage(name, ({ data, sender }) => replyTo(name, data, sender, handlers, ready))
  }
}

async function replyTo<Name extends MessageName>(
  name: Name,
  data: unknown,
  sender: { id?: string | undefined; url?: string | undefined },
  handlers: Handlers,
  ready: Promise<void>,
): Promise<Reply> {
  const { input: inputSchema, output: outputSchema } = protocol[name]
  // JSON turns an absent input into null on the way.
  const input = z.safeDecode(inputSchema as z.ZodType, (data ?? undefined) as never)
  if (!isOwnPage(sender) || !input.success) return { ok: false, code: 'invalid_message', values: {} }
  try {
    await ready
    const output = await handlers[name](input.data as MessageInput<Name>)
    return { ok: true, value: z.encode(outputSchema as z.ZodType, output) }
  } catch (error) {
    if (error instanceof TuppenceError) return { ok: false, code: error.code, values: error.values }
    // Not shown to the user in full: it is a defect, and the browser's extension page keeps it for a report.
    // biome-ignore lint/suspicious/noConsole: the one place where unexpected errors of screens' messages surface
    console.error(name, error)
    return { ok: false, code: 'internal', values: {} }
  }
}

const isOwnPage = ({ id, url }: { id?: string | undefined; url?: string | undefined }): boolean =>
  id === browser.runtime.id && url !== undefined && new URL(url).origin === new URL(browser.runtime.getURL('/')).origin

/** Tells open screens that something they may show has changed. */
export function announceChange(): void {
  // No open screen, no receiver: that is the usual case.
  messenger.sendMessage('changed').catch(() => undefined)
}

/** Calls back whenever the background announced a change. Returns what ends it. */
export const onChange = (listener: () => void): (() => void) => messenger.onMessage('changed', listener)
