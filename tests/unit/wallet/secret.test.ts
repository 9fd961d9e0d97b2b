import { generateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { describe, expect, test } from 'vitest'
import { addressOf, deriveKey, type Key, newWords, readSecret, seedOf } from '@/lib/wallet/secret'
import { KEY, PAYER, WORDS } from './typed-data'

const ABANDON = (count: number, last: string) => `${'abandon '.repeat(count)}${last}`
/** The order of secp256k1: keys go from one to one below it. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const hex = (key: bigint) => key.toString(16).padStart(64, '0')

describe('a recovery phrase', () => {
  test.each([
    [WORDS, PAYER],
    [ABANDON(11, 'about'), '0x9858EfFD232B4033E47d90003D41EC34EcaEda94'],
    [ABANDON(23, 'art'), '0xF278cF59F82eDcf871d630F28EcC8056f25C1cdb'],
  ])('gives the account that every other wallet gives: %s', async (words, address) => {
    expect(readSecret(words)).toEqual({ words })
    expect(addressOf(deriveKey(await seedOf(words), 'evm', 0))).toBe(address)
  })

  test('gives the key of its first account', async () => {
    expect(deriveKey(await seedOf(WORDS), 'evm', 0)).toEqual({ family: 'evm', key: KEY })
  })

  test.each([128, 160, 192, 224, 256])('of %i bits is read', (strength) => {
    const words = generateMnemonic(wordlist, strength)
    expect(readSecret(words)).toEqual({ words })
  })

  test('is read in any case and with any blanks between its words', () => {
    const pasted = `\n  ${WORDS.toUpperCase().replaceAll(' ', ' \t\r\n')} \n`
    expect(readSecret(pasted)).toEqual(readSecret(WORDS))
  })
})

describe('a private key', () => {
  test('is read with and without 0x, in any case', () => {
    for (const text of [KEY, KEY.slice(2), ` ${KEY}\n`, KEY.slice(2).toUpperCase()])
      expect(readSecret(text)).toEqual({ family: 'evm', key: KEY })
  })

  test('may be the smallest and the largest there is', () => {
    expect((readSecret(hex(1n)) as Key).key).toBe(`0x${hex(1n)}`)
    expect((readSecret(hex(ORDER - 1n)) as Key).key).toBe(`0x${hex(ORDER - 1n)}`)
  })
})

describe('no secret', () => {
  test.each([
    ['nothing', ''],
    ['a blank', '  '],
    ['a phrase with a wrong checksum', ABANDON(11, 'abandon')],
    ['a phrase with an unknown word', WORDS.replace('junk', 'junkyard')],
    ['eleven words', ABANDON(11, '').trim()],
    ['thirteen words', `${WORDS} junk`],
    ['a phrase in commas', WORDS.replaceAll(' ', ', ')],
    ['the key zero', hex(0n)],
    ["the curve's order", hex(ORDER)],
    ["one above the curve's order", `0x${hex(ORDER + 1n)}`],
    ['the largest number of 32 bytes', 'f'.repeat(64)],
    ['a key that is a digit short', KEY.slice(0, -1)],
    ['a key that is a digit long', `${KEY}0`],
    ['a key with a blank in it', `${KEY.slice(0, 20)} ${KEY.slice(20)}`],
    ['an address', PAYER],
  ])('is %s', (_, text) => {
    expect(() => readSecret(text)).toThrow(expect.objectContaining({ code: 'invalid_secret' }))
  })
})

describe('new words', () => {
  test('are twelve, and differ each time', () => {
    const [one, other] = [newWords(), newWords()]
    expect(one.split(' ')).toHaveLength(12)
    expect(readSecret(one)).toEqual({ words: one })
    expect(other).not.toBe(one)
  })
})
