import { browser } from 'wxt/browser'
import type { Balances } from '@/lib/chain/balances'
import { chainIdAt } from '@/lib/chain/client'
import { TuppenceError } from '@/lib/errors'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Handlers } from '@/lib/messaging/messaging'
import { findNetwork } from '@/lib/money/networks'
import type { Interlock } from '@/lib/queue'
import { fromBackup, toBackup } from '@/lib/settings/backup'
import { getNetworks, setRpcUrl } from '@/lib/settings/networks'
import type { RuleBook } from '@/lib/settings/rules'
import { createVault, importVault, lockVault, unlockVault, vaultAddress, vaultState } from '@/lib/wallet/vault'
import type { Approvals } from './approvals'
import type { Health } from './health'
import type { Orchestrator } from './orchestrator'
import type { Reconciler } from './reconciler'
import { usedRealm, viewApproval, viewPayment, viewSpending, viewTab } from './views'

interface Services {
  readonly ledger: Ledger
  readonly balances: Balances
  readonly approvals: Approvals
  readonly orchestrator: Orchestrator
  readonly reconciler: Reconciler
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
  reconciler,
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
    'wallet.get': async () => ({ state: await vaultState(), address: await vaultAddress() }),
    'wallet.create': change(async ({ password }) => ({ words: await createVault(password) })),
    'wallet.import': change(async ({ secret, password }) => importVault(secret, password)),
    'wallet.unlock': change(async ({ password }) => unlockVault(password)),
    'wallet.lock': change(() => signing.change(lockVault)),
    'wallet.balances': async ({ fresh }) => {
      const owner = await vaultAddress()
      const known = owner ? await balances.all(owner, fresh) : []
      return known.map(({ asset, ...balance }) => ({ ...balance, network: asset.network, asset: asset.address }))
    },
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
      await setRpcUrl(id, rpcUrl === null ? null : await checkedRpc(id, rpcUrl))
      balances.forget()
      // What nobody could be asked about before is proved now. The screen does not wait for it.
      void reconciler.lookAtAll()
    }),
    'payments.list': async ({ limit, after }) => (await ledger.list(limit, after)).map(viewPayment),
    'payments.check': change(() => reconciler.lookAtAll()),
    'spending.get': async () => viewSpending(ledger, ruleBook.rules, await usedRealm(ledger)),
    'health.get': () => health.troubles,
    'health.mend': change(({ trouble }) => health.mend(trouble)),
    'approvals.list': async () => {
      const views = await Promise.all(
        approvals.shown().map((approval) => viewApproval(approval, ledger, ruleBook.rules)),
      )
      return views.filter((view) => view !== null)
    },
    'approvals.answer': async ({ id, answer, remember }) => orchestrator.answer(id, answer, remember),
    'tab.get': async ({ tabId }) => viewTab(tabId, await siteOf(tabId), ledger, ruleBook.rules),
  }
}

/** An address that answers for another chain would make balances and proofs wrong. One that does not answer may be down. */
async function checkedRpc(network: string, rpcUrl: string): Promise<string> {
  const url = URL.parse(rpcUrl.trim())
  if (!url) throw new TuppenceError('invalid_rpc_url')
  const chainId = await chainIdAt(url.href).catch(() => null)
  if (chainId !== null && chainId !== findNetwork(network)?.chainId) throw new TuppenceError('wrong_chain')
  return url.href
}

/** The site a tab shows; null for the browser's own pages, and for tabs that are gone. */
async function siteOf(tabId: number): Promise<string | null> {
  const tab = await browser.tabs.get(tabId).catch(() => null)
  const url = URL.parse(tab?.url ?? '')
  return url && /^https?:$/.test(url.protocol) ? url.origin : null
}
