import { TuppenceError } from '@/lib/errors'
import type { Handlers } from '@/lib/messaging/messaging'
import type { WalletView } from '@/lib/messaging/schema'
import type { Interlock } from '@/lib/queue'
import {
  addAccount,
  chooseAccount,
  importAccount,
  isOwnSecret,
  removeAccount,
  renameAccount,
} from '@/lib/wallet/accounts'
import { getAutoLock, setAutoLock } from '@/lib/wallet/auto-lock'
import { waitUntil } from '@/lib/wallet/back-off'
import { confirmBackup, exportKey, exportWords } from '@/lib/wallet/backup'
import { addSite, setSeparate } from '@/lib/wallet/site-accounts'
import {
  changePassword,
  createVault,
  importVault,
  lockVault,
  stayUnlocked,
  unlockVault,
  vaultLabel,
  vaultState,
} from '@/lib/wallet/vault'

interface Services {
  /** Deletes all there is. */
  readonly erase: () => Promise<void>
  /** Holds changes back while a signature is made. */
  readonly signing: Interlock
  readonly announceChange: () => void
}

type WalletMessage =
  | 'get'
  | 'create'
  | 'import'
  | 'unlock'
  | 'lock'
  | 'confirmBackup'
  | 'showWords'
  | 'showKey'
  | 'changePassword'
  | 'setAutoLock'
  | 'addAccount'
  | 'importAccount'
  | 'renameAccount'
  | 'removeAccount'
  | 'chooseAccount'
  | 'setSeparate'
  | 'addSite'
  | 'erase'

/** What the screens may ask about the wallet. Whatever a person does here keeps it from locking itself for another while. */
export function walletHandlers({
  erase,
  signing,
  announceChange,
}: Services): Pick<Handlers, `wallet.${WalletMessage}`> {
  /** Runs a change, then tells every open screen. A failed one too: it may have been a wrong password. */
  const change =
    <Input, Output>(apply: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      try {
        return await apply(input)
      } finally {
        announceChange()
      }
    }
  /** The same for what a person does with an unlocked wallet. */
  const act = <Input, Output>(apply: (input: Input) => Promise<Output>) =>
    change(async (input: Input) => {
      const output = await apply(input)
      await stayUnlocked()
      return output
    })

  return {
    'wallet.get': viewWallet,
    'wallet.create': change(async ({ password }) => ({ words: await createVault(password) })),
    'wallet.import': change(({ secret, password }) => importVault(secret, password)),
    'wallet.unlock': change(({ password }) => unlockVault(password)),
    'wallet.lock': change(() => signing.change(lockVault)),
    'wallet.confirmBackup': act(({ words }) => confirmBackup(words)),
    'wallet.showWords': act(async ({ password }) => ({ words: await exportWords(password) })),
    'wallet.showKey': act(async ({ address, password }) => ({ key: await exportKey(address, password) })),
    'wallet.changePassword': change(({ password, next }) => signing.change(() => changePassword(password, next))),
    'wallet.setAutoLock': act(({ autoLock }) => setAutoLock(autoLock)),
    'wallet.addAccount': act(({ family }) => addAccount(family)),
    'wallet.importAccount': act(({ secret }) => importAccount(secret)),
    'wallet.renameAccount': act(({ address, name }) => renameAccount(address, name)),
    'wallet.removeAccount': act(({ address, password }) => signing.change(() => removeAccount(address, password))),
    'wallet.chooseAccount': act(({ address }) => signing.change(() => chooseAccount(address))),
    'wallet.setSeparate': act(({ separate }) => signing.change(() => setSeparate(separate))),
    'wallet.addSite': act(({ site }) => addSite(site)),
    'wallet.erase': change(async ({ secret }) => {
      if (!(await isOwnSecret(secret))) throw new TuppenceError('not_own_secret')
      await signing.change(lockVault)
      await erase()
    }),
  }
}

async function viewWallet(): Promise<WalletView> {
  const [state, label, autoLock, wait] = await Promise.all([vaultState(), vaultLabel(), getAutoLock(), waitUntil()])
  const accounts = label?.accounts ?? []
  const active: readonly (string | undefined)[] = Object.values(label?.active ?? {})
  return {
    state,
    address: label?.active.evm ?? null,
    accounts: accounts.flatMap(({ origin, ...account }) =>
      origin.kind === 'site' ? [] : [{ ...account, origin: origin.kind, active: active.includes(account.address) }],
    ),
    separate: label?.separate ?? false,
    sites: accounts.flatMap(({ origin, family, address }) =>
      origin.kind === 'site' ? [{ site: origin.site, family, address }] : [],
    ),
    backedUp: label?.backedUp ?? true,
    autoLock,
    waitUntil: wait,
  }
}
