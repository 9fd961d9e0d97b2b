import { browser } from 'wxt/browser'
import type { Balances } from '@/lib/chain/balances'
import { chainIdAt } from '@/lib/chain/client'
import { TuppenceError } from '@/lib/errors'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Handlers } from '@/lib/messaging/messaging'
import { findNetwork } from '@/lib/money/networks'
import { getNetworks, setRpcUrl } from '@/lib/settings/networks'
import { getRules, setGeneralRules, setSiteRule } from '@/lib/settings/rules'
import { createVault, importVault, lockVault, unlockVault, vaultAddress, vaultState } from '@/lib/wallet/vault'
import type { Approvals } from './approvals'
import type { Orchestrator } from './orchestrator'
import { viewApproval, viewPayment, viewTab, viewToday } from './views'

interface Services {
  readonly ledger: Ledger
  readonly balances: Balances
  readonly approvals: Approvals
  readonly orchestrator: Orchestrator
  readonly announceChange: () => void
}

/** What the screens may ask of the background. */
export function screenHandlers({ ledger, balances, approvals, orchestrator, announceChange }: Services): Handlers {
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
    'wallet.lock': change(lockVault),
    'wallet.balances': async ({ fresh }) => {
      const owner = await vaultAddress()
      const known = owner ? await balances.all(owner, fresh) : []
      return known.map(({ asset, ...balance }) => ({ ...balance, network: asset.network, asset: asset.address }))
    },
    'rules.get': getRules,
    'rules.set': change(setGeneralRules),
    'rules.setSite': change(async ({ site, rule }) => setSiteRule(site, rule)),
    'networks.get': getNetworks,
    'networks.set': change(async ({ id, rpcUrl }) => {
      await setRpcUrl(id, rpcUrl === null ? null : await checkedRpc(id, rpcUrl))
      balances.forget()
    }),
    'payments.list': async ({ limit, after }) => (await ledger.list(limit, after)).map(viewPayment),
    'spending.today': () => viewToday(ledger),
    'approvals.list': async () => {
      const views = await Promise.all((await approvals.list()).map((approval) => viewApproval(approval, ledger)))
      return views.filter((view) => view !== null)
    },
    'approvals.answer': async ({ id, answer, remember }) => orchestrator.answer(id, answer, remember),
    'tab.get': async ({ tabId }) => viewTab(tabId, await siteOf(tabId), ledger),
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
