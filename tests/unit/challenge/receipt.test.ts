import { encodePaymentResponseHeader } from '@x402/core/http'
import { describe, expect, test } from 'vitest'
import { readSettlement } from '@/lib/challenge/receipt'
import { headerOf } from './samples'

const TRANSACTION = `0x${'ab'.repeat(32)}`

describe("a site's receipt", () => {
  test('is read as a server of the SDK writes it', () => {
    const header = encodePaymentResponseHeader({ success: true, transaction: TRANSACTION, network: 'eip155:84532' })
    expect(readSettlement(header)).toEqual({ success: true, transaction: TRANSACTION, errorReason: null })
  })

  test('names its reason for a failure, cleaned', () => {
    const header = encodePaymentResponseHeader({
      success: false,
      transaction: '',
      network: 'eip155:84532',
      errorReason: 'insufficient\u202E_funds\n',
    })
    expect(readSettlement(header)).toEqual({ success: false, transaction: null, errorReason: 'insufficient_funds' })
  })

  test('says how much of a ceiling was taken, nothing included', () => {
    const said = { success: true, transaction: '', network: 'eip155:84532' } as const
    expect(readSettlement(encodePaymentResponseHeader({ ...said, amount: '8000' }))?.units).toBe(8_000n)
    expect(readSettlement(encodePaymentResponseHeader({ ...said, amount: '0' }))?.units).toBe(0n)
    for (const amount of ['-1', '1.5', '0x10', 'all', 8_000, '9'.repeat(79)])
      expect(readSettlement(headerOf({ ...said, amount }))).not.toHaveProperty('units')
  })

  test('with odd details is still a receipt', () => {
    const odd = { success: true, transaction: 7, network: [], errorReason: {} }
    expect(readSettlement(headerOf(odd))).toEqual({ success: true, transaction: null, errorReason: null })
  })

  test.each([
    ['none', null],
    ['an empty one', ''],
    ['not base64', '{}'],
    ['not JSON', headerOf('{')],
    ['null', headerOf('null')],
    ['no word on success', headerOf({ transaction: TRANSACTION })],
    ['success in words', headerOf({ success: 'true', transaction: TRANSACTION })],
    ['over 64 KB', 'A'.repeat(64 * 1024 + 1)],
  ])('that is %s counts as none', (_, header) => {
    expect(readSettlement(header)).toBeNull()
  })
})
