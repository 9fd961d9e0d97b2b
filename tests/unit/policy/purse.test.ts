import { describe, expect, test } from 'vitest'
import { ASSETS, findAsset } from '@/lib/money/assets'
import { usd } from '@/lib/money/usd'
import { type Content, purseHint } from '@/lib/policy/purse'

const BASE = 'eip155:8453'
const POLYGON = 'eip155:137'
const SEPOLIA = 'eip155:84532'
const MOST = usd(100_000n)

/** USDC on a network: so many units, or null where it could not be read. */
function content(network: string, units: bigint | null, changes: Partial<Content> = {}): Content {
  const asset = ASSETS.find((one) => one.network === network)
  if (!asset || !findAsset(network, asset.address)) throw new Error(`Nothing is pinned on ${network}.`)
  return {
    network,
    asset: asset.address,
    units,
    held: 0n,
    status: units === null ? 'unreachable' : 'known',
    ...changes,
  }
}
const notAsked = (network: string) => content(network, null, { status: 'no_rpc' })

describe('a wallet is said to be low', () => {
  test('when all real money does not cover the most of one payment', () => {
    expect(purseHint([content(BASE, 60_000n), content(POLYGON, 39_999n)], MOST, null)).toEqual({
      kind: 'low',
      left: 99_999n,
      network: null,
    })
    expect(purseHint([content(BASE, 60_000n), content(POLYGON, 40_000n)], MOST, null)).toBeNull()
  })

  test('when there is too little on the network that was used last, whatever is elsewhere', () => {
    const contents = [content(BASE, 5_000_000n), content(SEPOLIA, 20_000n)]
    expect(purseHint(contents, MOST, SEPOLIA)).toEqual({ kind: 'low', left: 20_000n, network: SEPOLIA })
    expect(purseHint(contents, MOST, BASE)).toBeNull()
  })

  test('without what is held for open payments', () => {
    expect(purseHint([content(BASE, 150_000n, { held: 60_000n })], MOST, BASE)).toMatchObject({ left: 90_000n })
    expect(purseHint([content(BASE, 150_000n, { held: 50_000n })], MOST, BASE)).toBeNull()
  })

  test('with nothing left when more is held than there is', () => {
    expect(purseHint([content(BASE, 1n, { held: 2n })], MOST, BASE)).toMatchObject({ kind: 'low', left: 0n })
  })

  test('never of what is not known', () => {
    expect(purseHint([], MOST, BASE)).toBeNull()
    expect(purseHint([notAsked(BASE), notAsked(POLYGON)], MOST, BASE)).toBeNull()
    // The one that does not answer may be the full one.
    expect(purseHint([content(BASE, 0n), content(POLYGON, null)], MOST, null)).toBeNull()
    expect(purseHint([content(BASE, null)], MOST, BASE)).toBeNull()
  })

  test('never for lack of test money, unless it was used last', () => {
    expect(purseHint([content(SEPOLIA, 0n)], MOST, null)).toBeNull()
    expect(purseHint([content(SEPOLIA, 0n), content(BASE, 200_000n)], MOST, BASE)).toBeNull()
  })
})

describe('a wallet is said to be large', () => {
  test('above twenty dollars of real money', () => {
    expect(purseHint([content(BASE, 12_000_000n), content(POLYGON, 8_000_000n)], MOST, BASE)).toBeNull()
    expect(purseHint([content(BASE, 12_000_000n), content(POLYGON, 8_000_001n)], MOST, BASE)).toEqual({
      kind: 'large',
      total: 20_000_001n,
    })
  })

  test('also when some of it could not be read', () => {
    expect(purseHint([content(BASE, 21_000_000n), content(POLYGON, null)], MOST, null)).toMatchObject({ kind: 'large' })
  })

  test('never for test money', () => {
    expect(purseHint([content(SEPOLIA, 900_000_000n)], MOST, SEPOLIA)).toBeNull()
  })

  test('counts tokens of more decimals in dollars', () => {
    const fine = ASSETS.find(({ decimals, network }) => decimals === 18 && network.startsWith('eip155:'))
    if (!fine) throw new Error('No token has eighteen decimals.')
    expect(purseHint([content(fine.network, 21n * 10n ** 18n)], MOST, null)).toEqual({
      kind: 'large',
      total: 21_000_000n,
    })
  })
})
