import { familyOf, isOnCredit } from '@/lib/money/networks'
import type { Payer } from '@/lib/policy/decide'
import * as metamask from './metamask'
import { signatureAgent } from './signature-agent'
import { accountFor } from './site-accounts'
import { vaultLabel, vaultState } from './vault'

/** Who pays a site (an origin) on a network, as it is set now. */
export async function payerFor(network: string, site: string): Promise<Payer> {
  if (isOnCredit({ network })) return billedPayer()
  const family = familyOf(network)
  const [state, label, { pays, account }] = await Promise.all([vaultState(), vaultLabel(), metamask.state()])
  // Whether it is locked, only MetaMask knows. It unlocks itself when it is asked to sign.
  if (family === 'evm' && pays) return { signer: 'metamask', state: 'unlocked', address: account }
  if (family === null || label === null) return { signer: 'vault', state: 'missing', address: null }
  if (label.separate) {
    const own = accountFor(label, site, family)
    return { signer: 'vault', state: own === null ? 'no_site_account' : state, address: own }
  }
  const active = label.active[family]
  return { signer: 'vault', state: active === undefined ? 'missing' : state, address: active ?? null }
}

/** Who is billed later: the signature agent, once its key was found where it is published. */
async function billedPayer(): Promise<Payer> {
  const [state, agent] = await Promise.all([vaultState(), signatureAgent()])
  const address = agent?.checkedAt == null ? null : agent.address
  return { signer: 'vault', state: address === null ? 'no_signature_agent' : state, address }
}
