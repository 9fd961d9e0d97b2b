import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ASSETS, type Asset, formatAmount, priceOf } from '@/lib/money/assets'
import { unitsCodec, usdCodec } from '@/lib/money/codec'
import { formatUsd, formatUsdTotal, parseUsd, usd, usdToString } from '@/lib/money/usd'

const [USDC] = ASSETS
if (!USDC) throw new Error('There is no pinned token.')

/** All that `parseUsd` can give: up to twelve digits of dollars. */
const typedAmount = fc.bigInt(0n, 10n ** 18n - 1n).map(usd)
const anyAmount = fc.bigInt(-(10n ** 30n), 10n ** 30n).map(usd)
const anyUnits = fc.bigInt(0n, 2n ** 256n - 1n)
const anyToken = fc.integer({ min: 0, max: 24 }).map((decimals): Asset => ({ ...USDC, decimals }))

const digitsOf = (text: string) => text.replace(/[$,]/g, '')

describe('dollars', () => {
  test('are read back as they were written', () => {
    fc.assert(
      fc.property(typedAmount, (amount) => {
        expect(parseUsd(usdToString(amount))).toBe(amount)
      }),
    )
  })

  test('lose nothing on the way to the screen', () => {
    fc.assert(
      fc.property(typedAmount, (amount) => {
        expect(parseUsd(digitsOf(formatUsd(amount)))).toBe(amount)
      }),
    )
  })

  test('show at least two decimals, at most six, and every third digit marked', () => {
    const form = /^-?\$\d{1,3}(,\d{3})*\.\d{2,6}$/
    fc.assert(
      fc.property(anyAmount, (amount) => {
        expect(formatUsd(amount)).toMatch(form)
      }),
    )
  })

  test('never look smaller as a total, nor a cent larger', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n).map(usd), (amount) => {
        const shown = parseUsd(digitsOf(formatUsdTotal(amount))) ?? -1n
        expect(shown).toBeGreaterThanOrEqual(amount)
        expect(shown).toBeLessThan(amount + 10_000n)
      }),
    )
  })

  test('are parsed from nothing but plain decimals', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        if (!/^\s*\d{1,12}(\.\d{1,6})?\s*$/.test(text)) expect(parseUsd(text)).toBeNull()
      }),
    )
  })
})

describe('a price', () => {
  test('is the smallest whole number of millionths that is not below its worth', () => {
    fc.assert(
      fc.property(anyUnits, anyToken, (units, asset) => {
        const price = priceOf({ units, asset })
        const worth = units * 10n ** 6n
        const millionth = 10n ** BigInt(asset.decimals)
        expect(price * millionth).toBeGreaterThanOrEqual(worth)
        expect((price - 1n) * millionth).toBeLessThan(worth)
      }),
    )
  })
})

describe('an amount of a token', () => {
  test('is shown to the last unit', () => {
    fc.assert(
      fc.property(anyUnits, anyToken, (units, asset) => {
        const [whole = '', fraction = ''] = formatAmount({ units, asset }).replace(' USDC', '').split('.')
        expect(BigInt(whole + fraction.padEnd(asset.decimals, '0'))).toBe(units)
      }),
    )
  })
})

describe('codecs', () => {
  test('give back what they were given', () => {
    fc.assert(
      fc.property(anyAmount, anyUnits, (amount, units) => {
        expect(z.decode(usdCodec, z.encode(usdCodec, amount))).toBe(amount)
        expect(z.decode(unitsCodec, z.encode(unitsCodec, units))).toBe(units)
      }),
    )
  })

  test('give text that survives JSON', () => {
    fc.assert(
      fc.property(anyAmount, (amount) => {
        const encoded = z.encode(usdCodec, amount)
        expect(JSON.parse(JSON.stringify(encoded))).toBe(encoded)
      }),
    )
  })
})
