import { describe, expect, test } from 'vitest'
import { formatUsd, formatUsdTotal, parseUsd, usd, usdToString } from '@/lib/money/usd'

describe('dollars as people type them', () => {
  test.each([
    ['5', 5_000_000n],
    ['0', 0n],
    ['0.10', 100_000n],
    ['0.000001', 1n],
    ['  1.5 ', 1_500_000n],
    ['007', 7_000_000n],
    ['999999999999.999999', 999_999_999_999_999_999n],
  ])('%j are %s millionths', (text, micros) => {
    expect(parseUsd(text)).toBe(micros)
  })

  test.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['a minus', '-1'],
    ['a plus', '+1'],
    ['no whole part', '.5'],
    ['no fraction after the point', '5.'],
    ['seven decimals', '1.0000001'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['a dollar sign', '$1'],
    ['thousands marks', '1,000'],
    ['a decimal comma', '0,10'],
    ['a blank inside', '1 000'],
    ['two points', '1.5.0'],
    ['a word', 'Infinity'],
    ['other digits', '١٢'],
    ['thirteen digits', '1234567890123'],
    ['a second line', '1\n2'],
  ])('with %s are refused', (_, text) => {
    expect(parseUsd(text)).toBeNull()
  })
})

describe('dollars as people read them', () => {
  test.each([
    [0n, '$0.00'],
    [1n, '$0.000001'],
    [1_000n, '$0.001'],
    [50_000n, '$0.05'],
    [500_000n, '$0.50'],
    [505_000n, '$0.505'],
    [1_000_000n, '$1.00'],
    [999_999_999n, '$999.999999'],
    [1_250_000_000n, '$1,250.00'],
    [1_234_567_890_123_456n, '$1,234,567,890.123456'],
    [-50_000n, '-$0.05'],
    [-1_250_000_000n, '-$1,250.00'],
  ])('%s millionths are %s', (micros, text) => {
    expect(formatUsd(usd(micros))).toBe(text)
  })

  test.each([
    [0n, '0.00'],
    [1_000n, '0.001'],
    [1_250_000_000n, '1250.00'],
    [-1n, '-0.000001'],
  ])('%s millionths are %s as plain digits', (micros, text) => {
    expect(usdToString(usd(micros))).toBe(text)
  })
})

describe('a total', () => {
  test.each([
    [0n, '$0.00'],
    [9_999n, '$0.009999'],
    [10_000n, '$0.01'],
    [12_340_000n, '$12.34'],
    [12_340_001n, '$12.35'],
    [999_990_001n, '$1,000.00'],
  ])('of %s millionths is %s: whole cents, never less than it is', (micros, text) => {
    expect(formatUsdTotal(usd(micros))).toBe(text)
  })
})
