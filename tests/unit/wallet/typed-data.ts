import type { PaymentRequirements } from '@x402/core/types'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import type { Hex } from 'viem'
import { ASSETS, type Asset, type EvmAsset } from '@/lib/money/assets'
import type { Expected } from '@/lib/wallet/gate'

/** A key that everybody knows: the first account of anvil and hardhat. */
export const KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
export const WORDS = 'test test test test test test test test test test test junk'
export const PAYER: Hex = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
export const PAYEE: Hex = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

/** The tokens that are paid by EIP-3009. */
export const AUTHORIZED: readonly EvmAsset[] = ASSETS.filter((asset) => asset.family === 'evm').filter(
  ({ method }) => method === 'eip3009',
)

export function evmAsset(asset: Asset | undefined): EvmAsset {
  if (asset?.family !== 'evm') throw new Error('It is no token of an EVM network.')
  return asset
}

export const USDC = evmAsset(ASSETS.find(({ network }) => network === 'eip155:84532'))

const VALID_SECONDS = 120

/** Two cents to the payee, for two minutes. */
export const expected = (changes: Partial<Expected> = {}): Expected => ({
  purpose: 'payment',
  asset: USDC,
  units: 20_000n,
  from: PAYER,
  to: PAYEE,
  latestValidBefore: Math.floor(Date.now() / 1000) + VALID_SECONDS + 1,
  ...changes,
})

/** EIP-712 typed data, open to every change. */
export interface TypedData extends Record<string, unknown> {
  domain: Record<string, unknown>
  types: Record<string, { name: string; type: string }[]>
  primaryType: string
  message: Record<string, unknown>
}

/** What the x402 SDK asks a signer to sign for such a payment. */
export async function typedData(changes: Partial<PaymentRequirements> = {}): Promise<TypedData> {
  const { promise, resolve } = Promise.withResolvers<TypedData>()
  const scheme = new ExactEvmScheme({
    address: PAYER,
    signTypedData: async (asked) => {
      resolve(structuredClone(asked) as unknown as TypedData)
      return '0x00'
    },
  })
  await scheme.createPaymentPayload(2, {
    scheme: 'exact',
    network: USDC.network,
    asset: USDC.address,
    amount: '20000',
    payTo: PAYEE,
    maxTimeoutSeconds: VALID_SECONDS,
    extra: { ...USDC.domain },
    ...changes,
  })
  return promise
}

/** A copy with one value changed, or (undefined) taken away. The path is like "message.to". */
export function withValue(data: TypedData, path: string, value: unknown): TypedData {
  const copy = structuredClone(data)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce<Record<string, unknown>>((node, key) => node[key] as Record<string, unknown>, copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}
