import { type Hex, toHex } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { EvmClaim } from '@/lib/chain/claim'
import { isSeen, proveTransfer } from '@/lib/chain/proof'
import { takeSnapshot } from '@/lib/chain/snapshot'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, startChain } from '../../../playground/chain.ts'
import { serve } from '../../../playground/server.ts'
import { BASE, BASE_USDC } from '../../chain/base'
import { Payer } from '../../chain/payer'
import { honest, type Relay, type RpcAnswer, startRelay } from '../../chain/relay'
import { PAYER } from '../wallet/typed-data'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
/** A contract that does all that USDC does, at an address of its own. */
const COUNTERFEIT: Hex = '0x00000000000000000000000000000000c0ffee00'
const NOWHERE: Hex = `0x${'00'.repeat(31)}01`
const MARGIN = 30
/** On top of a block of Base before it counts. */
const CONFIRMATIONS = 2

const OPEN = { state: 'open' }
const EXPIRED = { state: 'expired' }

let chain: Chain
let payer: Payer
let relay: Relay
beforeAll(async () => {
  chain = await startChain({ like: 'base', ticking: false })
  payer = new Payer(chain.rpcUrl)
  relay = await startRelay(chain.rpcUrl)
  await chain.fund(PAYER, '100')
  await payer.approvePermit2()
}, 30_000)
afterAll(() => Promise.all([relay?.stop(), chain?.stop()]))

beforeEach(async () => {
  fakeBrowser.reset()
  relay.answer = honest
  relay.asked = []
  await setRpcUrl(BASE, relay.url)
})

const prove = async (claim: EvmClaim) => proveTransfer(claim, await takeSnapshot(claim.network))
const settledIn = (transaction: string, units = 20_000n) => ({ state: 'settled', transaction, units })

/** A server that has the state of no block before this one. */
const forgetting =
  (oldest: bigint): RpcAnswer =>
  ({ method, params }, honestly) => {
    if (method === 'eth_call' && BigInt(String(params[1])) < oldest) throw new Error('missing trie node')
    return honestly()
  }

/** Made, and deep enough to count. */
async function paid(claim: EvmClaim, options: Parameters<Payer['transfer']>[1] = {}): Promise<Hex> {
  const transaction = await payer.transfer(claim, options)
  await payer.mine(CONFIRMATIONS)
  return transaction
}

/** The chain's time is past a claim's end by so many seconds, at a block that counts. */
async function passEnd({ validBefore }: EvmClaim, seconds: number): Promise<void> {
  await payer.mineAt(validBefore + seconds)
  await payer.mine(CONFIRMATIONS)
}

describe.each(['eip3009', 'permit2'] as const)('a payment by %s', (method) => {
  const claimed = (changes: Partial<EvmClaim> = {}) => payer.claim({ method, ...changes })

  test('is settled when the chain shows its transfer, with its nonce, in the transaction that the site names', async () => {
    const claim = await claimed()
    const transaction = await paid(claim)
    expect(await prove({ ...claim, transaction })).toEqual(settledIn(transaction))
  })

  test('is settled whatever the site names, or nothing: its nonce leads to its transaction', async () => {
    const [claim, other] = [await claimed(), await claimed()]
    const otherTransaction = await paid(other)
    const transaction = await paid(claim)
    for (const named of [null, 'soon', NOWHERE, otherTransaction])
      expect(await prove({ ...claim, transaction: named })).toEqual(settledIn(transaction))
    expect(await prove({ ...other, transaction })).toEqual(settledIn(otherTransaction))
  })

  test('is settled even long after its authorization ran out', async () => {
    const claim = await claimed()
    const transaction = await paid(claim)
    await passEnd(claim, 1_000)
    expect(await prove({ ...claim, transaction })).toEqual(settledIn(transaction))
    expect(await prove(claim)).toEqual(settledIn(transaction))
  })

  test('is open, though seen, until its block is deep enough', async () => {
    const claim = await claimed()
    expect(await isSeen(claim)).toBe(false)
    const transaction = await payer.transfer(claim)
    expect(await isSeen(claim)).toBe(true)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    expect(await prove(claim)).toEqual(OPEN)
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(settledIn(transaction))
  })

  test('is open again when its block was taken back, and expires when it is not made once more', async () => {
    const claim = await claimed()
    const transaction = await payer.transfer(claim)
    await payer.takeBlocksBack(1)
    await payer.mine(3)
    expect(await isSeen(claim)).toBe(false)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    await passEnd(claim, MARGIN + 1)
    expect(await prove({ ...claim, transaction })).toEqual(EXPIRED)
  })

  test.each<[what: string, lie: Partial<EvmClaim>]>([
    ['a smaller amount', { units: 19_999n }],
    ['a larger amount', { units: 20_001n }],
    ['another payee', { payTo: STRANGER }],
    ['another payer', { from: STRANGER }],
    ['another nonce', { nonce: toHex(1n, { size: 32 }) }],
    ['another token', { asset: '0xcA11bde05977b3631167028862bE2a173976CA11' }],
  ])('is open when the transaction that the site names moved %s', async (_, lie) => {
    const claim = await claimed()
    const transaction = await paid(claim)
    expect(await prove({ ...claim, ...lie, transaction })).toEqual(OPEN)
    expect(await prove({ ...claim, ...lie, transaction: null })).toEqual(OPEN)
  })

  test('is open while it can still be used', async () => {
    expect(await prove(await claimed())).toEqual(OPEN)
  })

  test('expires only when a block that counts is well past its end', async () => {
    const claim = await claimed()
    await passEnd(claim, MARGIN)
    expect(await prove(claim)).toEqual(OPEN)
    await payer.mineAt(claim.validBefore + MARGIN + 1)
    expect(await prove(claim)).toEqual(OPEN)
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test.each([
    ['no hash at all', 'soon'],
    ['a transaction that does not exist', NOWHERE],
  ])('expires whatever the site names as its transaction: %s', async (_, transaction) => {
    const claim = await claimed({ transaction })
    await passEnd(claim, MARGIN + 1)
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test('expires when its owner took it back before it was used, once that is deep enough', async () => {
    const claim = await claimed()
    await payer.takeBack(claim)
    expect(await prove(claim)).toEqual(OPEN)
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(EXPIRED)
    await passEnd(claim, 1_000)
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test('is proved by a server that knows no states but the latest', async () => {
    const [claim, unpaid] = [await claimed(), await claimed()]
    const transaction = await paid(claim)
    await payer.mine(200)
    await passEnd(unpaid, MARGIN + 1)
    relay.answer = forgetting((await payer.node.getBlockNumber({ cacheTime: 0 })) - 100n)
    expect(await prove(claim)).toEqual(settledIn(transaction))
    expect(await prove(unpaid)).toEqual(EXPIRED)
  })
})

describe('a payment by EIP-3009 is open', () => {
  test('when a counterfeit of the token says all the right things', async () => {
    const code = await payer.node.getCode({ address: BASE_USDC })
    if (!code) throw new Error('There is no token.')
    await payer.node.setCode({ address: COUNTERFEIT, bytecode: code })
    await payer.mint(COUNTERFEIT, 1_000_000n)
    const claim = await payer.claim()
    const transaction = await paid(claim, { token: COUNTERFEIT })
    expect(await prove({ ...claim, asset: COUNTERFEIT, transaction })).toEqual(settledIn(transaction))
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    expect(await prove(claim)).toEqual(OPEN)
  })

  test('when its transaction was reverted', async () => {
    const claim = await payer.claim({ units: 10n ** 15n })
    const transaction = await paid(claim)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
  })
})

describe('a payment by Permit2 is open', () => {
  test('when less was moved than it allows', async () => {
    const claim = await payer.claim({ method: 'permit2' })
    const transaction = await paid(claim, { units: claim.units - 1n })
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    expect(await prove(claim)).toEqual(OPEN)
  })

  test('when it was taken back, but an equal transfer might be it, made before', async () => {
    const [claim, equal] = [await payer.claim({ method: 'permit2' }), await payer.claim({ method: 'permit2' })]
    const transaction = await paid(equal)
    await payer.takeBack(claim)
    await payer.mine(CONFIRMATIONS)
    const takenBackAt = (await payer.node.getBlockNumber({ cacheTime: 0 })) - BigInt(CONFIRMATIONS)
    relay.answer = forgetting(takenBackAt)
    expect(await prove(claim)).toEqual(OPEN)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    expect(await prove(equal)).toEqual(settledIn(transaction))
    relay.answer = honest
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test('when it was taken back in the block of an equal transfer', async () => {
    const [claim, equal] = [await payer.claim({ method: 'permit2' }), await payer.claim({ method: 'permit2' })]
    await payer.inOneBlock(async () => {
      await payer.takeBack(claim)
      await payer.transfer(equal)
    })
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(OPEN)
    expect(await prove(equal)).toMatchObject({ state: 'settled' })
  })

  test('when another nonce of the same word was used', async () => {
    const claim = await payer.claim({ method: 'permit2' })
    const neighbour = { ...claim, nonce: toHex(BigInt(claim.nonce) ^ 1n, { size: 32 }) }
    const transaction = await paid(neighbour)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    expect(await prove(neighbour)).toEqual(settledIn(transaction))
  })

  test('never, when it was taken back after its use: that settles', async () => {
    const claim = await payer.claim({ method: 'permit2' })
    const transaction = await paid(claim)
    await payer.takeBack(claim)
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(settledIn(transaction))
  })
})

describe('nothing is proved', () => {
  const late = async (changes: Partial<EvmClaim> = {}) => {
    const unpaid = await payer.claim(changes)
    await passEnd(unpaid, 1_000)
    return unpaid
  }

  test('when no server was chosen to ask', async () => {
    const unpaid = await late()
    await setRpcUrl(BASE, null)
    expect(await prove(unpaid)).toEqual(OPEN)
    expect(await isSeen(unpaid)).toBe(false)
  })

  test('when nobody answers', async () => {
    const unpaid = await late()
    await setRpcUrl(BASE, 'http://127.0.0.1:9/')
    expect(await prove(unpaid)).toEqual(OPEN)
    expect(await isSeen(unpaid)).toBe(false)
  })

  test.each<[what: string, status: number, body: string]>([
    ['an error', 500, 'internal error'],
    ['a web page', 200, '<html></html>'],
    ['zeros', 200, '{"jsonrpc":"2.0","id":1,"result":"0x"}'],
  ])('when every answer is %s', async (_, status, body) => {
    const unpaid = await late()
    const server = await serve('127.0.0.1', (_request, response) => response.writeHead(status).end(body))
    try {
      await setRpcUrl(BASE, server.url)
      expect(await prove(unpaid)).toEqual(OPEN)
    } finally {
      await server.stop()
    }
  })

  test('by another chain, which has the same token and is far ahead', async () => {
    const unpaid = await late()
    relay.answer = ({ method }, honestly) => (method === 'eth_chainId' ? '0x1' : honestly())
    expect(await prove(unpaid)).toEqual(OPEN)
  })

  test('by an empty chain', async () => {
    const empty: Record<string, unknown> = {
      eth_chainId: '0x2105',
      eth_blockNumber: '0xffffff',
      eth_call: '0x',
      eth_getLogs: [],
    }
    relay.answer = ({ method }, honestly) => (method in empty ? empty[method] : honestly())
    expect(await prove(await late())).toEqual(OPEN)
    expect(await prove(await late({ method: 'permit2' }))).toEqual(OPEN)
    empty.eth_blockNumber = '0x0'
    expect(await takeSnapshot(BASE)).toBeNull()
  })

  test('by a server that is behind the one that named the latest block', async () => {
    const unpaid = await late()
    relay.answer = async ({ method }, honestly) =>
      method === 'eth_blockNumber' ? toHex(BigInt(String(await honestly())) + 10n) : honestly()
    expect(await prove(unpaid)).toEqual(OPEN)
  })

  test('by a receipt out of a fork that the others have left', async () => {
    const claim = await payer.claim()
    const transaction = await payer.transfer(claim)
    const receipt = await payer.node.transport.request({ method: 'eth_getTransactionReceipt', params: [transaction] })
    await payer.takeBlocksBack(1)
    await payer.mine(5)
    relay.answer = ({ method }, honestly) => (method === 'eth_getTransactionReceipt' ? receipt : honestly())
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
  })
})

describe('a server that answers rubbish', () => {
  const RUBBISH = [null, [], {}, 7, true, '', '0x', '0x1', 'soon', `0x${'f'.repeat(64)}`, [null], [{}], { logs: 7 }]
  const METHODS = [
    'eth_chainId',
    'eth_blockNumber',
    'eth_call',
    'eth_getBlockByNumber',
    'eth_getTransactionReceipt',
    'eth_getTransactionByHash',
    'eth_getLogs',
  ]

  test.each(METHODS)('instead of %s never makes a proof throw, nor frees what was paid', async (rubbished) => {
    for (const method of ['eip3009', 'permit2'] as const) {
      const claim = await payer.claim({ method, units: 1_000n })
      const transaction = await paid(claim)
      for (const rubbish of RUBBISH) {
        relay.answer = ({ method: asked }, honestly) => (asked === rubbished ? rubbish : honestly())
        for (const named of [transaction, NOWHERE]) {
          const { state } = await prove({ ...claim, transaction: named })
          expect(['settled', 'open']).toContain(state)
        }
        await isSeen(claim)
        relay.answer = honest
      }
    }
  })
})
