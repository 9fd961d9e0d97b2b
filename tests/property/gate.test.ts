import fc from 'fast-check'
import { hashTypedData, type TypedDataDefinition } from 'viem'
import { describe, expect, test } from 'vitest'
import { clear } from '@/lib/wallet/gate'
import { expected, typedData, withValue } from '../unit/wallet/typed-data'

const DATA = await typedData()
const PURCHASE = expected()

/** Every single value in the typed data, by its path. */
function pathsIn(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  const children = Object.entries(value).flatMap(([key, child]) => pathsIn(child, path ? `${path}.${key}` : key))
  return path ? [path, ...children] : children
}
const PATHS = pathsIn(DATA)
const NAMES = [...new Set(PATHS.flatMap((path) => path.split('.')))]

const hexDigits = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdefABCDEF'), { minLength: length, maxLength: length })
    .map((digits) => `0x${digits.join('')}`)

const anyValue = fc.oneof(
  fc.bigInt(-1n, 2n ** 256n),
  fc.bigInt(0n, 100_000n),
  fc.nat(),
  fc.string(),
  hexDigits(40),
  hexDigits(64),
  fc.constantFrom(...NAMES),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constant(undefined),
)

/** The two things that are left to whoever asks: which nonce, and a shorter time. */
function isFree(path: string, value: unknown): boolean {
  if (path === 'message.nonce') return typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value)
  return path === 'message.validBefore' && typeof value === 'bigint' && value <= BigInt(PURCHASE.latestValidBefore)
}

const sameText = (a: unknown, b: unknown) =>
  String(a).toLowerCase() === String(b).toLowerCase() && typeof a === typeof b

describe('the gate', () => {
  test('refuses every change of every field', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), anyValue, (path, value) => {
        const before = path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], DATA)
        fc.pre(!isFree(path, value) && !sameText(before, value))
        const data = withValue(DATA, path, value)
        expect(() => clear(data, PURCHASE)).toThrow(expect.objectContaining({ code: 'signing_refused' }))
      }),
      { numRuns: 1_000 },
    )
  })

  test('refuses every field that it does not know, wherever it is', () => {
    const containers = ['', 'domain.', 'message.', 'types.', 'types.TransferWithAuthorization.0.']
    const present = anyValue.filter((value) => value !== undefined)
    fc.assert(
      fc.property(fc.constantFrom(...containers), fc.string(), present, (container, key, value) => {
        fc.pre(!NAMES.includes(key) && !key.includes('.') && key !== '__proto__')
        expect(() => clear(withValue(DATA, container + key, value), PURCHASE)).toThrow()
      }),
    )
  })

  test('whatever it clears, the hash is of exactly that', () => {
    fc.assert(
      fc.property(hexDigits(64), fc.bigInt(0n, BigInt(PURCHASE.latestValidBefore)), (nonce, validBefore) => {
        const data = { ...DATA, message: { ...DATA.message, nonce, validBefore } }
        expect(clear(data, PURCHASE)).toEqual({
          method: 'eip3009',
          digest: hashTypedData(data as unknown as TypedDataDefinition),
          nonce: nonce.toLowerCase(),
          validBefore: Number(validBefore),
        })
      }),
    )
  })
})
