import { describe, expect, test } from 'vitest'
import type { Offer } from '@/lib/challenge/challenge'
import { ASSETS } from '@/lib/money/assets'
import { PROGRAMS } from '@/lib/money/solana'
import { challengeOf, entry, FEE_PAYER, headerOf, message, PAYEE, SOLANA_PAYEE, solanaEntry, USDC } from './samples'

function offer(changes: Readonly<Record<string, unknown>> = {}, base = entry()): Offer {
  const [only] = challengeOf(headerOf({ ...message(), accepts: [{ ...base, ...changes }] })).offers
  if (!only) throw new Error('The message has no offer.')
  return only
}

describe('an offer can be paid', () => {
  test.each([
    ['as a server of the SDK writes it', {}],
    ['without extra', { extra: undefined }],
    ['with extra null', { extra: null }],
    ['with EIP-3009 by name', { extra: { assetTransferMethod: 'eip3009' } }],
    ["with the token's own contract to verify", { extra: { verifyingContract: USDC } }],
    ['with its token in upper case', { asset: `0x${USDC.slice(2).toUpperCase()}` }],
    ['with a payee in lower case', { payTo: PAYEE.toLowerCase() }],
    ['of one unit', { amount: '1' }],
    ['of the largest uint256', { amount: (2n ** 256n - 1n).toString() }],
    ['with fields that nobody knows', { hint: { colour: 'green' }, extra: { paymentFlow: 'upfront' } }],
  ])('%s', (_, changes) => {
    expect(offer(changes).problem).toBeNull()
  })

  test("at the pinned name, version and decimals, whatever the server's extra says", () => {
    const lying = offer({ extra: { name: 'Tether', version: '9', decimals: 2 } })
    expect(lying.asset).toMatchObject({ symbol: 'USDC', decimals: 6, domain: { name: 'USDC', version: '2' } })
    expect(lying.price).toBe(20_000n)
  })
})

describe('an offer cannot be paid', () => {
  test.each([
    ['invalid_facilitator', { scheme: 'upto' }],
    [
      'invalid_facilitator',
      { scheme: 'upto', extra: { facilitatorAddress: '0x0000000000000000000000000000000000000000' } },
    ],
    ['invalid_facilitator', { scheme: 'upto', extra: { facilitatorAddress: [PAYEE] } }],
    ['unsupported_transfer_method', { scheme: 'upto', extra: { assetTransferMethod: 'eip3009' } }],
    ['unknown_scheme', { scheme: 'Exact' }],
    ['unknown_scheme', { scheme: 'lottery' }],
    ['invalid_tab', { scheme: 'batch-settlement' }],
    ['unknown_network', { network: 'solana:8E9rvCKLFQia2Y35HXjjpWzj8weVo44K' }],
    ['unknown_network', { network: 'eip155:5' }],
    ['unknown_network', { network: 'base-sepolia' }],
    ['unknown_network', { network: 'eip155:084532' }],
    ['unknown_asset', { asset: '0x0000000000000000000000000000000000000bad' }],
    ['unknown_asset', { asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913' }],
    ['unknown_asset', { asset: 'USDC' }],
    ['unsupported_transfer_method', { extra: { assetTransferMethod: 'permit2', verifyingContract: PAYEE } }],
    ['unsupported_transfer_method', { extra: { assetTransferMethod: ['eip3009'] } }],
    ['unsupported_transfer_method', { extra: { name: 'GatewayWallet', verifyingContract: PAYEE } }],
    ['unsupported_transfer_method', { extra: { verifyingContract: 7 } }],
    ['invalid_pay_to', { payTo: '0x0000000000000000000000000000000000000000' }],
    ['invalid_pay_to', { payTo: USDC }],
    ['invalid_pay_to', { payTo: USDC.toLowerCase() }],
    ['invalid_pay_to', { payTo: 'vitalik.eth' }],
    ['invalid_pay_to', { payTo: PAYEE.slice(0, -1) }],
    ['invalid_pay_to', { payTo: `${PAYEE}0` }],
    ['invalid_pay_to', { payTo: ` ${PAYEE}` }],
    ['invalid_pay_to', { payTo: PAYEE.replace('0x', '0X') }],
    ['invalid_time_limit', { maxTimeoutSeconds: 0 }],
    ['invalid_time_limit', { maxTimeoutSeconds: -60 }],
    ['invalid_time_limit', { maxTimeoutSeconds: 1.5 }],
    ['invalid_time_limit', { maxTimeoutSeconds: 2 ** 53 }],
  ])('%s: %j', (problem, changes) => {
    expect(offer(changes).problem).toBe(problem)
  })

  test.each([
    ['nothing', '0'],
    ['zero, written long', '00'],
    ['a leading zero', '01'],
    ['a minus', '-1'],
    ['a plus', '+1'],
    ['hexadecimal', '0x10'],
    ['a fraction', '1.5'],
    ['an exponent', '1e3'],
    ['a blank before', ' 1'],
    ['a blank after', '1 '],
    ['a line break', '1\n'],
    ['thousands marks', '1,000'],
    ['other digits', '١'],
    ['2^256', (2n ** 256n).toString()],
    ['79 digits', '1'.repeat(79)],
  ])('for an amount of %s', (_, amount) => {
    expect(offer({ amount })).toMatchObject({ problem: 'invalid_amount', units: null, price: null })
  })

  test('and an unknown token has no price in dollars', () => {
    expect(offer({ asset: '0x0000000000000000000000000000000000000bad' })).toMatchObject({ asset: null, price: null })
  })
})

test.each(ASSETS.filter((asset) => asset.family === 'evm' && asset.method === 'permit2'))(
  '$symbol on $network, which knows no EIP-3009, is paid through Permit2, and by nothing else that a server says',
  ({ network, address }) => {
    for (const extra of [undefined, { assetTransferMethod: 'permit2' }])
      expect(offer({ network, asset: address, extra })).toMatchObject({
        problem: null,
        terms: { rail: 'exact-permit2' },
      })
    const extra = { assetTransferMethod: 'eip3009' }
    expect(offer({ network, asset: address, extra }).problem).toBe('unsupported_transfer_method')
  },
)

describe('an offer on Solana', () => {
  const solana = (changes: Readonly<Record<string, unknown>> = {}) => offer(changes, solanaEntry())
  const MINT = solanaEntry().asset

  test.each(ASSETS.filter(({ family }) => family === 'svm'))('can be paid in $symbol on $network', (asset) => {
    expect(solana({ network: asset.network, asset: asset.address })).toMatchObject({
      problem: null,
      asset,
      units: 20_000n,
      price: 20_000n,
      payTo: SOLANA_PAYEE,
      terms: { rail: 'exact-svm', feePayer: FEE_PAYER },
    })
  })

  test.each([
    ['of one unit', { amount: '1' }],
    ['of the largest uint64', { amount: (2n ** 64n - 1n).toString() }],
    ['with a memo', { extra: { feePayer: FEE_PAYER, memo: 'INV-1' } }],
    ['with the longest memo', { extra: { feePayer: FEE_PAYER, memo: 'ő'.repeat(128) } }],
    ['with an empty memo', { extra: { feePayer: FEE_PAYER, memo: '' } }],
    ['with a recent block of its own', { extra: { feePayer: FEE_PAYER, recentBlockhash: MINT } }],
    ['with fields that nobody knows', { hint: 1, extra: { feePayer: FEE_PAYER, paymentFlow: 'upfront' } }],
  ])('can be paid %s', (_, changes) => {
    expect(solana(changes).problem).toBeNull()
  })

  test.each<[problem: string, changes: Readonly<Record<string, unknown>>]>([
    ['unsupported_transfer_method', { scheme: 'upto' }],
    ['unknown_network', { network: 'solana:devnet' }],
    ['unknown_network', { network: 'solana-devnet' }],
    ['unknown_asset', { asset: MINT.toLowerCase() }],
    ['unknown_asset', { asset: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v' }],
    ['unknown_asset', { asset: USDC }],
    ['unsupported_transfer_method', { extra: { feePayer: FEE_PAYER, assetTransferMethod: 'permit2' } }],
    ['unsupported_transfer_method', { extra: { feePayer: FEE_PAYER, memo: 'ő'.repeat(129) } }],
    ['unsupported_transfer_method', { extra: { feePayer: FEE_PAYER, memo: 7 } }],
    ['unsupported_transfer_method', { extra: { feePayer: FEE_PAYER, memo: ['a'] } }],
    ['invalid_amount', { amount: (2n ** 64n).toString() }],
    ['invalid_amount', { amount: '0' }],
    ['invalid_pay_to', { payTo: MINT }],
    ['invalid_pay_to', { payTo: PAYEE }],
    ['invalid_pay_to', { payTo: SOLANA_PAYEE.slice(0, -1) }],
    ['invalid_pay_to', { payTo: `${SOLANA_PAYEE}1` }],
    ['invalid_pay_to', { payTo: ` ${SOLANA_PAYEE}` }],
    ['invalid_pay_to', { payTo: SOLANA_PAYEE.replace('U', '0') }],
    ['invalid_pay_to', { payTo: 'toly.sol' }],
    ['invalid_pay_to', { payTo: 'SysvarC1ock11111111111111111111111111111111' }],
    ['invalid_pay_to', { payTo: 'Stake11111111111111111111111111111111111111' }],
    ['invalid_pay_to', { payTo: 'BPFLoaderUpgradeab1e11111111111111111111111' }],
    ...Object.values(PROGRAMS).map((payTo) => ['invalid_pay_to', { payTo }] as [string, { payTo: string }]),
    ['invalid_fee_payer', { extra: undefined }],
    ['invalid_fee_payer', { extra: null }],
    ['invalid_fee_payer', { extra: {} }],
    ['invalid_fee_payer', { extra: { feePayer: [FEE_PAYER] } }],
    ['invalid_fee_payer', { extra: { feePayer: '' } }],
    ['invalid_fee_payer', { extra: { feePayer: `${FEE_PAYER}1` } }],
    ['invalid_fee_payer', { extra: { feePayer: PAYEE } }],
    ['invalid_fee_payer', { extra: { feePayer: PROGRAMS.system } }],
    ['invalid_time_limit', { maxTimeoutSeconds: 0 }],
  ])('cannot be paid, %s: %j', (problem, changes) => {
    expect(solana(changes).problem).toBe(problem)
  })

  test('is the only kind that names who pays the fee', () => {
    expect(offer({ extra: { feePayer: FEE_PAYER } })).toMatchObject({ problem: null, terms: { rail: 'exact-eip3009' } })
  })
})
