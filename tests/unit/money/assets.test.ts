import { DEFAULT_ASSETS } from '@x402/evm'
import { describe, expect, test } from 'vitest'
import { ASSETS, type Asset, findAsset, formatAmount, priceOf } from '@/lib/money/assets'
import { findNetwork, NETWORKS, realmOf } from '@/lib/money/networks'

const [BASE_USDC] = ASSETS
if (!BASE_USDC) throw new Error('There is no pinned token.')

const token = (decimals: number): Asset => ({ ...BASE_USDC, decimals, symbol: 'TKN' })

describe('the pinned table', () => {
  test.each(ASSETS)("agrees with the x402 SDK's own on $network", ({ network, address, symbol, decimals, domain }) => {
    const theirs = DEFAULT_ASSETS[network]?.find(({ asset }) => asset.toLowerCase() === address)
    expect(theirs).toMatchObject({ symbol, decimals, name: domain.name, version: domain.version })
    expect(theirs).not.toHaveProperty('assetTransferMethod')
  })

  test('names only networks that can be paid on, each token once', () => {
    for (const { network } of ASSETS) expect(findNetwork(network)).not.toBeNull()
    const keys = ASSETS.map(({ network, address }) => `${network}/${address}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('keeps addresses in lower case, as they are compared', () => {
    for (const { address } of ASSETS) expect(address).toMatch(/^0x[0-9a-f]{40}$/)
  })
})

describe('a token', () => {
  test('is found by network and address, in any case of letters', () => {
    expect(findAsset('eip155:8453', '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913')).toBe(BASE_USDC)
    expect(findAsset('eip155:8453', BASE_USDC.address.toUpperCase().replace('0X', '0x'))).toBe(BASE_USDC)
  })

  test.each([
    ['on another network', 'eip155:84532', BASE_USDC.address],
    ['on a network of another kind', 'solana:8453', BASE_USDC.address],
    ['with another address', 'eip155:8453', '0x0000000000000000000000000000000000000001'],
    ['by its symbol', 'eip155:8453', 'USDC'],
    ['with blanks around its address', 'eip155:8453', ` ${BASE_USDC.address}`],
  ])('is not found %s', (_, network, address) => {
    expect(findAsset(network, address)).toBeNull()
  })
})

describe('a price', () => {
  test.each([
    [6, 50_000n, 50_000n],
    [6, 1n, 1n],
    [18, 1n, 1n],
    [18, 10n ** 12n, 1n],
    [18, 10n ** 12n + 1n, 2n],
    [18, 10n ** 18n, 1_000_000n],
    [18, 10n ** 18n + 1n, 1_000_001n],
    [2, 5n, 50_000n],
    [0, 3n, 3_000_000n],
  ])('with %i decimals, %s units cost %s millionths: rounded up, never down', (decimals, units, price) => {
    expect(priceOf({ units, asset: token(decimals) })).toBe(price)
  })
})

describe('an amount', () => {
  test.each([
    [6, 50_000n, '0.05 TKN'],
    [6, 1_000_000n, '1 TKN'],
    [6, 0n, '0 TKN'],
    [6, 1n, '0.000001 TKN'],
    [18, 1n, '0.000000000000000001 TKN'],
    [18, 1_500_000_000_000_000_000n, '1.5 TKN'],
    [0, 100n, '100 TKN'],
  ])('with %i decimals, %s units are %s: exact', (decimals, units, text) => {
    expect(formatAmount({ units, asset: token(decimals) })).toBe(text)
  })
})

describe('a network', () => {
  test.each(NETWORKS)('$name has the chain id of its own name', ({ id, chainId }) => {
    expect(id).toBe(`eip155:${chainId}`)
  })

  test('is play money only when it is known to be', () => {
    expect(realmOf('eip155:84532')).toBe('test')
    expect(realmOf('eip155:8453')).toBe('main')
    expect(realmOf('eip155:11155111')).toBe('main')
    expect(realmOf('__proto__')).toBe('main')
  })
})
