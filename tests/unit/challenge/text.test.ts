import { describe, expect, test } from 'vitest'
import { cleanText } from '@/lib/challenge/text'

describe("a merchant's words", () => {
  test.each([
    ['right-to-left override', 'Buy \u202Egpj.exe', 'Buy gpj.exe'],
    ['bidi isolates', '\u2066a\u2067b\u2069', 'ab'],
    ['zero-width blanks', 'pay\u200Bpal\u200C.\uFEFFcom', 'paypal.com'],
    ['soft hyphens', 'pay\u00ADpal', 'paypal'],
    ['invisible tags', 'safe\u{E0041}\u{E0042}', 'safe'],
    ['control characters', 'a\u0000b\u0007c\u001B[31m', 'abc[31m'],
    ['private-use characters', 'Apple \uF8FF', 'Apple'],
    ['line separators', 'one\u2028two\u2029three', 'onetwothree'],
  ])('lose their %s', (_, text, clean) => {
    expect(cleanText(text)).toBe(clean)
  })

  test('lose letters that show nothing', () => {
    expect(cleanText('pay\u3164pal\u115F')).toBe('paypal')
  })

  test('stay on one line, with single blanks', () => {
    expect(cleanText('  An\r\n\tarticle  \u00A0 of   note\n')).toBe('An article of note')
  })

  test('that show nothing are none', () => {
    for (const text of [undefined, '', '   ', '\n', '\u200B\u202E']) expect(cleanText(text)).toBeNull()
  })

  test('keep their scripts, accents and emoji', () => {
    const text = 'Ödön’s café — 寿司 עברית 🍣 e\u0301'
    expect(cleanText(text)).toBe(text)
  })

  test('end at 140 characters', () => {
    expect(cleanText('x'.repeat(140))).toBe('x'.repeat(140))
    expect(cleanText('x'.repeat(141))).toBe(`${'x'.repeat(139)}…`)
    expect(cleanText(`${'x'.repeat(138)} ${'y'.repeat(9)}`)).toBe(`${'x'.repeat(138)}…`)
  })

  test('are never cut within an emoji', () => {
    const clean = cleanText(`${'x'.repeat(138)}😀😀😀`) ?? ''
    expect(clean).toBe(`${'x'.repeat(138)}😀…`)
    expect(clean.isWellFormed()).toBe(true)
  })

  test('cannot grow by piling marks on a letter', () => {
    const clean = cleanText(`Z${'\u0301\u0316'.repeat(2000)}`) ?? ''
    expect([...clean]).toHaveLength(140)
  })
})
