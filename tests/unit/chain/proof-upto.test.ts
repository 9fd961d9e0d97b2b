import type { Hex } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { EvmClaim } from '@/lib/chain/claim'
import { isSeen, proveTransfer } from '@/lib/chain/proof'
import { takeSnapshot } from '@/lib/chain/snapshot'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, startChain } from '../../../playground/chain.ts'
import { BASE } from '../../chain/base'
import { Payer } from '../../chain/payer'
import { honest, type Relay, startRelay } from '../../chain/relay'
import { PAYER } from '../wallet/typed-data'

const STRANGER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const SOMEWHERE: Hex = '0x00000000000000000000000000000000c0ffee00'
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
  await setRpcUrl(BASE, relay.url)
})

/** Two cents at most. */
const claimed = (changes: Partial<EvmClaim> = {}) => payer.claim({ method: 'upto', ...changes })
const prove = async (claim: EvmClaim) => proveTransfer(claim, await takeSnapshot(claim.network))
const settledIn = (transaction: string, units: bigint) => ({ state: 'settled', transaction, units })

async function buried(transaction: Promise<Hex>): Promise<Hex> {
  const hash = await transaction
  await payer.mine(CONFIRMATIONS)
  return hash
}

describe('what was taken of a ceiling', () => {
  test.each([1n, 7_000n, 20_000n])('is %s units, whatever the site names', async (units) => {
    const [claim, other] = [await claimed(), await claimed()]
    const anothers = await buried(payer.take(other, units))
    const transaction = await buried(payer.take(claim, units))
    for (const named of [transaction, null, 'soon', anothers])
      expect(await prove({ ...claim, transaction: named })).toEqual(settledIn(transaction, units))
  })

  test('is nothing until its block is deep enough, and when it was never taken', async () => {
    const [claim, unused] = [await claimed(), await claimed()]
    const transaction = await payer.take(claim, 7_000n)
    expect(await isSeen(claim)).toBe(true)
    expect(await prove({ ...claim, transaction })).toEqual(OPEN)
    await payer.mine(CONFIRMATIONS)
    expect(await prove(claim)).toEqual(settledIn(transaction, 7_000n))
    expect(await prove({ ...unused, transaction })).toEqual(OPEN)
    await payer.mineAt(unused.validBefore + MARGIN + 1)
    await payer.mine(CONFIRMATIONS)
    expect(await prove({ ...unused, transaction })).toEqual(EXPIRED)
    expect(await prove(claim)).toEqual(settledIn(transaction, 7_000n))
  })

  test('is nothing when its owner took it back', async () => {
    const claim = await claimed()
    await buried(payer.takeBack(claim))
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test.each<[what: string, lie: Partial<EvmClaim>]>([
    ['less than that', { units: 6_999n }],
    ['paid to somebody else', { payTo: STRANGER }],
    ['paid by somebody else', { from: STRANGER }],
    ['in another token', { asset: SOMEWHERE }],
  ])('is not believed where it was authorised %s', async (_, lie) => {
    const claim = await claimed()
    const transaction = await buried(payer.take(claim, 7_000n))
    expect(await prove({ ...claim, ...lie, transaction })).toEqual(OPEN)
  })
})

describe('a smaller transfer that only names the nonce', () => {
  /** A call that does nothing, and carries a claim's nonce. */
  const naming = ({ nonce }: EvmClaim) => ({ target: SOMEWHERE, callData: nonce })

  test('is never taken for what was taken with it', async () => {
    const [claim, decoy] = [await claimed(), await claimed()]
    const transaction = await buried(payer.take(claim, 20_000n))
    const pretended = await buried(payer.takeByContract([[decoy, 1n]], [naming(claim)]))
    expect(await prove({ ...claim, transaction: pretended })).toEqual(settledIn(transaction, 20_000n))
    expect(await prove({ ...decoy, transaction: pretended })).toEqual(settledIn(pretended, 1n))
  })

  test('is never taken for it before it either', async () => {
    const [claim, decoy] = [await claimed(), await claimed()]
    const pretended = await buried(payer.takeByContract([[decoy, 1n]], [naming(claim)]))
    expect(await prove({ ...claim, transaction: pretended })).toEqual(OPEN)
    const transaction = await buried(payer.take(claim, 20_000n))
    expect(await prove({ ...claim, transaction: pretended })).toEqual(settledIn(transaction, 20_000n))
  })

  test('in the same block counts as the largest that this block could have been made of', async () => {
    const [claim, decoy] = [await claimed(), await claimed()]
    let pretended: Hex = '0x'
    await payer.inOneBlock(async () => {
      pretended = await payer.takeByContract([[decoy, 1n]], [naming(claim)])
      await payer.take(claim, 20_000n)
    })
    await payer.mine(CONFIRMATIONS)
    expect(await prove({ ...claim, transaction: pretended })).toEqual(settledIn(pretended, 20_000n))
  })
})

describe('taken by way of a contract of the facilitator’s', () => {
  test('it is what its transaction shows', async () => {
    const claim = await claimed()
    const transaction = await buried(payer.takeByContract([[claim, 7_000n]]))
    expect(await prove(claim)).toEqual(settledIn(transaction, 7_000n))
  })

  test('together with another, it is the larger of the two', async () => {
    const [claim, other] = [await claimed(), await claimed()]
    const transaction = await buried(
      payer.takeByContract([
        [claim, 3_000n],
        [other, 9_000n],
      ]),
    )
    for (const taken of [claim, other]) expect(await prove(taken)).toEqual(settledIn(transaction, 9_000n))
  })

  test('it is left open by a server that has forgotten the block before', async () => {
    const claim = await claimed()
    const transaction = await buried(payer.takeByContract([[claim, 7_000n]]))
    const block = (await payer.node.getTransactionReceipt({ hash: transaction })).blockNumber
    relay.answer = ({ method, params }, honestly) => {
      if (method === 'eth_call' && BigInt(String(params[1])) < block) throw new Error('missing trie node')
      return honestly()
    }
    expect(await prove(claim)).toEqual(OPEN)
  })
})
