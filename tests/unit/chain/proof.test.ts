import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestClient, createWalletClient, type Hex, http, parseAbi, publicActions, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { proveTransfer, type TransferClaim } from '@/lib/chain/proof'
import { findAsset } from '@/lib/money/assets'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, NETWORK, startChain, USDC } from '../../../playground/chain.ts'
import { KEY, PAYEE, PAYER } from '../wallet/typed-data'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
/** A contract that does all that USDC does, at an address of its own. */
const COUNTERFEIT: Hex = '0x00000000000000000000000000000000c0ffee00'
const MARGIN = 30
const account = privateKeyToAccount(KEY)

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
  await chain.fund(PAYER, '100')
}, 30_000)
afterAll(() => chain?.stop())

beforeEach(async () => {
  fakeBrowser.reset()
  await setRpcUrl(NETWORK, chain.rpcUrl)
})

const network = () => {
  const settings = { chain: baseSepolia, transport: http(chain.rpcUrl), pollingInterval: 10 }
  return {
    test: createTestClient({ ...settings, mode: 'anvil' }).extend(publicActions),
    wallet: createWalletClient({ ...settings, account }),
  }
}

const chainTime = async () => Number((await network().test.getBlock()).timestamp)

/** The next block is mined now, with this time on it. */
async function mineAt(timestamp: number): Promise<void> {
  const { test: node } = network()
  await node.setNextBlockTimestamp({ timestamp: BigInt(timestamp) })
  await node.mine({ blocks: 1 })
}

/** Two cents to the payee, authorised but not made, for the next minute of the chain's time. */
async function claim(changes: Partial<TransferClaim> = {}): Promise<TransferClaim> {
  return {
    network: NETWORK,
    asset: USDC.toLowerCase(),
    from: PAYER,
    payTo: PAYEE,
    units: 20_000n,
    nonce: toHex(crypto.getRandomValues(new Uint8Array(32))),
    validBefore: (await chainTime()) + 60,
    transaction: null,
    ...changes,
  }
}

/** Makes the transfer as a facilitator does, and gives its transaction. */
async function transfer(made: TransferClaim, token: Hex = USDC, gas?: bigint): Promise<Hex> {
  const { from, payTo, units, nonce, validBefore } = made
  const message = { from, to: payTo, value: units, validAfter: 0n, validBefore: BigInt(validBefore), nonce } as const
  const signature = await account.signTypedData({
    domain: { name: 'USDC', version: '2', chainId: baseSepolia.id, verifyingContract: token },
    types: {
      TransferWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'TransferWithAuthorization',
    message: { ...message, from: from as Hex, to: payTo as Hex },
  })
  const { test: node, wallet } = network()
  const hash = await wallet.writeContract({
    address: token,
    abi: parseAbi([
      'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
    ]),
    functionName: 'transferWithAuthorization',
    args: [from as Hex, payTo as Hex, units, 0n, BigInt(validBefore), nonce, signature],
    ...(gas !== undefined && { gas }),
  })
  await node.waitForTransactionReceipt({ hash })
  return hash
}

/** The payer takes the authorization back. */
async function cancel({ from, nonce }: TransferClaim): Promise<void> {
  const signature = await account.signTypedData({
    domain: { name: 'USDC', version: '2', chainId: baseSepolia.id, verifyingContract: USDC },
    types: {
      CancelAuthorization: [
        { name: 'authorizer', type: 'address' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'CancelAuthorization',
    message: { authorizer: from as Hex, nonce },
  })
  const { test: node, wallet } = network()
  const hash = await wallet.writeContract({
    address: USDC,
    abi: parseAbi(['function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)']),
    functionName: 'cancelAuthorization',
    args: [from as Hex, nonce, signature],
  })
  await node.waitForTransactionReceipt({ hash })
}

describe('a payment is settled', () => {
  test('when the chain shows its transfer, with its nonce, in the transaction that the site names', async () => {
    const paid = await claim()
    expect(await proveTransfer({ ...paid, transaction: await transfer(paid) })).toMatchObject({ state: 'settled' })
  })

  test('whatever the site names, or nothing: its nonce leads to its transaction', async () => {
    const [paid, other] = [await claim(), await claim()]
    await transfer(paid)
    for (const transaction of [null, 'soon', `0x${'00'.repeat(31)}01`, await transfer(other)])
      expect(await proveTransfer({ ...paid, transaction })).toMatchObject({ state: 'settled' })
  })

  test('even long after its authorization ran out', async () => {
    const paid = await claim()
    const transaction = await transfer(paid)
    await mineAt(paid.validBefore + 1_000)
    expect(await proveTransfer({ ...paid, transaction })).toMatchObject({ state: 'settled' })
  })
})

describe('a payment stays open', () => {
  test.each<[what: string, lie: Partial<TransferClaim>]>([
    ['a smaller amount', { units: 19_999n }],
    ['a larger amount', { units: 20_001n }],
    ['another payee', { payTo: STRANGER }],
    ['another payer', { from: STRANGER }],
    ['another nonce', { nonce: toHex(1n, { size: 32 }) }],
    ['another token', { asset: '0xcA11bde05977b3631167028862bE2a173976CA11' }],
  ])('when the transaction that the site names moved %s', async (_, lie) => {
    const paid = await claim()
    const transaction = await transfer(paid)
    expect(await proveTransfer({ ...paid, ...lie, transaction })).toEqual({ state: 'open' })
    expect(await proveTransfer({ ...paid, ...lie, transaction: null })).toEqual({ state: 'open' })
  })

  test('when a counterfeit of the token says all the right things', async () => {
    const { test: node, wallet } = network()
    const code = await node.getCode({ address: USDC })
    if (!code) throw new Error('There is no token.')
    await node.setCode({ address: COUNTERFEIT, bytecode: code })
    const mint = parseAbi(['function mint(address to, uint256 value)'])
    const hash = await wallet.writeContract({
      address: COUNTERFEIT,
      abi: mint,
      functionName: 'mint',
      args: [PAYER, 1_000_000n],
    })
    await node.waitForTransactionReceipt({ hash })
    const paid = await claim()
    const transaction = await transfer(paid, COUNTERFEIT)
    expect(await proveTransfer({ ...paid, asset: COUNTERFEIT, transaction })).toMatchObject({ state: 'settled' })
    expect(await proveTransfer({ ...paid, transaction })).toEqual({ state: 'open' })
    expect(await proveTransfer(paid)).toEqual({ state: 'open' })
  })

  test('when its transaction was reverted', async () => {
    const paid = await claim({ units: 10n ** 15n })
    const transaction = await transfer(paid, USDC, 200_000n)
    expect(await proveTransfer({ ...paid, transaction })).toEqual({ state: 'open' })
  })

  test('when its nonce was cancelled, however late it is', async () => {
    const paid = await claim()
    await cancel(paid)
    await mineAt(paid.validBefore + 1_000)
    expect(await proveTransfer(paid)).toEqual({ state: 'open' })
  })

  test('while it can still be used', async () => {
    expect(await proveTransfer(await claim())).toEqual({ state: 'open' })
  })

  test('until the chain itself is well past its end', async () => {
    const unpaid = await claim()
    await mineAt(unpaid.validBefore + MARGIN)
    expect(await proveTransfer(unpaid)).toEqual({ state: 'open' })
  })
})

describe('a payment is expired', () => {
  test('when chain time is past its end with its nonce unused', async () => {
    const unpaid = await claim()
    await mineAt(unpaid.validBefore + MARGIN + 1)
    expect(await proveTransfer(unpaid)).toEqual({ state: 'expired' })
  })

  test.each([
    ['no hash at all', 'soon'],
    ['a transaction that does not exist', `0x${'00'.repeat(31)}01`],
  ])('whatever the site names as its transaction: %s', async (_, transaction) => {
    const unpaid = await claim({ transaction })
    await mineAt(unpaid.validBefore + MARGIN + 1)
    expect(await proveTransfer(unpaid)).toEqual({ state: 'expired' })
  })
})

describe('nothing is proved', () => {
  const late = async () => {
    const unpaid = await claim()
    await mineAt(unpaid.validBefore + 1_000)
    return unpaid
  }

  test('when no server was chosen to ask', async () => {
    const unpaid = await late()
    await setRpcUrl(NETWORK, null)
    expect(await proveTransfer(unpaid)).toEqual({ state: 'open' })
  })

  test('when nobody answers', async () => {
    const unpaid = await late()
    await setRpcUrl(NETWORK, 'http://127.0.0.1:9/')
    expect(await proveTransfer(unpaid)).toEqual({ state: 'open' })
  })

  test.each([
    ['an error', 500, 'internal error'],
    ['a web page', 200, '<html></html>'],
    ['zeros', 200, '{"jsonrpc":"2.0","id":1,"result":"0x"}'],
  ])('when the answer is %s', async (_, status, body) => {
    const unpaid = await late()
    const server = createServer((_request, response) => response.writeHead(status).end(body))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await setRpcUrl(NETWORK, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      expect(await proveTransfer(unpaid)).toEqual({ state: 'open' })
    } finally {
      server.close()
    }
  })
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
