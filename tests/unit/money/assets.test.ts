import { DEFAULT_ASSETS, PERMIT2_ADDRESS, x402ExactPermit2ProxyAddress, x402UptoPermit2ProxyAddress } from '@x402/evm'
import { DEFAULT_ASSETS as SVM_ASSETS } from '@x402/svm'
import { describe, expect, test } from 'vitest'
import {
  ASSETS,
  type Asset,
  amountToString,
  findAsset,
  formatAmount,
  isPaidWith,
  parseAmount,
  priceOf,
  tokenId,
} from '@/lib/money/assets'
import { findNetwork, formatFee, NETWORKS, realmOf } from '@/lib/money/networks'
import { PERMIT2_CONTRACTS } from '@/lib/money/permit2'

const [BASE_USDC] = ASSETS
if (!BASE_USDC) throw new Error('There is no pinned token.')

const token = (decimals: number): Asset => ({ ...BASE_USDC, decimals, symbol: 'TKN' })

describe('the pinned table', () => {
  test('is frozen: what an update of the SDK changes is looked at before it is trusted', () => {
    expect(
      ASSETS.map((asset) =>
        asset.family === 'evm'
          ? [
              tokenId(asset),
              asset.symbol,
              asset.decimals,
              asset.domain.name,
              asset.domain.version,
              asset.method,
              asset.permit ? 'permit' : '',
            ].join(' ')
          : [tokenId(asset), asset.symbol, asset.decimals, asset.program].join(' '),
      ),
    ).toMatchSnapshot()
  })

  test('has the contracts of the SDK beside them', () => {
    expect(PERMIT2_CONTRACTS).toEqual({
      permit2: PERMIT2_ADDRESS,
      exact: x402ExactPermit2ProxyAddress,
      upto: x402UptoPermit2ProxyAddress,
    })
    expect(Object.values(PERMIT2_CONTRACTS)).toEqual([
      '0x000000000022D473030F116dDEE9F6B43aC78BA3',
      '0x402085c248EeA27D92E8b30b2C58ed07f9E20001',
      '0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002',
    ])
  })

  test('has all but one that can be paid with by signatures alone', () => {
    expect(ASSETS.filter((asset) => !isPaidWith(asset)).map(tokenId)).toEqual([
      'eip155:38833/0xa5b8bf902b2844da17d4506cc827f7f1681735e7',
    ])
  })

  test('has every token of the SDK', () => {
    const theirs = [...Object.entries(DEFAULT_ASSETS), ...Object.entries(SVM_ASSETS)].flatMap(([network, assets]) =>
      assets.map(({ asset }) => findAsset(network, asset)),
    )
    expect(theirs).not.toContain(null)
    expect(theirs).toHaveLength(ASSETS.length)
  })

  test('names only networks that can be paid on, each token once', () => {
    for (const { network } of ASSETS) expect(findNetwork(network)).not.toBeNull()
    const keys = ASSETS.map(({ network, address }) => `${network}/${address}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('keeps addresses in lower case, as they are compared', () => {
    for (const { family, address } of ASSETS)
      expect(address).toMatch(family === 'evm' ? /^0x[0-9a-f]{40}$/ : /^[1-9A-HJ-NP-Za-km-z]{32,44}$/)
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
  test('has the chain id of its own name', () => {
    for (const network of NETWORKS) if (network.family === 'evm') expect(network.id).toBe(`eip155:${network.chainId}`)
  })

  test('is play money only when it is known to be', () => {
    expect(realmOf('eip155:84532')).toBe('test')
    expect(realmOf('eip155:8453')).toBe('main')
    expect(realmOf('eip155:11155111')).toBe('main')
    expect(realmOf('__proto__')).toBe('main')
  })
})

describe('an amount as people type it', () => {
  test.each([
    ['5', 6, 5_000_000n],
    ['0.10', 6, 100_000n],
    [' 1.000001 ', 6, 1_000_001n],
    ['0', 6, 0n],
    ['7', 0, 7n],
    ['0.000000000000000001', 18, 1n],
  ])('"%s" of %i decimals', (text, decimals, units) => {
    expect(parseAmount(text, token(decimals))).toBe(units)
    expect(parseAmount(amountToString({ units, asset: token(decimals) }), token(decimals))).toBe(units)
  })

  test.each(['', '.', '5.', '.5', '-1', '+1', '1e3', '0x10', '1,5', '1 000', '1.0000001', '1'.repeat(16)])(
    '"%s" is none',
    (text) => {
      expect(parseAmount(text, token(6))).toBeNull()
    },
  )
})

describe('a fee', () => {
  const base = findNetwork('eip155:8453')
  if (base?.family !== 'evm') throw new Error('Base is not known.')

  test.each([
    [0n, '0 ETH'],
    [1n, '0.00000001 ETH'],
    [12_345_678_901_234n, '0.00001235 ETH'],
    [10n ** 18n, '1 ETH'],
    [10n ** 18n + 1n, '1.00000001 ETH'],
  ])('of %i never looks smaller than it is', (fee, text) => {
    expect(formatFee(fee, base)).toBe(text)
  })
})
