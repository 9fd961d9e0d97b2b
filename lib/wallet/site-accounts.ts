import { TuppenceError } from '@/lib/errors'
import type { Family } from '@/lib/money/networks'
import type { Account, Label, Opened } from './content'
import { addressOf, deriveKey, seedOf } from './secret'
import { changeVault, vaultLabel } from './vault'

/*
 * An account for each site, so that sites cannot tell by the address that pays them that it is the same reader. They come from
 * the words, on a branch of their own, and have to be filled before they can pay.
 */

const FAMILIES: readonly Family[] = ['evm', 'svm']

/** The account of a family that pays a site (an origin), where sites have their own; null while it has none. */
export const accountFor = ({ accounts }: Label, site: string, family: Family): string | null =>
  accounts.find((account) => account.family === family && isFor(account, site))?.address ?? null

/** Pays every site from an account of its own from now on, or no more. Throws `no_words`, `wallet_locked`. */
export const setSeparate = (separate: boolean): Promise<void> =>
  changeVault((opened) => {
    if (opened.words === null) throw new TuppenceError('no_words')
    return { ...opened, label: { ...opened.label, separate } }
  })

/** Makes a site's accounts, one of each family, unless it has them. Throws `no_words`, `wallet_locked`. */
export async function addSite(site: string): Promise<void> {
  const label = await vaultLabel()
  if (label?.accounts.some((account) => isFor(account, site))) return
  await changeVault(async (opened) => {
    const { words } = opened
    if (words === null) throw new TuppenceError('no_words')
    const seed = await seedOf(words)
    return FAMILIES.reduce((grown, family) => withAccount(grown, site, seed, family), opened)
  })
}

function withAccount(opened: Opened, site: string, seed: Uint8Array, family: Family): Opened {
  const { accounts } = opened.label
  if (accounts.some((account) => account.family === family && isFor(account, site))) return opened
  const index = accounts.filter((account) => account.family === family && account.origin.kind === 'site').length
  const key = deriveKey(seed, family, index, 'sites')
  const address = addressOf(key)
  const account: Account = { family, address, name: new URL(site).host, origin: { kind: 'site', site, index } }
  return {
    ...opened,
    keys: { ...opened.keys, [address]: key.key },
    label: { ...opened.label, accounts: [...accounts, account] },
  }
}

const isFor = ({ origin }: Account, site: string): boolean => origin.kind === 'site' && origin.site === site
