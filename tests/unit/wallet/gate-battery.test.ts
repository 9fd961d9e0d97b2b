import { encodeFunctionData, erc20Abi, type Hex, maxUint256, parseAbi, parseSignature, toHex, zeroAddress } from 'viem'
import { sign } from 'viem/accounts'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { findNetwork } from '@/lib/money/networks'
import { type Expected, LONGEST_VALID, type Purpose, TRANSFER_TYPES, transferGate } from '@/lib/wallet/gate'
import * as metamask from '@/lib/wallet/metamask'
import { metaMaskSigner, signerFor } from '@/lib/wallet/signer'
import { type Call, callFor, clearCall, type ExpectedCall } from '@/lib/wallet/transaction'
import { importVault } from '@/lib/wallet/vault'
import { expected, KEY, PAYEE, PAYER, type TypedData, typedData, USDC, withValue } from './typed-data'

/*
 * Typed data that differ from what was decided in one thing each, put to the signers that would sign them. None is signed, and
 * nothing is noted as if it were. What a payment is decided on comes from the x402 SDK, a withdrawal is our own.
 */

vi.mock('viem/accounts', { spy: true })
vi.mock('@/lib/wallet/metamask', { spy: true })

const STRANGER: Hex = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const PERMIT2: Hex = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const BASE_USDC: Hex = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const OTHER_HASH = `0x${'11'.repeat(32)}`

const now = () => Math.floor(Date.now() / 1000)
const FIELDS = [...TRANSFER_TYPES.TransferWithAuthorization]
const WITHDRAWAL_END = now() + LONGEST_VALID.withdrawal

/** What is decided, and the typed data that say just that. */
const DECIDED: Readonly<Record<Purpose, { intent: Expected; data: TypedData }>> = {
  payment: { intent: expected(), data: await typedData() },
  withdrawal: {
    intent: expected({ purpose: 'withdrawal', latestValidBefore: WITHDRAWAL_END }),
    data: {
      domain: { ...USDC.domain, chainId: 84532, verifyingContract: USDC.address },
      types: { TransferWithAuthorization: FIELDS },
      primaryType: 'TransferWithAuthorization',
      message: {
        from: PAYER,
        to: PAYEE,
        value: 20_000n,
        validAfter: 0n,
        validBefore: BigInt(WITHDRAWAL_END),
        nonce: toHex(new Uint8Array(32).fill(7)),
      },
    },
  },
}

/** One value by its path; undefined takes it away. */
const VALUES: readonly (readonly [path: string, ...values: unknown[]])[] = [
  ['domain', undefined, null, {}],
  ['domain.name', undefined, '', 'USD Coin', 'usdc', 'USDC ', 'Permit2'],
  ['domain.version', undefined, '1', '2.0', 2],
  ['domain.chainId', undefined, 1, 8453, 0, -84532, 84532.5, '84532', 84532n],
  ['domain.verifyingContract', undefined, STRANGER, PERMIT2, BASE_USDC, PAYER, PAYEE, zeroAddress, 'USDC'],
  ['domain.salt', `0x${'00'.repeat(32)}`],
  ['primaryType', undefined, '', 'Permit', 'PermitSingle', 'PermitTransferFrom', 'PermitWitnessTransferFrom'],
  ['primaryType', 'ReceiveWithAuthorization', 'CancelAuthorization', 'transferWithAuthorization', 'Delegation'],
  ['types', undefined, {}, { Permit: FIELDS }, { TransferWithAuthorization: [] }],
  ['types.Permit', [{ name: 'owner', type: 'address' }]],
  ['types.EIP712Domain', [{ name: 'name', type: 'string' }]],
  ['types.TransferWithAuthorization', FIELDS.slice(1), FIELDS.toReversed(), [...FIELDS, { name: 'x', type: 'bytes' }]],
  ['types.TransferWithAuthorization.0.type', 'string', 'bytes32'],
  ['types.TransferWithAuthorization.1.name', 'recipient', 'from'],
  ['types.TransferWithAuthorization.2.type', 'uint128', 'int256'],
  ['types.TransferWithAuthorization.5.type', 'uint256'],
  ['message', undefined, null, {}],
  ['message.from', undefined, STRANGER, PAYEE, zeroAddress],
  ['message.to', undefined, STRANGER, PAYER, zeroAddress, USDC.address, PERMIT2, 'vitalik.eth'],
  [
    'message.value',
    undefined,
    20_001n,
    19_999n,
    0n,
    -20_000n,
    200_000n,
    maxUint256,
    2n ** 256n + 20_000n,
    '20000',
    20_000,
  ],
  ['message.validAfter', undefined, 1n, -1n, BigInt(now() - 60), BigInt(now() + 60), maxUint256, 0],
  ['message.validBefore', undefined, BigInt(now() + 3_600), BigInt(now() + 86_400 * 365), maxUint256, '0'],
  ['message.nonce', undefined, '0x', '0x01', `${OTHER_HASH}11`, 1n, 'nonce'],
  ['message.spender', STRANGER],
  ['message.v', 27],
  ['account', STRANGER],
]

const changesOf = (purpose: Purpose): [what: string, data: TypedData][] =>
  VALUES.flatMap(([path, ...values]) =>
    values.map((value): [string, TypedData] => [
      `${path}: ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}`,
      withValue(DECIDED[purpose].data, path, value),
    ]),
  )

const never = new AbortController().signal
const refused = expect.objectContaining({ name: 'TuppenceError', code: 'signing_refused' })

beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
afterEach(() => {
  vi.clearAllMocks()
})

describe.each(['payment', 'withdrawal'] as const)('a %s', (purpose) => {
  const { intent, data } = DECIDED[purpose]

  test('is signed just as it was decided', async () => {
    const record = vi.fn(async () => undefined)
    await signerFor(transferGate(intent), record, never).signTypedData(data)
    expect(record).toHaveBeenCalledOnce()
    expect(sign).toHaveBeenCalledOnce()
  })

  test('differs in more than sixty ways', () => {
    const changes = changesOf(purpose)
    expect(changes.length).toBeGreaterThan(60)
    expect(new Set(changes.map(([what]) => what)).size).toBe(changes.length)
  })

  test.each(changesOf(purpose))('with another %s', async (_, changed) => {
    const record = vi.fn(async () => undefined)
    await expect(signerFor(transferGate(intent), record, never).signTypedData(changed)).rejects.toEqual(refused)
    await expect(metaMaskSigner(transferGate(intent), record).signTypedData(changed)).rejects.toEqual(refused)
    expect(record).not.toHaveBeenCalled()
    expect(sign).not.toHaveBeenCalled()
    expect(metamask.signTypedData).not.toHaveBeenCalled()
  })

  test.each<[what: string, other: Expected]>([
    ['of another token', { ...intent, asset: { ...USDC, address: BASE_USDC.toLowerCase() as Hex } }],
    ['on another network', { ...intent, asset: { ...USDC, network: 'eip155:8453' } }],
    [
      'of a token that calls itself otherwise',
      { ...intent, asset: { ...USDC, domain: { name: 'USDC', version: '3' } } },
    ],
    ['of more', { ...intent, units: 20_001n }],
    ['of another account', { ...intent, from: STRANGER }],
    ['to somebody else', { ...intent, to: STRANGER }],
    ['for a shorter time', { ...intent, latestValidBefore: now() }],
  ])('is not signed for a decision %s', async (_, other) => {
    const record = vi.fn(async () => undefined)
    await expect(signerFor(transferGate(other), record, never).signTypedData(data)).rejects.toEqual(refused)
    expect(record).not.toHaveBeenCalled()
    expect(sign).not.toHaveBeenCalled()
  })
})

test('a payment never lasts as long as a withdrawal may, whatever was decided', async () => {
  const { intent, data } = DECIDED.withdrawal
  const record = vi.fn(async () => undefined)
  const signer = signerFor(transferGate({ ...intent, purpose: 'payment' }), record, never)
  await expect(signer.signTypedData(data)).rejects.toEqual(refused)
  expect(record).not.toHaveBeenCalled()
  expect(sign).not.toHaveBeenCalled()
})

/* The transactions that MetaMask is handed. The same bytes as viem makes of the contracts' own words. */

const network = findNetwork(USDC.network)
if (network?.family !== 'evm') throw new Error('Base Sepolia is not known.')
const onOther = findNetwork('eip155:8453')
if (onOther?.family !== 'evm') throw new Error('Base is not known.')

const SIGNATURE: Hex = `0x${'12'.repeat(32)}${'34'.repeat(32)}1b`
const tokenAbi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
  'function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
])

const topUp = { purpose: 'top_up', asset: USDC, units: 20_000n, to: PAYER } as const satisfies ExpectedCall
const handIn = {
  purpose: 'withdrawal',
  asset: USDC,
  units: 20_000n,
  from: PAYER,
  to: PAYEE,
  nonce: `0x${'ab'.repeat(32)}`,
  validBefore: 2_000_000_000,
  signature: SIGNATURE,
} as const satisfies ExpectedCall

const transferData = (to: Hex = PAYER, units = 20_000n) =>
  encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, units] })

interface HandIn {
  from: Hex
  to: Hex
  units: bigint
  validAfter: bigint
  validBefore: bigint
  nonce: Hex
  signature: Hex
}
function handInData(
  changes: Partial<HandIn> = {},
  functionName: 'transferWithAuthorization' | 'receiveWithAuthorization' = 'transferWithAuthorization',
): Hex {
  const { from, to, units, validAfter, validBefore, nonce, signature } = {
    ...handIn,
    validAfter: 0n,
    ...changes,
    validBefore: changes.validBefore ?? BigInt(handIn.validBefore),
  }
  const { r, s, v = 27n } = parseSignature(signature)
  return encodeFunctionData({
    abi: tokenAbi,
    functionName,
    args: [from, to, units, validAfter, validBefore, nonce, Number(v), r, s],
  })
}

const call = (data: Hex, changes: object = {}): Call => ({ from: STRANGER, to: USDC.address, data, ...changes })

describe('a transaction for MetaMask', () => {
  test('is the call of the token that was confirmed, and nothing else', () => {
    expect(callFor(topUp, STRANGER)).toEqual(call(transferData()))
    expect(callFor(handIn, STRANGER)).toEqual(call(handInData()))
    expect(clearCall(network, call(transferData()), topUp)).toEqual(call(transferData()))
    expect(clearCall(network, call(handInData()), handIn)).toEqual(call(handInData()))
  })

  test.each<[what: string, changed: Call]>([
    ['to another account', call(transferData(STRANGER))],
    ['to nobody', call(transferData(zeroAddress))],
    ['to the token', call(transferData(USDC.address))],
    ['of more', call(transferData(PAYER, 20_001n))],
    ['of less', call(transferData(PAYER, 19_999n))],
    ['of everything', call(transferData(PAYER, maxUint256))],
    ['of another token', call(transferData(), { to: BASE_USDC })],
    ['of no token', call(transferData(), { to: STRANGER })],
    ['with coins', call(transferData(), { value: 1n })],
    ['with no coins said aloud', call(transferData(), { value: '0x0' })],
    ['with gas of its own', call(transferData(), { gas: 1n })],
    ['with code to delegate to', call(transferData(), { authorizationList: [] })],
    ['from nobody', call(transferData(), { from: zeroAddress })],
    ['that approves', call(encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [PAYER, 20_000n] }))],
    [
      'that takes from another',
      call(encodeFunctionData({ abi: erc20Abi, functionName: 'transferFrom', args: [STRANGER, PAYER, 20_000n] })),
    ],
    ['with more behind it', call(`${transferData()}00`)],
    ['that is cut short', call(transferData().slice(0, -2) as Hex)],
    ['without a call', call('0x')],
    ['that hands in a withdrawal', call(handInData())],
  ])('to top up %s is not handed on', (_, changed) => {
    expect(() => clearCall(network, changed, topUp)).toThrow(refused)
  })

  test.each<[what: string, changed: Call]>([
    ['from another account', call(handInData({ from: STRANGER }))],
    ['to another account', call(handInData({ to: STRANGER }))],
    ['to nobody', call(handInData({ to: zeroAddress }))],
    ['of more', call(handInData({ units: 20_001n }))],
    ['of less', call(handInData({ units: 19_999n }))],
    ['that begins later', call(handInData({ validAfter: 1n }))],
    ['that lasts longer', call(handInData({ validBefore: 2_000_000_001n }))],
    ['with another nonce', call(handInData({ nonce: OTHER_HASH as Hex }))],
    ['with another signature', call(handInData({ signature: `0x${'13'.repeat(32)}${'34'.repeat(32)}1b` }))],
    [
      'with the signature’s other half changed',
      call(handInData({ signature: `0x${'12'.repeat(32)}${'35'.repeat(32)}1b` })),
    ],
    ['with the signature’s sign changed', call(handInData({ signature: `0x${'12'.repeat(32)}${'34'.repeat(32)}1c` }))],
    ['that only the payee may hand in', call(handInData({}, 'receiveWithAuthorization'))],
    ['of another token', call(handInData(), { to: BASE_USDC })],
    ['with coins', call(handInData(), { value: 1n })],
    ['with more behind it', call(`${handInData()}00`)],
    ['that is cut short', call(handInData().slice(0, -2) as Hex)],
    ['that is a top-up', call(transferData())],
  ])('to hand in a withdrawal %s is not handed on', (_, changed) => {
    expect(() => clearCall(network, changed, handIn)).toThrow(refused)
  })

  test('of either kind is not handed on for another network, or for money that would be gone', () => {
    for (const [data, decided] of [
      [transferData(), topUp],
      [handInData(), handIn],
    ] as const) {
      expect(() => clearCall(onOther, call(data), decided)).toThrow(refused)
      for (const to of [zeroAddress, USDC.address] as const)
        expect(() => clearCall(network, callFor({ ...decided, to }, STRANGER), { ...decided, to })).toThrow(refused)
    }
  })
})
