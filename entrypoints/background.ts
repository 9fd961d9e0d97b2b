import { browser } from 'wxt/browser'
import { defineBackground } from 'wxt/utils/define-background'
import { Balances } from '@/lib/chain/balances'
import { ChromiumInterceptor } from '@/lib/intercept/chromium'
import { Ledger } from '@/lib/ledger/ledger'
import { announceChange, answer } from '@/lib/messaging/messaging'
import { answerPages, tellPage } from '@/lib/messaging/pages'
import { Approvals } from '@/lib/payment/approvals'
import { Orchestrator } from '@/lib/payment/orchestrator'
import { pageHandlers, payOutcome } from '@/lib/payment/page-requests'
import { Reconciler } from '@/lib/payment/reconciler'
import { screenHandlers } from '@/lib/payment/screen-requests'
import { fromSeenPage } from '@/lib/payment/sighting'

/** Builds the services, registers every listener before anything is awaited, then sweeps and recovers. */
export default defineBackground(() => {
  const interceptor = new ChromiumInterceptor()
  const ledger = new Ledger({ onChange: announceChange })
  const balances = new Balances()
  const approvals = new Approvals()
  const reconciler = new Reconciler(ledger, balances)
  const orchestrator = new Orchestrator({
    interceptor,
    ledger,
    balances,
    approvals,
    reconciler,
    announceChange,
    tellPage: async ({ target }, outcome) => {
      if (target.via === 'fetch') await tellPage(target, payOutcome(outcome))
    },
  })

  // Nothing is decided before the books are open and what an earlier life left behind is cleared up.
  const ready = start()
  async function start(): Promise<void> {
    await browser.storage.local.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' })
    await Promise.all([interceptor.sweep(), ledger.open()])
    await reconciler.recover()
    await orchestrator.restoreApprovals()
  }

  interceptor.onSeenPage(async (page) => {
    await ready
    await orchestrator.consider(fromSeenPage(page))
  })
  interceptor.onLeft(async (tabId, shown) => {
    await ready
    await orchestrator.left(tabId, shown)
  })
  approvals.onAlarm(async () => {
    await ready
    await orchestrator.expireApprovals()
  })

  const loadedOnceMore = new Set<number>()
  answer(screenHandlers({ ledger, balances, approvals, orchestrator, announceChange }), ready)
  answerPages(
    pageHandlers(interceptor, orchestrator, async ({ tabId }) => {
      // The browser's first page may load before it starts us: once more, now that somebody looks. Only once: what a page's
      // service worker answers is never seen, however often it is loaded.
      if (interceptor.hasObserved(tabId) || loadedOnceMore.has(tabId)) return
      loadedOnceMore.add(tabId)
      await browser.tabs.reload(tabId)
    }),
    ready,
  )

  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    if (reason === 'install') await browser.tabs.create({ url: '/welcome.html' })
  })
})
