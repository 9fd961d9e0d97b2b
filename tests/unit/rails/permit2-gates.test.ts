import { ExactEvmScheme } from '@x402/evm/exact/client'
import { UptoEvmScheme } from '@x402/evm/upto/client'
import { type Hex, maxUint256, zeroAddress } from 'viem'
import { sign } from 'viem/accounts'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { findAsset } from '@/lib/money/assets'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'
import { allowanceGate, paymentGate } from '@/lib/rails/permit2/gates'
import type { Gate } from '@/lib/wallet/gate'
import * as metamask from '@/lib/wallet/metamask'
import { metaMaskSigner, signerFor } from '@/lib/wallet/signer'
import { importVault } from '@/lib/wallet/vault'
import { evmAsset, KEY, PAYEE, PAYER, type TypedData, USDC, withValue } from '../wallet/typed-data'

/*
 * Typed data that differ from what was decided in one thing each, put to the signers that would sign them. None is signed, and
 * nothing is noted as if it were. What is decided on comes from the x402 SDK.
 */

vi.mock('viem/accounts', { spy: true })
vi.mock('@/lib/wallet/metamask', { spy: true })

const STRANGER: Hex = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const FACILITATOR: Hex = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'
const BASE_USDC: Hex = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const { permit2: PERMIT2, exact: EXACT, upto: UPTO } = PERMIT2_CONTRACTS
const NONCE = 3n

const VALID_SECONDS = 120
const now = () => Math.floor(Date.now() / 1000)

/** All that the SDK asks a signer to sign for two cents, the payment first. */
async function askedBySdk(scheme: 'exact' | 'upto'): Promise<[payment: TypedData, allowance: TypedData]> {
  const asked: TypedData[] = []
  const signer = {
    address: PAYER,
    signTypedData: async (data: object) => {
      asked.push(structuredClone(data) as TypedData)
      return '0x00' as const
    },
    readContract: async ({ functionName }: { functionName: string }) => (functionName === 'nonces' ? NONCE : 0n),
  }
  const client = scheme === 'exact' ? new ExactEvmScheme(signer) : new UptoEvmScheme(signer)
  await client.createPaymentPayload(
    2,
    {
      scheme,
      network: USDC.network,
      asset: USDC.address,
      amount: '20000',
      payTo: PAYEE,
      maxTimeoutSeconds: VALID_SECONDS,
      extra: { ...USDC.domain, assetTransferMethod: 'permit2', facilitatorAddress: FACILITATOR },
    },
    { extensions: { eip2612GasSponsoring: {} } },
  )
  const [payment, allowance] = asked
  if (!payment || !allowance) throw new Error('The SDK asked for less than two signatures.')
  return [payment, allowance]
}

const decided = { asset: USDC, units: 20_000n, from: PAYER, latestDeadline: now() + VALID_SECONDS + 1 }
const [exactData, allowanceData] = await askedBySdk('exact')
const [uptoData] = await askedBySdk('upto')

interface Kind {
  readonly data: TypedData
  /** A gate for a decision that differs in these. */
  readonly gate: (
    changes?: Partial<typeof decided> & { to?: string; facilitator?: Hex | null; nonce?: bigint },
  ) => Gate<{ digest: Hex }>
  readonly values: readonly (readonly [path: string, ...values: unknown[]])[]
}

const PERMITTED = [
  { name: 'token', type: 'address' },
  { name: 'amount', type: 'uint256' },
]

/** One value by its path; undefined takes it away. */
const DOMAIN: Kind['values'] = [
  ['domain', undefined, null, {}],
  ['domain.chainId', undefined, 1, 8453, 0, -84532, 84532.5, '84532', 84532n],
  ['domain.salt', `0x${'00'.repeat(32)}`],
  ['message', undefined, null, {}],
  ['account', STRANGER],
]
const payment = (proxy: Hex, otherProxy: Hex): Kind['values'] => [
  ...DOMAIN,
  ['domain.name', undefined, '', 'permit2', 'Permit2 ', 'USDC'],
  ['domain.version', '1', '2'],
  ['domain.verifyingContract', undefined, STRANGER, USDC.address, proxy, PAYER, zeroAddress, 'Permit2'],
  ['primaryType', undefined, '', 'Permit', 'PermitSingle', 'PermitTransferFrom', 'PermitBatchWitnessTransferFrom'],
  ['primaryType', 'TransferWithAuthorization', 'ReceiveWithAuthorization', 'permitWitnessTransferFrom'],
  ['types', undefined, {}],
  ['types.Permit', [{ name: 'owner', type: 'address' }]],
  ['types.EIP712Domain', [{ name: 'name', type: 'string' }]],
  ['types.Witness', undefined, [], [{ name: 'to', type: 'address' }]],
  ['types.Witness.0.name', 'recipient'],
  ['types.TokenPermissions', undefined, PERMITTED.toReversed(), [...PERMITTED, { name: 'more', type: 'uint256' }]],
  ['types.PermitWitnessTransferFrom.0.type', 'TokenPermissions[]'],
  ['types.PermitWitnessTransferFrom.3.type', 'uint48'],
  ['message.permitted', undefined, null, [], [{ token: USDC.address, amount: 20_000n }]],
  ['message.permitted.token', undefined, STRANGER, BASE_USDC, zeroAddress, 'USDC'],
  [
    'message.permitted.amount',
    undefined,
    20_001n,
    19_999n,
    0n,
    -20_000n,
    maxUint256,
    2n ** 256n + 20_000n,
    '20000',
    20_000,
  ],
  ['message.permitted.extra', 1n],
  ['message.spender', undefined, STRANGER, otherProxy, PERMIT2, PAYEE, PAYER, FACILITATOR, zeroAddress],
  ['message.nonce', undefined, 0n, 1n, -1n, 2n ** 128n, 2n ** 256n, '1', `0x${'11'.repeat(32)}`],
  ['message.deadline', undefined, BigInt(now() + 3_600), BigInt(now() + 86_400 * 365), maxUint256, '0'],
  ['message.witness', undefined, null, {}],
  ['message.witness.to', undefined, STRANGER, PAYER, zeroAddress, USDC.address, PERMIT2, EXACT, UPTO, 'vitalik.eth'],
  ['message.witness.validAfter', undefined, 1n, -1n, BigInt(now() - 60), BigInt(now() + 60), maxUint256, 0],
  ['message.witness.extra', '0x'],
  ['message.owner', PAYER],
]

const KINDS: Readonly<Record<string, Kind>> = {
  'a payment of an exact amount': {
    data: exactData,
    gate: (changes) => paymentGate({ ...decided, to: PAYEE, facilitator: null, ...changes }),
    values: [...payment(EXACT, UPTO), ['message.witness.facilitator', FACILITATOR, zeroAddress]],
  },
  'a payment of up to an amount': {
    data: uptoData,
    gate: (changes) => paymentGate({ ...decided, to: PAYEE, facilitator: FACILITATOR, ...changes }),
    values: [
      ...payment(UPTO, EXACT),
      ['message.witness.facilitator', undefined, STRANGER, PAYEE, PAYER, zeroAddress, [FACILITATOR]],
    ],
  },
  'an allowance': {
    data: allowanceData,
    gate: (changes) => allowanceGate({ ...decided, nonce: NONCE, ...changes }),
    values: [
      ...DOMAIN,
      ['domain.name', undefined, '', 'USD Coin', 'usdc', 'USDC ', 'Permit2'],
      ['domain.version', undefined, '1', '2.0', 2],
      ['domain.verifyingContract', undefined, STRANGER, PERMIT2, BASE_USDC, PAYER, zeroAddress, 'USDC'],
      ['primaryType', undefined, '', 'PermitSingle', 'PermitBatch', 'PermitTransferFrom', 'TransferWithAuthorization'],
      ['types', undefined, {}, { Permit: [] }],
      ['types.Permit.1.name', 'to'],
      ['types.Permit.2.type', 'uint128', 'bool'],
      ['types.Permit.4.name', 'expiry'],
      ['types.PermitSingle', []],
      ['message.owner', undefined, STRANGER, PAYEE, zeroAddress],
      ['message.holder', PAYER],
      ['message.spender', undefined, STRANGER, PAYEE, PAYER, EXACT, UPTO, FACILITATOR, zeroAddress],
      ['message.value', undefined, 20_001n, 19_999n, 0n, 10n ** 30n, maxUint256, maxUint256 - 1n, '20000', 20_000],
      ['message.nonce', undefined, 0n, 2n, 4n, maxUint256, 3, '3'],
      ['message.deadline', undefined, BigInt(now() + 3_600), BigInt(now() + 86_400 * 365), maxUint256, '0'],
      ['message.allowed', true],
    ],
  },
}

const changesOf = ({ data, values }: Kind): [what: string, data: TypedData][] =>
  values.flatMap(([path, ...all]) =>
    all.map((value): [string, TypedData] => [
      `${path}: ${JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))}`,
      withValue(data, path, value),
    ]),
  )

const never = new AbortController().signal
const refused = expect.objectContaining({ name: 'TuppenceError', code: 'signing_refused' })

beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
afterEach(() => {
  vi.clearAllMocks()
})

async function expectRefused(gate: Gate<{ digest: Hex }>, data: TypedData): Promise<void> {
  const record = vi.fn(async () => undefined)
  await expect(signerFor(gate, record, never).signTypedData(data)).rejects.toEqual(refused)
  await expect(metaMaskSigner(gate, record).signTypedData(data)).rejects.toEqual(refused)
  expect(record).not.toHaveBeenCalled()
  expect(sign).not.toHaveBeenCalled()
  expect(metamask.signTypedData).not.toHaveBeenCalled()
}

describe.each(Object.entries(KINDS))('%s', (_, kind) => {
  test('is signed just as it was decided', async () => {
    const record = vi.fn(async () => undefined)
    await signerFor(kind.gate(), record, never).signTypedData(kind.data)
    expect(record).toHaveBeenCalledOnce()
    expect(sign).toHaveBeenCalledOnce()
  })

  test('differs in more than sixty ways', () => {
    const changes = changesOf(kind)
    expect(changes.length).toBeGreaterThan(60)
    expect(new Set(changes.map(([what]) => what)).size).toBe(changes.length)
  })

  test.each(changesOf(kind))('is not signed with another %s', (_what, changed) => expectRefused(kind.gate(), changed))

  test.each<[what: string, changes: Parameters<Kind['gate']>[0]]>([
    ['of another token', { asset: { ...USDC, address: BASE_USDC.toLowerCase() as Hex } }],
    ['on another network', { asset: { ...USDC, network: 'eip155:8453' } }],
    ['of more', { units: 20_001n }],
    ['for a shorter time', { latestDeadline: now() }],
  ])('is not signed for a decision %s', (_what, changes) => expectRefused(kind.gate(changes), kind.data))

  test('is signed for nothing of another kind', async () => {
    for (const other of Object.values(KINDS)) if (other.data !== kind.data) await expectRefused(kind.gate(), other.data)
  })
})

test('a payment is not signed for a decision to pay somebody else, or with somebody else who may ask for less', async () => {
  for (const { data, gate } of Object.values(KINDS).slice(0, 2)) {
    await expectRefused(gate({ to: STRANGER }), data)
    await expectRefused(gate({ facilitator: STRANGER }), data)
    // To itself, or to a contract in between: whatever was decided, that money is lost.
    for (const to of [PAYER, USDC.address, PERMIT2, EXACT, UPTO])
      await expectRefused(gate({ to }), withValue(data, 'message.witness.to', to))
  }
})

test('no allowance is signed twice over: its count is the one that the token has', async () => {
  await expectRefused(allowanceGate({ ...decided, nonce: NONCE + 1n }), allowanceData)
})

test('what is cleared is what the chain is asked about later', () => {
  const gate = paymentGate({ ...decided, to: PAYEE, facilitator: FACILITATOR })
  const { nonce, deadline } = uptoData.message as { nonce: bigint; deadline: bigint }
  const cleared = gate.clear(uptoData)
  expect(cleared).toMatchObject({ method: 'upto', validBefore: Number(deadline) })
  expect(BigInt(cleared.nonce)).toBe(nonce)
  expect(cleared.nonce).toHaveLength(66)
  const exact = paymentGate({ ...decided, to: PAYEE, facilitator: null }).clear(exactData)
  expect(exact.method).toBe('permit2')
})

test('tokens that only Permit2 moves are paid in their own units', () => {
  const megaUsd = evmAsset(findAsset('eip155:4326', '0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7') ?? undefined)
  expect(megaUsd).toMatchObject({ decimals: 18, method: 'permit2', permit: true })
  const igra = evmAsset(findAsset('eip155:38833', '0xA5b8BF902b2844dA17d4506cc827F7F1681735E7') ?? undefined)
  expect(igra).toMatchObject({ method: 'permit2', permit: false })
})
