import { browser } from 'wxt/browser'
import { defineContentScript } from 'wxt/utils/define-content-script'
import { ANSWER_EVENT, ASK_EVENT, type Envelope, type RelayMessage } from '@/lib/page/wire'

/** Carries a page's asks to the background and the answers back. It reads nothing, decides nothing and knows no secret. */
export default defineContentScript({
  matches: ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*'],
  runAt: 'document_start',
  main() {
    const answer = (envelope: Envelope<unknown>) =>
      document.dispatchEvent(new CustomEvent(ANSWER_EVENT, { detail: JSON.stringify(envelope) }))

    const send = (ask: Envelope<unknown>) =>
      browser.runtime.sendMessage({ tuppence: ask } satisfies RelayMessage) as Promise<unknown>

    document.addEventListener(ASK_EVENT, async (event) => {
      const ask = JSON.parse((event as CustomEvent<string>).detail) as Envelope<unknown>
      // The browser may end the background midway; asked again, it starts anew and knows what it had begun.
      const ended = (): Promise<unknown> => send(ask)
      // An extension that was updated or removed does not come back: null is nobody's answer.
      const gone = () => null
      answer({ id: ask.id, content: await Promise.try(send, ask).catch(ended).catch(gone) })
    })

    browser.runtime.onMessage.addListener((message: Partial<RelayMessage>) => {
      if (message.tuppence) answer(message.tuppence)
    })

    // The browser may load its first page before the background listens: then this page's 402 was never seen.
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (navigation?.responseStatus === 402) void send({ id: '', content: { kind: 'unseen' } })
  },
})
