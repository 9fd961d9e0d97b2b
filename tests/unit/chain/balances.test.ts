import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createTestClient,
  decodeFunctionData,
  type Hex,
  http,
  multicall3Abi,
  parseAbi,
  publicActions,
  walletActions,
} from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { ASSETS, findAsset } from '@/lib/money/assets'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, NETWORK, startChain, USDC } from '../../../playground/chain.ts'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11'
const CELO = 'eip155:42220'
const CELO_TOKENS = ASSETS.filter(({ network }) => network === CELO)

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
}, 30_000)
afterAll(() => chain?.stop())

beforeEach(async () => {
  fakeBrowser.reset()
  await setRpcUrl(NETWORK, chain.rpcUrl)
})

interface Question {
  readonly method: string
  readonly params: readonly [{ readonly to?: Hex; readonly data?: Hex }]
}

/** Stands between Tuppence and a chain, and notes what is asked. */
async function recorder(
  rpcUrl: string,
  beforeAnswer: () => Promise<void> = async () => undefined,
): Promise<{ url: string; questions: Question[] }> {
  const questions: Question[] = []
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('')
    const question = JSON.parse(body) as Question
    questions.push(question)
    const answer = await fetch(rpcUrl, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const text = await answer.text()
    await beforeAnswer()
    response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, questions }
}

describe('a balance', () => {
  const asset = findAsset(NETWORK, USDC)
  if (!asset) throw new Error('USDC is not pinned.')

  test('is what the chain says, and remembered until it is asked anew', async () => {
    const balances = new Balances()
    expect(balances.remembered(STRANGER, asset)).toBeNull()
    const before = await balances.get(STRANGER, asset)
    expect(before).toEqual({
      asset,
      units: await chain.balanceOf(STRANGER),
      status: 'known',
      readAt: expect.any(Number),
    })
    await chain.fund(STRANGER, '1')
    expect(await balances.get(STRANGER, asset)).toEqual(before)
    expect(balances.remembered(STRANGER, asset)).toBe(before.units)
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

  test.each(['a later one', 'nothing'])('that was long in coming does not take the place of %s', async (what) => {
    const balances = new Balances()
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow = await recorder(chain.rpcUrl, async () => {
      reached.resolve()
      await released.promise
    })
    await setRpcUrl(NETWORK, slow.url)
    const late = balances.read(STRANGER, asset)
    await reached.promise
    await setRpcUrl(NETWORK, chain.rpcUrl)
    await chain.fund(STRANGER, '1')
    const now = what === 'nothing' ? null : (await balances.read(STRANGER, asset)).units
    if (what === 'nothing') balances.forget()
    released.resolve()
    await late
    expect(balances.remembered(STRANGER, asset)).toBe(now)
  })

  test('is forgotten when another server answers for its network', async () => {
    const balances = new Balances()
    await setRpcUrl(NETWORK, null)
    await balances.get(STRANGER, asset)
    await setRpcUrl(NETWORK, chain.rpcUrl)
    balances.forget()
    expect(await balances.get(STRANGER, asset)).toMatchObject({ status: 'known' })
  })
})

describe('all balances', () => {
  /** The money of three tokens of one network, where the chain has their contracts. */
  async function withTokens(): Promise<bigint[]> {
    const node = createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl) })
      .extend(publicActions)
      .extend(walletActions)
    const code = await node.getCode({ address: USDC })
    const [account] = await node.getAddresses()
    if (!code || !account) throw new Error('The chain has no USDC, or no account.')
    const abi = parseAbi([
      'function mint(address to, uint256 value)',
      'function balanceOf(address) view returns (uint256)',
    ])
    for (const [index, token] of CELO_TOKENS.entries()) {
      const address = token.address as Hex
      await node.setCode({ address, bytecode: code })
      const minted = { address, abi, functionName: 'mint', args: [STRANGER, BigInt(index + 1)] } as const
      await node.waitForTransactionReceipt({ hash: await node.writeContract({ ...minted, account, chain: null }) })
    }
    return Promise.all(
      CELO_TOKENS.map(({ address }) =>
        node.readContract({ address: address as Hex, abi, functionName: 'balanceOf', args: [STRANGER] }),
      ),
    )
  }

  test('are read on each network that has an address, and on no other', async () => {
    const all = await new Balances().all(() => STRANGER, true)
    const statuses = Object.fromEntries(all.map(({ asset: { network: id }, status }) => [id, status]))
    expect(statuses).toMatchObject({ [NETWORK]: 'known', 'eip155:8453': 'no_rpc' })
    expect(all.filter(({ status }) => status === 'known').length).toBe(1)
    expect(all.length).toBe(ASSETS.length)
  })

  test('of a network are one question, for its own tokens alone', async () => {
    const minted = await withTokens()
    const { url, questions } = await recorder(chain.rpcUrl)
    await setRpcUrl(NETWORK, null)
    await setRpcUrl(CELO, url)
    const known = await new Balances().all(() => STRANGER, true, CELO)
    expect(known.map(({ units }) => units)).toEqual(minted)
    expect(questions.map(({ method }) => method)).toEqual(['eth_call'])
    const [{ to, data = '0x' } = {}] = questions[0]?.params ?? []
    expect(to?.toLowerCase()).toBe(MULTICALL3.toLowerCase())
    const { args } = decodeFunctionData({ abi: multicall3Abi, data })
    const [calls = []] = (args ?? []) as unknown as [{ target: Hex }[]?]
    expect(calls.map(({ target }) => target.toLowerCase())).toEqual(CELO_TOKENS.map(({ address }) => address))
  })

  test('are read one by one where there is no Multicall3', async () => {
    const minted = await withTokens()
    const node = createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl) }).extend(publicActions)
    const code = await node.getCode({ address: MULTICALL3 })
    await node.setCode({ address: MULTICALL3, bytecode: '0x' })
    onTestFinished(() => node.setCode({ address: MULTICALL3, bytecode: code ?? '0x' }))
    const { url, questions } = await recorder(chain.rpcUrl)
    await setRpcUrl(CELO, url)
    const known = await new Balances().all(() => STRANGER, true, CELO)
    expect(known.map(({ units }) => units)).toEqual(minted)
    expect(questions).toHaveLength(1 + CELO_TOKENS.length)
  })

  test('are unknown for a token that is not there, and known for its neighbours', async () => {
    await withTokens()
    const node = createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl) })
    const [gone] = CELO_TOKENS
    await node.setCode({ address: gone?.address as Hex, bytecode: '0x' })
    await setRpcUrl(CELO, chain.rpcUrl)
    const known = await new Balances().all(() => STRANGER, true, CELO)
    expect(known.map(({ status }) => status)).toEqual(['unreachable', 'known', 'known'])
  })

  test('are remembered, and read in the background once they are old', async () => {
    const { url, questions } = await recorder(chain.rpcUrl)
    await setRpcUrl(NETWORK, url)
    const balances = new Balances()
    await balances.all(() => STRANGER, false)
    await balances.all(() => STRANGER, false)
    expect(questions).toHaveLength(1)
    await balances.all(() => STRANGER, true)
    expect(questions).toHaveLength(2)
  })

  test('of a family without an account are nobody’s', async () => {
    const all = await new Balances().all((family) => (family === 'evm' ? STRANGER : null), true)
    expect(all.every(({ asset: { family } }) => family === 'evm')).toBe(true)
  })
})
