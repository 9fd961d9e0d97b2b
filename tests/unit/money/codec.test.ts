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

  test.each([['1.5'], [''], ['-'], ['0x10'], ['1e3'], [' 1'], ['1\n'], ['9'.repeat(41)], [5], [5n], [null], [['5']]])(
    '%j is no amount of dollars',
    (value) => {
      expect(z.safeDecode(usdCodec, value as string).success).toBe(false)
    },
  )

  test.each([['-1'], ['1.5'], [''], ['0x10'], ['9'.repeat(79)], [5], [null], [['5']]])('%j is no token amount', (value) => {
    expect(z.safeDecode(unitsCodec, value as string).success).toBe(false)
  })

  test('are never written from anything but a bigint', () => {
    expect(z.safeEncode(usdCodec, 5 as never).success).toBe(false)
    expect(z.safeEncode(unitsCodec, '5' as never).success).toBe(false)
  })
})
