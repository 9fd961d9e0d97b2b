import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { unitsCodec, usdCodec } from '@/lib/money/codec'
import { usd } from '@/lib/money/usd'

describe('amounts in messages and storage', () => {
  test('are decimal strings there and bigints here', () => {
    expect(z.encode(usdCodec, usd(-50_000n))).toBe('-50000')
    expect(z.decode(usdCodec, '-50000')).toBe(-50_000n)
    expect(z.encode(unitsCodec, 2n ** 256n - 1n)).toBe((2n ** 256n - 1n).toString())
    expect(z.decode(unitsCodec, (2n ** 256n - 1n).toString())).toBe(2n ** 256n - 1n)
  })

  test.each([
    ['a fraction', '1.5'],
    ['nothing', ''],
    ['a bare minus', '-'],
    ['hexadecimal', '0x10'],
    ['an exponent', '1e3'],
    ['a blank', ' 1'],
    ['a second line', '1\n'],
    ['too many digits', '9'.repeat(79)],
    ['a number', 5],
    ['a bigint', 5n],
    ['null', null],
    ['a list', ['5']],
  ])('are never read from %s', (_, value) => {
    expect(z.safeDecode(usdCodec, value as string).success).toBe(false)
    expect(z.safeDecode(unitsCodec, value as string).success).toBe(false)
  })

  test('of tokens have no sign', () => {
    expect(z.safeDecode(unitsCodec, '-1').success).toBe(false)
  })

  test('are never written from anything but a bigint', () => {
    expect(z.safeEncode(usdCodec, 5 as never).success).toBe(false)
    expect(z.safeEncode(unitsCodec, '5' as never).success).toBe(false)
  })
})
