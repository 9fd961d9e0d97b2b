import { browser } from 'wxt/browser'
import { storage } from 'wxt/utils/storage'
import type { Balances } from '@/lib/chain/balances'
import type { Ledger } from '@/lib/ledger/ledger'
import { DEFAULT_RULES } from '@/lib/policy/rules'
import type { RuleBook } from '@/lib/settings/rules'
import type { Approvals } from './approvals'
import type { Health } from './health'
import type { Orchestrator } from './orchestrator'

/** There from the beginning of an erasure to its end. */
const underway = storage.defineItem<boolean>('local:erasing', { fallback: false })

interface Services {
  readonly ledger: Ledger
  readonly ruleBook: RuleBook
  readonly health: Health
  readonly balances: Balances
  readonly approvals: Approvals
  readonly orchestrator: Orchestrator
}

/**
 * Deletes everything that the extension keeps, and goes on as if it had just been installed. Nothing is signed any more: the
 * wallet is locked already. What is cut short is finished by the next start.
 */
export async function eraseEverything(services: Services): Promise<void> {
  const { ledger, ruleBook, health, balances, approvals, orchestrator } = services
  await underway.setValue(true)
  // Pages must not wait for what will not come. What is being answered at this moment is no longer signed.
  await Promise.allSettled(
    approvals.list().map(({ id, offerIndex }) => orchestrator.answer(id, 'decline', false, offerIndex)),
  )
  await ruleBook.replace(DEFAULT_RULES)
  await deleteAll(ledger)
  balances.forget()
  await health.open()
}

/** Before anything is opened: finishes what `eraseEverything` has begun in an earlier life, and shows the welcome page. */
export async function finishErasing(ledger: Ledger): Promise<void> {
  if (!(await underway.getValue())) return
  await deleteAll(ledger)
  await browser.tabs.create({ url: '/welcome.html' })
}

/** Ends with the vault and the note that it is to be erased, in one write: a wallet that is made later never meets that note. */
async function deleteAll(ledger: Ledger): Promise<void> {
  await browser.storage.session.clear()
  await browser.alarms.clearAll()
  await ledger.erase()
  // What ends like this is the version of an item, without which the next item of its name would pass for an older one.
  const names = Object.keys(await browser.storage.local.get()).filter((name) => !name.endsWith('$'))
  await browser.storage.local.remove(names)
}
