import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clearTransfer } from '@/lib/wallet/gate-svm'
import { AT, changed, decode, encode, expectedTransfer, littleEndian, sdkMessage } from '../unit/wallet/transactions'

const GOOD = await sdkMessage()
const PURCHASE = expectedTransfer()
const FREE = { limit: 200_000n, price: 5_000_000n, memo: 256 }

const clears = (bytes: Uint8Array): Promise<boolean> =>
  clearTransfer(bytes, PURCHASE).then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'signing_refused' })
      return false
    },
  )

/** What a message says, without what is left to whoever asks: what it may compute and at what price, and the memo's words. */
function meaningOf(bytes: Uint8Array) {
  const { instructions, ...rest } = decode(bytes)
  const free: number[] = [AT.limit, AT.price, AT.memo]
  return { ...rest, instructions: instructions.map((one, at) => (free.includes(at) ? { ...one, data: null } : one)) }
}

/** Another byte at a place, a byte more, a byte less, or a stretch of it somewhere else. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(GOOD.length - 1), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(GOOD.length), byte: fc.nat(255) }),
  fc.record({
    kind: fc.constant('cut' as const),
    at: fc.nat(GOOD.length - 1),
    length: fc.integer({ min: 1, max: 64 }),
  }),
  fc.record({ kind: fc.constant('copy' as const), at: fc.nat(GOOD.length - 1), from: fc.nat(GOOD.length - 1) }),
)

function mutated(bytes: Uint8Array, change: typeof mutation extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const { at } = change
  const [before, after] = [[...bytes.slice(0, at)], [...bytes.slice(at)]]
  if (change.kind === 'set') return Uint8Array.from([...before, change.byte, ...after.slice(1)])
  if (change.kind === 'insert') return Uint8Array.from([...before, change.byte, ...after])
  if (change.kind === 'cut') return Uint8Array.from([...before, ...after.slice(change.length)])
  return Uint8Array.from([...before, ...bytes.slice(change.from, change.from + 32), ...after.slice(32)])
}

test('whatever bytes are changed, what is cleared means the same', async () => {
  let cleared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = changes.reduce(mutated, GOOD)
      if (!(await clears(bytes))) return
      cleared += 1
      expect(meaningOf(bytes)).toEqual(meaningOf(GOOD))
    }),
    { numRuns: 3_000 },
  )
  // Words of the memo are changed often enough, so that clearing is tried as well.
  expect(cleared).toBeGreaterThan(10)
})

test('every single bit that is flipped is refused, or in what is left to whoever asks', async () => {
  for (let bit = 0; bit < GOOD.length * 8; bit++) {
    const bytes = GOOD.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    if (await clears(bytes)) expect(meaningOf(bytes)).toEqual(meaningOf(GOOD))
  }
})

test('what may be computed, its price and the memo are free up to their maxima, and no further', async () => {
  const around = (most: bigint, largest: bigint) => fc.oneof(fc.bigInt(0n, largest), fc.bigInt(most - 2n, most + 2n))
  await fc.assert(
    fc.asyncProperty(
      around(FREE.limit, 2n ** 32n - 1n),
      around(FREE.price, 2n ** 64n - 1n),
      fc.uint8Array({ minLength: 0, maxLength: 300 }),
      async (limit, price, memo) => {
        const message = [
          [AT.limit, Uint8Array.from([2, ...littleEndian(limit, 4)])],
          [AT.price, Uint8Array.from([3, ...littleEndian(price, 8)])],
          [AT.memo, memo],
        ] as const
        const bytes = encode(message.reduce((before, [at, data]) => changed(before, at, { data }), decode(GOOD)))
        expect(await clears(bytes)).toBe(limit <= FREE.limit && price <= FREE.price && memo.length <= FREE.memo)
      },
    ),
    { numRuns: 500 },
  )
})

test('any bytes at all are refused, and nothing else happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      expect(await clears(bytes)).toBe(false)
      expect(await clears(Uint8Array.from([...GOOD.slice(0, 4), ...bytes]))).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})
