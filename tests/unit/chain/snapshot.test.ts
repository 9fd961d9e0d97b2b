import { createClient, custom, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { type EvmSnapshot, stretchSince } from '@/lib/chain/snapshot'

const GENESIS = 1_700_000_000n

/** A chain of so many blocks, one every so many seconds, and how often it was asked. */
function chainOf(
  block: bigint,
  seconds: number,
): { snapshot: EvmSnapshot; timeOf: (block: bigint) => bigint; asked(): number } {
  let asked = 0
  const timeOf = (number: bigint) => GENESIS + BigInt(Math.floor(Number(number) * seconds))
  const request = async ({ params: [number] }: { params: [`0x${string}`] }) => {
    asked += 1
    return { number, timestamp: toHex(timeOf(BigInt(number))), transactions: [] }
  }
  const client = createClient({ transport: custom({ request }) })
  return { snapshot: { family: 'evm', client, block }, timeOf, asked: () => asked }
}

describe.each([
  ['Base', 2],
  ['Arbitrum', 0.25],
])('the blocks that are searched on %s', (_, seconds) => {
  const DAY = 86_400
  const VALID = 900n

  test.each([
    ['a moment', 5],
    ['ten minutes', 600],
    ['three hours', 3 * 3_600],
    ['a day', DAY],
    ['a month', 30 * DAY],
  ])('begin before a time %s ago, and last until an authorization has run out', async (_, ago) => {
    const { snapshot, timeOf, asked } = chainOf(300_000_000n, seconds)
    const since = timeOf(snapshot.block) - BigInt(ago)
    const { fromBlock, toBlock } = await stretchSince(snapshot, since)
    expect(timeOf(fromBlock)).toBeLessThan(since)
    if (toBlock !== snapshot.block) expect(timeOf(toBlock)).toBeGreaterThan(since + VALID)
    expect(toBlock - fromBlock).toBeLessThanOrEqual(5_000n)
    expect(asked()).toBeLessThan(30)
  })
})

test('a chain that is younger than the time is searched from its first block', async () => {
  const { snapshot } = chainOf(20n, 2)
  expect(await stretchSince(snapshot, GENESIS - 10n)).toEqual({ fromBlock: 0n, toBlock: 20n })
})

test('what is recent is found with one question', async () => {
  const { snapshot, timeOf, asked } = chainOf(30_000_000n, 2)
  await stretchSince(snapshot, timeOf(snapshot.block) - 900n)
  expect(asked()).toBe(1)
})
