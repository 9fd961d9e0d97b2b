import { browser } from 'wxt/browser'
import { defineContentScript } from 'wxt/utils/define-content-script'
import { paywallOf } from '@/lib/page/paywall'
import { ANSWER_EVENT, ASK_EVENT, type BodyRequest, type Envelope, type RelayMessage } from '@/lib/page/wire'

/**
 * Carries a page's asks to the background and the answers back, and a paywall's text where the background asks for it. It decides
 * nothing and knows no secret.
 */
export default defineContentScript({
  matches: ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*'],
  runAt: 'document_start',
  // Sites' own message handlers are not to hear of us.
  noScriptStartedPostMessage: true,
  main() {
    const answer = (envelope: Envelope<unknown>) =>
      document.dispatchEvent(new CustomEvent(ANSWER_EVENT, { detail: JSON.stringify(envelope) }))

    const send = async (ask: Envelope<unknown>): Promise<unknown> =>
      browser.runtime.sendMessage({ tuppence: ask } satisfies RelayMessage)

    document.addEventListener(ASK_EVENT, async (event) => {
      // Tells the page that somebody is there.
      event.preventDefault()
      const ask = parse((event as CustomEvent<string>).detail)
      if (!ask) return
      // The browser may end the background midway: asked again, it starts anew. An extension that was updated or removed
      // does not come back; null is nobody's answer.
      const content = await send(ask).catch(() => send(ask).catch(() => null))
      answer({ id: ask.id, content })
    })

    browser.runtime.onMessage.addListener((message: Partial<RelayMessage & BodyRequest>, _sender, reply) => {
      if (message.tuppence) answer(message.tuppence)
      if (!message.tuppenceBody) return
      paywallOf(message.tuppenceBody.url).then(reply, () => reply(null))
      // Keeps the channel open until `reply`.
      return true
    })

    // The browser may load its first page before the background listens: then this page's 402 was never seen. If it was, the
    // background may be waiting for somebody here whom it can ask.
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (navigation?.responseStatus === 402) send({ id: '', content: { kind: 'unseen' } }).catch(() => undefined)
  },
})

/** A page can dispatch anything under the event's name. */
function parse(detail: unknown): Envelope<unknown> | null {
  try {
    return JSON.parse(String(detail)) as Envelope<unknown>
  } catch {
    return null
  }
}
