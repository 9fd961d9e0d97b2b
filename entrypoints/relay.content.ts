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

    document.addEventListener(ASK_EVENT, async (event) => {
      const ask = JSON.parse((event as CustomEvent<string>).detail) as Envelope<unknown>
      try {
        answer({ id: ask.id, content: await browser.runtime.sendMessage({ tuppence: ask } satisfies RelayMessage) })
      } catch {
        // The extension was updated, or its background ended midway: null is nobody's answer.
        answer({ id: ask.id, content: null })
      }
    })

    browser.runtime.onMessage.addListener((message: Partial<RelayMessage>) => {
      if (message.tuppence) answer(message.tuppence)
    })

    // The browser may load its first page before the background listens: then this page's 402 was never seen.
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    if (navigation?.responseStatus === 402)
      void browser.runtime.sendMessage({ tuppence: { id: '', content: { kind: 'unseen' } } } satisfies RelayMessage)
  },
})
