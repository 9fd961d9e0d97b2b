import { decodePaymentSignatureHeader } from '@x402/core/http'
import { computeChannelId } from '@x402/evm/batch-settlement/client'
import { type Hex, recoverTypedDataAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import type { Tab } from '@/lib/challenge/scheme'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { credentialFor } from '@/lib/payment/credential'
import { drawOf, newTab, wantedTab } from '@/lib/payment/tab-draw'
import { DEPOSIT_TYPES, depositNonce, domainOn, VOUCHER_TYPES } from '@/lib/rails/batch-settlement/contract'
import { depositGate, voucherGate } from '@/lib/rails/batch-settlement/gate'
import type { Draw } from '@/lib/rails/rail'
import { railOf } from '@/lib/rails/rails'
import type { Cleared } from '@/lib/wallet/gate'
import { importVault } from '@/lib/wallet/vault'
import { challengeOf, entry, headerOf, message, request } from '../challenge/samples'
import { KEY, PAYEE, PAYER, USDC } from '../wallet/typed-data'

const AUTHORIZER: Hex = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const SITE = 'https://shop.example'
const record = vi.fn<(cleared: Cleared) => Promise<void>>(async () => undefined)

beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
beforeEach(() => void record.mockClear())

const extra = (changes: object = {}) => ({
  receiverAuthorizer: AUTHORIZER,
  withdrawDelay: 900,
  name: 'USDC',
  version: '2',
  ...changes,
})
const offerOf = (changes: object = {}, its: object = {}) =>
  challengeOf(
    headerOf({ ...message(), accepts: [{ ...entry(), scheme: 'batch-settlement', extra: extra(changes), ...its }] }),
  ).offers[0]

function payable(changes: object = {}): PayableOffer {
  const offer = offerOf(changes)
  if (!offer || !isPayable(offer)) throw new Error('It can be paid.')
  return offer
}

const termsOf = (changes: object = {}): Tab | undefined => payable(changes).terms.tab

describe('an offer', () => {
  test('of twenty thousand units opens a tab of ten times that, or of what the site suggests', () => {
    expect(termsOf()).toEqual({
      receiverAuthorizer: AUTHORIZER.toLowerCase(),
      withdrawDelay: 900,
      deposit: 200_000n,
      count: null,
    })
    expect(termsOf({ minDeposit: '500000' })?.deposit).toBe(500_000n)
    expect(termsOf({ minDeposit: '2000000' })?.deposit).toBe(2_000_000n)
    // Never less than the purchase itself.
    expect(termsOf({ minDeposit: '1' })?.deposit).toBe(20_000n)
    expect(termsOf({ minDeposit: 'lots' })?.deposit).toBe(200_000n)
  })

  test.each([
    ['deposit_too_large', { minDeposit: '2000001' }],
    ['locked_too_long', { withdrawDelay: 86_401 }],
    ['invalid_tab', { withdrawDelay: 899 }],
    ['invalid_tab', { withdrawDelay: 900.5 }],
    ['invalid_tab', { withdrawDelay: '900' }],
    ['invalid_tab', { withdrawDelay: undefined }],
    ['invalid_tab', { receiverAuthorizer: undefined }],
    ['invalid_tab', { receiverAuthorizer: `0x${'0'.repeat(40)}` }],
    ['invalid_tab', { receiverAuthorizer: 'nobody' }],
    ['unsupported_transfer_method', { assetTransferMethod: 'permit2' }],
  ])('is not paid: %s', (problem, changes) => {
    expect(offerOf(changes)?.problem).toBe(problem)
  })

  test('of a day’s delay is paid', () => {
    expect(termsOf({ withdrawDelay: 86_400 })?.withdrawDelay).toBe(86_400)
  })

  test('that corrects us says of which tab, and how much', () => {
    const channelState = { channelId: `0x${'AB'.repeat(32)}`, chargedCumulativeAmount: '3000' }
    expect(termsOf({ channelState })?.count).toEqual({ channel: `0x${'ab'.repeat(32)}`, charged: 3_000n })
    for (const charged of ['-1', '1e3', '', 3_000, null, (2n ** 128n).toString()])
      expect(termsOf({ channelState: { ...channelState, chargedCumulativeAmount: charged } })?.count).toBeNull()
  })
})

/** Signs for a new tab, and reads the header back as a server of the SDK does. */
async function sign(does: Draw['does'], ceiling: bigint, changes: (draw: Draw) => Draw = (draw) => draw) {
  const offer = payable()
  const wanted = wantedTab(SITE, offer, PAYER)
  if (!wanted) throw new Error('It is paid from a tab.')
  const draw = changes(drawOf(newTab(wanted, offer), does, ceiling))
  const { terms } = offer
  const credential = await credentialFor(await railOf(terms).prepare({ offer, terms, from: PAYER }), {
    offer,
    request: request(),
    validSeconds: 60,
    signer: 'vault',
    draw,
    record: (cleared) => record(cleared as Cleared),
    allow: async () => undefined,
    signal: new AbortController().signal,
  })
  const { payload } = decodePaymentSignatureHeader(credential.headers[0]?.value ?? '')
  return { draw, payload: payload as unknown as Payload }
}

interface Payload {
  type: string
  channelConfig: Parameters<typeof computeChannelId>[0]
  voucher: { channelId: Hex; maxClaimableAmount: string; signature: Hex }
  deposit?: {
    amount: string
    authorization: {
      erc3009Authorization: { validAfter: string; validBefore: string; salt: Hex; signature: Hex }
    }
  }
}

describe('what is signed', () => {
  test('opens a tab under the id that the SDK gives it, with a deposit that only that tab can get', async () => {
    const { draw, payload } = await sign('open', 20_000n)
    expect(payload.type).toBe('deposit')
    const channel = computeChannelId(payload.channelConfig, USDC.network)
    expect([draw.channel, payload.voucher.channelId]).toEqual([channel, channel])
    expect(payload.channelConfig).toMatchObject({
      payer: PAYER,
      payerAuthorizer: PAYER,
      receiver: PAYEE,
      withdrawDelay: 900,
    })
    const { amount, authorization } = payload.deposit ?? {}
    const { salt, signature, validBefore = '' } = authorization?.erc3009Authorization ?? {}
    if (!amount || !salt || !signature) throw new Error('It has a deposit.')
    const signedBy = await recoverTypedDataAddress({
      domain: { ...USDC.domain, chainId: 84532, verifyingContract: USDC.address },
      types: DEPOSIT_TYPES,
      primaryType: 'ReceiveWithAuthorization',
      message: {
        from: PAYER,
        to: BATCH_SETTLEMENT.depositCollector,
        value: 200_000n,
        validAfter: 0n,
        validBefore: BigInt(validBefore),
        nonce: depositNonce(channel, salt),
      },
      signature,
    })
    expect([amount, signedBy]).toEqual(['200000', PAYER])
    expect(record.mock.calls.map(([{ method }]) => method)).toEqual(['eip3009', 'voucher'])
  })

  test.each([
    ['spend', 'voucher'],
    ['refund', 'refund'],
  ] as const)('to %s is one voucher for what was decided', async (does, type) => {
    const { payload, draw } = await sign(does, 60_000n)
    expect(payload).toMatchObject({ type, voucher: { maxClaimableAmount: '60000' } })
    expect(payload.deposit).toBeUndefined()
    const signedBy = await recoverTypedDataAddress({
      domain: domainOn(84532),
      types: VOUCHER_TYPES,
      primaryType: 'Voucher',
      message: { channelId: draw.channel, maxClaimableAmount: 60_000n },
      signature: payload.voucher.signature,
    })
    expect(signedBy).toBe(PAYER)
    expect(record).toHaveBeenCalledTimes(1)
  })

  test('never lets the site claim more than is in the tab', async () => {
    await expect(sign('spend', 200_001n)).rejects.toMatchObject({ values: { field: 'message.maxClaimableAmount' } })
    expect(record).not.toHaveBeenCalled()
  })

  test('is never for another tab than the one that was noted', async () => {
    const other = (draw: Draw): Draw => ({ ...draw, channel: `0x${'11'.repeat(32)}` })
    await expect(sign('spend', 20_000n, other)).rejects.toMatchObject({ code: 'internal' })
    expect(record).not.toHaveBeenCalled()
  })
})

const CHANNEL: Hex = `0x${'ab'.repeat(32)}`
const NONCE: Hex = `0x${'cd'.repeat(32)}`
const STRANGER: Hex = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'
const until = Math.floor(Date.now() / 1000) + 60

const deposit = () => ({
  domain: { ...USDC.domain, chainId: 84532, verifyingContract: USDC.address },
  types: DEPOSIT_TYPES,
  primaryType: 'ReceiveWithAuthorization',
  message: {
    from: PAYER,
    to: BATCH_SETTLEMENT.depositCollector,
    value: 200_000n,
    validAfter: 0n,
    validBefore: BigInt(until),
    nonce: NONCE,
  },
})
const voucher = () => ({
  domain: domainOn(84532),
  types: VOUCHER_TYPES,
  primaryType: 'Voucher',
  message: { channelId: CHANNEL, maxClaimableAmount: 3_000n },
})
const gates = {
  deposit: depositGate({ asset: USDC, units: 200_000n, from: PAYER, nonce: NONCE, latestValidBefore: until }),
  voucher: voucherGate({
    asset: USDC,
    from: PAYER,
    channel: CHANNEL,
    ceiling: 3_000n,
    deposit: 200_000n,
    sentUntil: until,
  }),
}

const OFF: readonly (readonly [gate: keyof typeof gates, path: string, value: unknown])[] = [
  ['deposit', 'domain.name', 'USD Coin'],
  ['deposit', 'domain.version', '1'],
  ['deposit', 'domain.chainId', 8453],
  ['deposit', 'domain.verifyingContract', STRANGER],
  ['deposit', 'domain.salt', NONCE],
  ['deposit', 'primaryType', 'TransferWithAuthorization'],
  ['deposit', 'types', { ReceiveWithAuthorization: [] }],
  ['deposit', 'message.from', STRANGER],
  ['deposit', 'message.to', STRANGER],
  ['deposit', 'message.to', BATCH_SETTLEMENT.contract],
  ['deposit', 'message.value', 200_001n],
  ['deposit', 'message.value', '200000'],
  ['deposit', 'message.validAfter', 1n],
  ['deposit', 'message.validBefore', BigInt(until + 1)],
  ['deposit', 'message.nonce', CHANNEL],
  ['deposit', 'message.more', 1],
  ['voucher', 'domain.name', 'x402 Batch settlement'],
  ['voucher', 'domain.version', '2'],
  ['voucher', 'domain.chainId', 8453],
  ['voucher', 'domain.verifyingContract', BATCH_SETTLEMENT.depositCollector],
  ['voucher', 'primaryType', 'Refund'],
  ['voucher', 'types', { Voucher: [{ name: 'channelId', type: 'bytes32' }] }],
  ['voucher', 'message.channelId', NONCE],
  ['voucher', 'message.maxClaimableAmount', 3_001n],
  ['voucher', 'message.maxClaimableAmount', 2_999n],
  ['voucher', 'message.maxClaimableAmount', 3_000],
  ['voucher', 'message.nonce', 1n],
]

describe('the gate', () => {
  test('lets through just what was decided', () => {
    expect(gates.deposit.clear(deposit())).toMatchObject({ method: 'eip3009', nonce: NONCE, validBefore: until })
    expect(gates.voucher.clear(voucher())).toMatchObject({ method: 'voucher', validBefore: until })
  })

  test.each(OFF)('of a %s refuses %s = %s', (gate, path, value) => {
    const data = structuredClone({ deposit, voucher }[gate]()) as unknown as Record<string, Record<string, unknown>>
    const [part = '', field] = path.split('.')
    if (field) data[part] = { ...data[part], [field]: value }
    else Object.assign(data, { [part]: value })
    expect(() => gates[gate].clear(data)).toThrow(expect.objectContaining({ code: 'signing_refused' }))
  })
})
