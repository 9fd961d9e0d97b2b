import { browser } from 'wxt/browser'
import { defineContentScript } from 'wxt/utils/define-content-script'
import { ANSWER_EVENT, ASK_EVENT, type Envelope, type RelayMessage } from '@/lib/page/wire'

/** Carries a page's asks to the background and the answers back. It reads nothing, decides nothing and knows no secret. */
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

    browser.runtime.onMessage.addListener((message: Partial<RelayMessage>) => {
      if (message.tuppence) answer(message.tuppence)
    })

    // The browser may load its first page before the background listens: then this page's 402 was never seen.
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
