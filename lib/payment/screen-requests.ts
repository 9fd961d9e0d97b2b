import { browser } from 'wxt/browser'
import type { Balances } from '@/lib/chain/balances'
import { evmNetworkAt } from '@/lib/chain/client'
import { solanaNetworkAt } from '@/lib/chain/solana'
import { TuppenceError } from '@/lib/errors'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Handlers } from '@/lib/messaging/messaging'
import { familyOf } from '@/lib/money/networks'
import type { Interlock } from '@/lib/queue'
import { fromBackup, toBackup } from '@/lib/settings/backup'
import { getNetworks, isUsableRpc, setRpcUrl } from '@/lib/settings/networks'
import type { RuleBook } from '@/lib/settings/rules'
import * as metamask from '@/lib/wallet/metamask'
import { stayUnlocked } from '@/lib/wallet/vault'
import type { Approvals } from './approvals'
import { eraseEverything } from './erasure'
import { evidenceOf } from './evidence'
import type { Health } from './health'
import { keepAwake } from './keep-awake'
import type { Orchestrator } from './orchestrator'
import type { OwnTransfers } from './own-transfers'
import type { Parts } from './parts'
import type { Reconciler } from './reconciler'
import { signatureAgentHandlers } from './signature-agent-requests'
import type { Tabs } from './tabs'
import {
  usedRealm,
  viewApproval,
  viewBalances,
  viewPayment,
  viewPrepaidTab,
  viewSpending,
  viewTab,
  viewTransfer,
} from './views'
import { walletHandlers } from './wallet-requests'

interface Services {
  readonly ledger: Ledger
  readonly balances: Balances
  readonly approvals: Approvals
  readonly orchestrator: Orchestrator
  readonly parts: Parts
  readonly reconciler: Reconciler
  readonly ownTransfers: OwnTransfers
  readonly tabs: Tabs
  readonly ruleBook: RuleBook
  readonly health: Health
  /** Holds changes back while a signature is made. */
  readonly signing: Interlock
  readonly announceChange: () => void
}

/** What the screens may ask of the background. */
export function screenHandlers({
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
}: Services): Handlers {
  /** Runs a change, then tells every open screen. */
  const change =
    <Input, Output>(apply: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      const output = await apply(input)
      announceChange()
      return output
    }

  return {
    'wallet.balances': (which) => viewBalances(balances, ledger, which),
    'metamask.get': metamask.state,
    'metamask.connect': change(async () => {
      await keepAwake(metamask.connect())
    }),
    // Who pays, pays no more once these are done.
    'metamask.disconnect': change(() => signing.change(metamask.disconnect)),
    'metamask.setPays': change(({ pays }) => signing.change(() => metamask.setPays(pays))),
    'metamask.setExtensionId': change(({ extensionId }) => signing.change(() => metamask.setExtensionId(extensionId))),
    ...walletHandlers({
      erase: () => eraseEverything({ ledger, ruleBook, health, balances, approvals, orchestrator }),
      signing,
      announceChange,
    }),
    ...signatureAgentHandlers({ signing, announceChange }),
    'rules.get': () => ruleBook.rules,
    'rules.set': change((general) => ruleBook.setGeneral(general)),
    'rules.setSite': change(({ site, rule }) => ruleBook.setSite(site, rule)),
    'rules.backup': () => {
      // The rules in force are then not the user's own.
      if (ruleBook.trouble !== null) throw new TuppenceError('rules_unusable')
      return { text: toBackup(ruleBook.rules) }
    },
    'rules.restore': change(async ({ text }) => ruleBook.replace(fromBackup(text))),
    'networks.get': getNetworks,
    'networks.set': change(async ({ id, rpcUrl }) => {
      const checked = rpcUrl === null ? { url: null, answered: false } : await checkedRpc(id, rpcUrl)
      await setRpcUrl(id, checked.url)
      balances.forget()
      // What nobody could be asked about before is proved now. The screen does not wait for it.
      void reconciler.lookAtAll()
      void ownTransfers.lookAtAll()
      return { answered: checked.answered }
    }),
    'payments.list': async ({ limit, after }) => (await ledger.list(limit, after)).map(viewPayment),
    'payments.evidence': async ({ id }) => {
      const payment = await ledger.get(id)
      return payment ? evidenceOf(payment) : null
    },
    'payments.check': change(async () => {
      await Promise.all([reconciler.lookAtAll(), ownTransfers.lookAtAll(), tabs.lookAtAll()])
    }),
    'payments.readBill': async ({ id, charged }) => {
      await ledger.readBill(id, charged)
    },
    'topUp.start': async (sum) => ({ id: (await ownTransfers.topUp(sum)).id }),
    'withdrawal.fee': async (withdrawal) => ({ fee: await ownTransfers.fee(withdrawal) }),
    'withdrawal.sign': async (withdrawal) => {
      await stayUnlocked()
      return { id: (await ownTransfers.sign(withdrawal)).id }
    },
    'withdrawal.handIn': async ({ id }) => ownTransfers.handIn(id),
    'transfers.list': async ({ limit }) => (await ledger.transfers.list(limit)).map(viewTransfer),
    'openings.list': async ({ limit }) => ledger.openings(limit),
    'tabs.list': async () => (await ledger.channels.list()).map(viewPrepaidTab),
    'tabs.refund': change(async ({ id }) => {
      await stayUnlocked()
      await tabs.refund(id)
    }),
    'tabs.withdrawalFee': async ({ id }) => ({ fee: await tabs.withdrawalFee(id) }),
    'tabs.withdraw': change(async ({ id, mostFee }) => {
      await stayUnlocked()
      await tabs.withdraw(id, mostFee)
    }),
    'payments.unfinished': async () =>
      (await ledger.unfinished()).length + (await ledger.transfers.unfinished()).length,
    'spending.get': async () => viewSpending(ledger, ruleBook.rules, await usedRealm(ledger)),
    'health.get': () => health.troubles,
    'health.mend': change(({ trouble }) => health.mend(trouble)),
    'approvals.list': async () => {
      const views = await Promise.all(
        approvals.shown().map((approval) => viewApproval(approval, ledger, balances, ruleBook.rules)),
      )
      return views.filter((view) => view !== null)
    },
    'approvals.choose': ({ id, offer }) => orchestrator.choose(id, offer),
    'approvals.answer': async ({ id, answer, remember, offer }) => {
      await stayUnlocked()
      await orchestrator.answer(id, answer, remember, offer)
    },
    'parts.list': async ({ tabId }) => [...(await parts.list(tabId))],
    'parts.price': async ({ tabId, part }) => ({ price: await parts.price(tabId, part) }),
    'parts.pay': async ({ tabId, part, most }) => {
      await stayUnlocked()
      return parts.pay(tabId, part, most)
    },
    'tab.get': async ({ tabId }) => viewTab(tabId, await siteOf(tabId), ledger, ruleBook.rules),
  }
}

/** An address that answers for another chain would make balances and proofs wrong. One that does not answer may be down. */
async function checkedRpc(id: string, rpcUrl: string): Promise<{ url: string; answered: boolean }> {
  const url = URL.parse(rpcUrl.trim())
  if (!url || !isUsableRpc(url.href)) throw new TuppenceError('invalid_rpc_url')
  const networkAt = familyOf(id) === 'svm' ? solanaNetworkAt : evmNetworkAt
  const answering = await networkAt(url.href).catch(() => null)
  if (answering !== null && answering !== id) throw new TuppenceError('wrong_chain')
  return { url: url.href, answered: answering !== null }
}

/** The site a tab shows; null for the browser's own pages, and for tabs that are gone. */
async function siteOf(tabId: number): Promise<string | null> {
  const tab = await browser.tabs.get(tabId).catch(() => null)
  const url = URL.parse(tab?.url ?? '')
  return url && /^https?:$/.test(url.protocol) ? url.origin : null
}
