import { expect, test } from 'vitest'
import { isCurrency, sayAmount } from '@/lib/money/stated'

test.each([
  [1_000n, 'sat', '1,000 sats'],
  [1n, 'sat', '1 sat'],
  [0n, 'sat', '0 sats'],
  [1_500n, 'msat', '1.5 sats'],
  [1_000n, 'msat', '1 sat'],
  [1n, 'msat', '0.001 sats'],
  [1_234_567_000n, 'msat', '1,234,567 sats'],
  [5n, 'usd', 'USD 0.05'],
  [123_456n, 'EUR', 'EUR 1,234.56'],
  [500n, 'jpy', 'JPY 500'],
  [1_500n, 'KWD', 'KWD 1.500'],
  [5n, 'xyz', null],
  [5n, 'USDC', null],
  [5n, '', null],
])('%d %s is %s', (amount, unit, words) => {
  expect(sayAmount(amount, unit)).toBe(words)
})

test('tokens are no currencies', () => {
  expect(['USD', 'eur', 'USDC', '0x1', 'sat'].map(isCurrency)).toEqual([true, true, false, false, false])
})
