import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { findAsset } from '@/lib/money/assets'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, NETWORK, startChain, USDC } from '../../../playground/chain.ts'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
}, 30_000)
afterAll(() => chain?.stop())

beforeEach(async () => {
  fakeBrowser.reset()
  await setRpcUrl(NETWORK, chain.rpcUrl)
})

describe('a balance', () => {
  const asset = findAsset(NETWORK, USDC)
  if (!asset) throw new Error('USDC is not pinned.')

  test('is what the chain says, and remembered until it is asked anew', async () => {
    const balances = new Balances()
    const before = await balances.get(STRANGER, asset)
    expect(before).toEqual({
      asset,
      units: await chain.balanceOf(STRANGER),
      status: 'known',
      readAt: expect.any(Number),
    })
    await chain.fund(STRANGER, '1')
    expect(await balances.get(STRANGER, asset)).toEqual(before)
    expect((await balances.read(STRANGER, asset)).units).toBe((before.units ?? 0n) + 1_000_000n)
    expect((await balances.get(STRANGER, asset)).units).toBe((before.units ?? 0n) + 1_000_000n)
  })

  test('is unknown, with the reason, when nobody can be asked', async () => {
    const balances = new Balances()
    await setRpcUrl(NETWORK, 'http://127.0.0.1:9/')
    expect(await balances.get(STRANGER, asset)).toMatchObject({ units: null, status: 'unreachable' })
    await setRpcUrl(NETWORK, null)
    expect(await balances.read(STRANGER, asset)).toMatchObject({ units: null, status: 'no_rpc' })
  })

  test('is forgotten when another server answers for its network', async () => {
    const balances = new Balances()
    await setRpcUrl(NETWORK, null)
    await balances.get(STRANGER, asset)
    await setRpcUrl(NETWORK, chain.rpcUrl)
    balances.forget()
    expect(await balances.get(STRANGER, asset)).toMatchObject({ status: 'known' })
  })

  test('of every token is asked on its own network', async () => {
    const all = await new Balances().all(STRANGER, true)
    const statuses = Object.fromEntries(all.map(({ asset: { network: id }, status }) => [id, status]))
    expect(statuses).toMatchObject({ [NETWORK]: 'known', 'eip155:8453': 'no_rpc' })
  })
})
