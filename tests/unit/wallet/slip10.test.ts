import { bytesToHex, hexToBytes } from 'viem'
import { expect, test } from 'vitest'
import { deriveEd25519 } from '@/lib/wallet/slip10'

// SLIP-0010, "Test vectors", Ed25519: vector 1 and the longest of vector 2.
test.each([
  ['000102030405060708090a0b0c0d0e0f', [], '2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7'],
  ['000102030405060708090a0b0c0d0e0f', [0], '68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3'],
  ['000102030405060708090a0b0c0d0e0f', [0, 1], 'b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2'],
  [
    '000102030405060708090a0b0c0d0e0f',
    [0, 1, 2, 2, 1_000_000_000],
    '8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793',
  ],
  [
    'fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542',
    [0, 2147483647, 1, 2147483646, 2],
    '551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d',
  ],
])('a key of seed %s at %j', (seed, path, key) => {
  expect(bytesToHex(deriveEd25519(hexToBytes(`0x${seed}`), path))).toBe(`0x${key}`)
})
