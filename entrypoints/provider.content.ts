import { defineContentScript } from 'wxt/utils/define-content-script'
import { createProvider } from '@/lib/page/provider'

/** Puts the page API into the page. Runs before the page's own scripts; touches nothing that is not ours. */
export default defineContentScript({
  matches: ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*'],
  world: 'MAIN',
  runAt: 'document_start',
  main() {
    const detail = createProvider()
    const announce = () => window.dispatchEvent(new CustomEvent('x402:announceProvider', { detail }))
    window.addEventListener('x402:requestProvider', announce)
    if (!('x402Provider' in window))
      Object.defineProperty(window, 'x402Provider', { value: detail.provider, configurable: true, writable: true })
    announce()
  },
})
