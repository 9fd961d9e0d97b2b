import { expect, test } from 'vitest'
import { readCbor } from '@/lib/challenge/cbor'

const read = (hex: string) => readCbor(Uint8Array.from(Buffer.from(hex, 'hex')))

// RFC 8949, appendix A.
test.each<[hex: string, value: unknown]>([
  ['00', 0n],
  ['17', 23n],
  ['1818', 24n],
  ['1903e8', 1000n],
  ['1a000f4240', 1_000_000n],
  ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
  ['3903e7', -1000n],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['c11a514b67b0', 1_363_896_240n],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['62c3bc', 'ü'],
  ['83010203', [1n, 2n, 3n]],
  [
    'a26161016162820203',
    new Map<string, unknown>([
      ['a', 1n],
      ['b', [2n, 3n]],
    ]),
  ],
])('%s is read', (hex, value) => {
  expect(read(hex)).toEqual(value)
})

test.each([
  ['nothing', ''],
  ['a length without an end', '9f01ff'],
  ['more than there is', '6403'],
  ['a list longer than the message', '9affffffff'],
  ['a map longer than the message', 'bbffffffffffffffff'],
  ['text that is none', '62ff00'],
  ['too many levels', `${'81'.repeat(40)}00`],
  ['a fraction', 'fb3ff199999999999a'],
  ['a reserved length', '1c'],
])('%s is not', (_, hex) => {
  expect(read(hex)).toBeUndefined()
})
