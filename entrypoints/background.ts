import { browser } from 'wxt/browser'
import { defineBackground } from 'wxt/utils/define-background'
import { Balances } from '@/lib/chain/balances'
import { ChromiumInterceptor } from '@/lib/intercept/chromium'
import { Ledger } from '@/lib/ledger/ledger'
import { announceChange, answer } from '@/lib/messaging/messaging'
import { answerPages, tellPage } from '@/lib/messaging/pages'
import { Approvals } from '@/lib/payment/approvals'
import { finishErasing } from '@/lib/payment/erasure'
import { Health } from '@/lib/payment/health'
import { keepAwake } from '@/lib/payment/keep-awake'
import { Orchestrator } from '@/lib/payment/orchestrator'
import { OwnTransfers } from '@/lib/payment/own-transfers'
import { pageHandlers, payOutcome } from '@/lib/payment/page-requests'
import { Parts } from '@/lib/payment/parts'
import { Paywalls } from '@/lib/payment/paywalls'
import { Reconciler } from '@/lib/payment/reconciler'
import { screenHandlers } from '@/lib/payment/screen-requests'
import { fromSeenPage } from '@/lib/payment/sighting'
import { SignIns } from '@/lib/payment/sign-ins'
import { Tabs } from '@/lib/payment/tabs'
import { createInterlock } from '@/lib/queue'
import { RuleBook } from '@/lib/settings/rules'
import { beginSession, isNewSession } from '@/lib/settings/session'
import { onAutoLock } from '@/lib/wallet/auto-lock'
import { connect, prepare, sendTransaction } from '@/lib/wallet/metamask'
import { lockIfLate } from '@/lib/wallet/vault'

/** Builds the services, registers every listener before anything is awaited, then sweeps and recovers. */
export default defineBackground(() => {
  const signing = createInterlock()
  const interceptor = new ChromiumInterceptor()
  const ruleBook = new RuleBook(signing)
  const ledger: Ledger = new Ledger({
    onChange: () => {
      announceChange()
      void attempt(health.noteReserved())
    },
    onTransfer: announceChange,
    onOpening: announceChange,
  })
  const health = new Health(ledger, ruleBook)
  const balances = new Balances()
  const approvals = new Approvals()
  const reconciler = new Reconciler(ledger, balances)
  const signIns = new SignIns(ledger, interceptor, signing)
  const metamask = { connect, prepare, sendTransaction }
  const ownTransfers = new OwnTransfers({ ledger, balances, health, signing, metamask })
  const tabs = new Tabs({ ledger, balances, health, signing })
  const orchestrator = new Orchestrator({
    interceptor,
    ledger,
    balances,
    approvals,
    reconciler,
    ruleBook,
    health,
    signIns,
    signing,
    announceChange,
    tellPage: async ({ target }, outcome) => {
      if (target.via === 'fetch') await tellPage(target, payOutcome(outcome))
    },
  })

  const parts = new Parts(interceptor, orchestrator, ruleBook)

  // Nothing is decided before the books are open and what an earlier life left behind is cleared up.
  const ready = start()
  async function start(): Promise<void> {
    await browser.storage.local.setAccessLevel({ accessLevel: 'TRUSTED_CONTEXTS' })
    await attempt(finishErasing(ledger))
    const newSession = await isNewSession()
    // Whatever of this fails, the screens must come up: they say what is wrong.
    await Promise.all([attempt(health.start()), attempt(interceptor.sweep())])
    const isBegun = await attempt(ruleBook.open({ newSession }))
    if (health.obstacle !== 'books_unusable') {
      await attempt(reconciler.recover())
      await attempt(ownTransfers.recover())
      void attempt(tabs.lookAtAll())
    }
    await attempt(orchestrator.restoreApprovals({ newSession }))
    if (isBegun) await attempt(beginSession())
    if (newSession) void attempt(keepAwake(health.check())).then(announceChange)
  }

  const paywalls = new Paywalls()
  interceptor.onSeenPage(async (page) => {
    await ready
    await orchestrator.consider(await paywalls.complete(fromSeenPage(page)))
  })
  interceptor.onArrival(async (tabId, url) => {
    await ready
    parts.arrived(tabId, url)
  })
  interceptor.onSeenFrame(async (frame) => {
    await ready
    await parts.considerFrame(frame)
  })
  interceptor.onLeft(async (tabId, shown, lastWindow) => {
    await ready
    await orchestrator.left(tabId, shown, lastWindow)
  })
  approvals.onAlarm(async () => {
    await ready
    await orchestrator.expireApprovals()
  })
  reconciler.onAlarm(async () => {
    await ready
    await reconciler.lookAtDue()
  })
  ownTransfers.onAlarm(async () => {
    await ready
    await ownTransfers.lookAtAll()
  })

  tabs.onAlarm(async () => {
    await ready
    await tabs.lookAtAll()
  })

  onAutoLock(async () => {
    await ready
    await signing.change(lockIfLate)
    announceChange()
  })

  answer(
    screenHandlers({
      ledger,
      balances,
      approvals,
      orchestrator,
      parts,
      reconciler,
      ownTransfers,
      tabs,
      ruleBook,
      health,
      signing,
      announceChange,
    }),
    ready,
  )
  answerPages(pageHandlers(interceptor, orchestrator, ruleBook, paywalls), ready)

  browser.runtime.onInstalled.addListener(async ({ reason }) => {
    if (reason === 'install') await browser.tabs.create({ url: '/welcome.html' })
  })
})

/** Whether a step of the start succeeded. */
async function attempt(step: Promise<unknown>): Promise<boolean> {
  try {
    await step
    return true
  } catch (error) {
    // biome-ignore lint/suspicious/noConsole: the start goes on without it; the extension's own log says what went wrong
    console.error(error)
    return false
  }
}
