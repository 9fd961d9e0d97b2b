import type { Hex } from 'viem'
import { vi } from 'vitest'
import type { Balances } from '@/lib/chain/balances'
import type { TransferClaim } from '@/lib/chain/claim'
import type { Proof } from '@/lib/chain/proof'
import type { Snapshot } from '@/lib/chain/snapshot'
import type { VaultState } from '@/lib/wallet/vault'

/*
 * Where the engine meets what is simulated: the chain, the vault, the moment of signing, and the toolbar, which nobody sees.
 * Imported before anything of the engine's.
 */

/** What the simulated parts do; the world of the moment puts itself in. */
export interface Simulation {
  prove(claim: TransferClaim): Promise<Proof>
  balance(): Promise<bigint | null>
  vaultState(): Promise<VaultState>
  lockVault(): Promise<void>
  unlockVault(): Promise<void>
  /** Throws `wallet_locked`. */
  openKey(): Promise<Hex>
  readonly address: Hex
  /** A hash is about to be signed. Throws what keeps it from being so. */
  onSign(hash: Hex): Promise<void>
}

const hoisted = vi.hoisted(() => ({ simulation: null as unknown }))

export function simulate(simulation: Simulation): void {
  hoisted.simulation = simulation
}

const now = () => hoisted.simulation as Simulation

vi.mock('@/lib/chain/proof', () => ({
  proveTransfer: (claim: TransferClaim) => now().prove(claim),
  isSeen: async () => false,
}))

vi.mock('@/lib/chain/snapshot', () => ({ takeSnapshot: async () => ({}) as Snapshot }))

vi.mock('@/lib/chain/balances', () => ({
  Balances: class implements Pick<Balances, 'get' | 'read' | 'remembered' | 'forget'> {
    async get(_owner: Hex, asset: Parameters<Balances['get']>[1]) {
      const units = await now().balance()
      return { asset, units, status: 'known' as const, readAt: null }
    }
    read = this.get
    remembered() {
      return null
    }
    forget() {}
  },
}))

vi.mock('@/lib/wallet/vault', () => ({
  vaultState: () => now().vaultState(),
  activeAccount: async () => now().address,
  vaultLabel: async () => ({ accounts: [], active: { evm: now().address }, backedUp: true, separate: false }),
  lockVault: () => now().lockVault(),
  unlockVault: () => now().unlockVault(),
  stayUnlocked: async () => undefined,
  openKey: () => now().openKey(),
}))

vi.mock('viem/accounts', async (importOriginal) => {
  const original = await importOriginal<typeof import('viem/accounts')>()
  return {
    ...original,
    sign: async (request: Parameters<typeof original.sign>[0]) => {
      await now().onSign(request.hash)
      return original.sign(request)
    },
  }
})

vi.mock('@/lib/payment/prompt', () => ({
  showWaiting: async () => undefined,
  markTab: async () => undefined,
  openPrompt: async () => undefined,
}))

vi.mock('@/lib/payment/keep-awake', () => ({ keepAwake: <T>(promise: Promise<T>) => promise }))
