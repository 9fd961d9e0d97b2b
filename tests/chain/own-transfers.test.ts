import 'fake-indexeddb/auto'

import { createTestClient, createWalletClient, type Hex, http, parseAbi, parseEther, publicActions } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { TuppenceError } from '@/lib/errors'
import { Ledger } from '@/lib/ledger/ledger'
import type { EvmNetwork } from '@/lib/money/networks'
import { OwnTransfers, type Submitter } from '@/lib/payment/own-transfers'
import { createInterlock } from '@/lib/queue'
import { setRpcUrl } from '@/lib/settings/networks'
import type { Call } from '@/lib/wallet/transaction'
import { importVault, lockVault } from '@/lib/wallet/vault'
import { type Chain, NETWORK, startChain, USDC } from '../../playground/chain.ts'
import { draft, limits } from '../unit/ledger/books'

const token = USDC.toLowerCase()
const tokenAbi = parseAbi(['function transfer(address to, uint256 value) returns (bool)'])

/** In MetaMask's place: an account with coins, and a person who says what the test has them say. */
class Person implements Submitter {
  readonly #wallet
  /** Every call that was to be confirmed. */
  readonly calls: Call[] = []
  answer: 'confirm' | 'reject' | 'vanish' = 'confirm'

  constructor(rpcUrl: string) {
    const account = privateKeyToAccount(generatePrivateKey())
    this.#wallet = createWalletClient({ account, chain: baseSepolia, transport: http(rpcUrl) })
  }

  get address(): Hex {
    return this.#wallet.account.address
  }

  connect = async () => this.address
  prepare: Submitter['prepare'] = async () => undefined

  async sendTransaction(_network: EvmNetwork, { to, data }: Call): Promise<Hex> {
    this.calls.push({ from: this.address, to, data })
    if (this.answer === 'reject') throw new TuppenceError('metamask_rejected')
    if (this.answer === 'vanish') throw new TuppenceError('metamask_unreachable')
    // What fails on the chain is sent all the same, as people can insist on.
    return this.#wallet.sendTransaction({ to, data, gas: 200_000n })
  }
}

let chain: Chain
beforeAll(async () => {
  chain = await startChain()
}, 30_000)
afterAll(() => chain?.stop())

const node = () =>
  createTestClient({ mode: 'anvil', chain: baseSepolia, transport: http(chain.rpcUrl) }).extend(publicActions)

/** A wallet with two dollars, and everything that moves its money. */
async function world({ name = crypto.randomUUID() as string } = {}) {
  const ledger = new Ledger({ name })
  await ledger.open()
  const person = new Person(chain.rpcUrl)
  await node().setBalance({ address: person.address, value: parseEther('1') })
  const balances = new Balances()
  const services = { ledger, balances, health: { obstacle: null }, signing: createInterlock(), metamask: person }
  const states = async () => (await ledger.transfers.list(10)).map(({ state }) => state)
  return { ledger, balances, person, name, states, transfers: new OwnTransfers(services) }
}

let wallet: Hex
let key: Hex
beforeEach(async () => {
  fakeBrowser.reset()
  await setRpcUrl(NETWORK, chain.rpcUrl)
  key = generatePrivateKey()
  wallet = privateKeyToAccount(key).address
  await importVault(key, 'correct horse')
  await chain.fund(wallet, '2')
}, 30_000)

const sum = (units: bigint, to: Hex) => ({ network: NETWORK, asset: token, units, from: wallet, to })

/** Looks until the chain has spoken. */
const untilStates = (transfers: OwnTransfers, states: () => Promise<string[]>, expected: string[]) =>
  vi.waitFor(
    async () => {
      await transfers.lookAtAll()
      expect(await states()).toEqual(expected)
    },
    { timeout: 15_000, interval: 200 },
  )

describe('a withdrawal', () => {
  test('moves exactly its amount, and is proved by its nonce, with what it cost', async () => {
    const { ledger, transfers, person, states } = await world()
    const { id, nonce } = await transfers.sign(sum(1_250_000n, person.address))
    expect(await ledger.held(wallet, NETWORK, token)).toBe(1_250_000n)
    await transfers.handIn(id)
    await untilStates(transfers, states, ['settled'])
    expect(await chain.balanceOf(person.address)).toBe(1_250_000n)
    expect(await chain.balanceOf(wallet)).toBe(750_000n)
    expect(await ledger.held(wallet, NETWORK, token)).toBe(0n)
    const { fee, transaction } = (await ledger.transfers.get(id)) ?? {}
    const receipt = await node().getTransactionReceipt({ hash: transaction as Hex })
    expect(fee).toBe(receipt.gasUsed * receipt.effectiveGasPrice)
    expect(nonce).toMatch(/^0x[0-9a-f]{64}$/)
  }, 30_000)

  test('costs about what was said before', async () => {
    const { ledger, transfers, person, states } = await world()
    const said = await transfers.fee(sum(500_000n, person.address))
    const { id } = await transfers.sign(sum(500_000n, person.address))
    await transfers.handIn(id)
    await untilStates(transfers, states, ['settled'])
    const { gasUsed } = await node().getTransactionReceipt({
      hash: (await ledger.transfers.get(id))?.transaction as Hex,
    })
    const gas = (said ?? 0n) / (await node().getGasPrice())
    expect(Number(gas) / Number(gasUsed)).toBeGreaterThan(0.8)
    expect(Number(gas) / Number(gasUsed)).toBeLessThan(1.6)
  }, 30_000)

  test('has no known cost where nobody can be asked, and cannot be made', async () => {
    const { transfers, person, states } = await world()
    await setRpcUrl(NETWORK, null)
    expect(await transfers.fee(sum(1n, person.address))).toBeNull()
    await expect(transfers.sign(sum(1n, person.address))).rejects.toMatchObject({ code: 'balance_unknown' })
    expect(await states()).toEqual([])
  })

  test('that is rejected is held, handed in again unchanged, and made once', async () => {
    const { ledger, transfers, person, states } = await world()
    const { id } = await transfers.sign(sum(2_000_000n, person.address))
    person.answer = 'reject'
    await expect(transfers.handIn(id)).rejects.toMatchObject({ code: 'metamask_rejected' })
    expect(await states()).toEqual(['signed'])
    expect(await ledger.held(wallet, NETWORK, token)).toBe(2_000_000n)
    person.answer = 'confirm'
    await transfers.handIn(id)
    await expect(transfers.handIn(id)).rejects.toMatchObject({ code: 'transfer_over' })
    await untilStates(transfers, states, ['settled'])
    expect(person.calls).toHaveLength(2)
    expect(person.calls[0]).toEqual(person.calls[1])
    expect(await chain.balanceOf(person.address)).toBe(2_000_000n)
  }, 30_000)

  test('is found although the look at another one fails', async () => {
    const { balances, transfers, person, states } = await world()
    const send = person.sendTransaction.bind(person)
    // Without a word, so that nobody follows it.
    person.sendTransaction = async (network, call) => {
      await node().waitForTransactionReceipt({ hash: await send(network, call) })
      throw new TuppenceError('metamask_unreachable')
    }
    for (const units of [100_000n, 200_000n]) {
      const { id } = await transfers.sign(sum(units, person.address))
      await transfers.handIn(id).catch(() => undefined)
    }
    await node().mine({ blocks: 10 })
    vi.spyOn(console, 'error').mockImplementationOnce(() => undefined)
    vi.spyOn(balances, 'read').mockRejectedValueOnce(new Error('The server answers nonsense.'))
    await transfers.lookAtAll()
    expect((await states()).sort()).toEqual(['settled', 'signed'])
  }, 30_000)

  test('that MetaMask sent without a word is found all the same', async () => {
    const { ledger, transfers, person, states } = await world()
    const { id } = await transfers.sign(sum(300_000n, person.address))
    const send = person.sendTransaction.bind(person)
    person.sendTransaction = async (network, call) => {
      await send(network, call)
      throw new TuppenceError('metamask_unreachable')
    }
    await expect(transfers.handIn(id)).rejects.toMatchObject({ code: 'metamask_unreachable' })
    expect(await states()).toEqual(['signed'])
    await untilStates(transfers, states, ['settled'])
    expect((await ledger.transfers.get(id))?.transaction).toMatch(/^0x[0-9a-f]{64}$/)
  }, 30_000)

  test('whose transaction fails is back where it was, and can be handed in once there is money', async () => {
    const { ledger, transfers, person, states } = await world()
    const { id } = await transfers.sign(sum(2_000_000n, person.address))
    // Somebody with the same key was faster elsewhere.
    const elsewhere = createWalletClient({
      account: privateKeyToAccount(key),
      chain: baseSepolia,
      transport: http(chain.rpcUrl),
    })
    await node().setBalance({ address: wallet, value: parseEther('1') })
    const hash = await elsewhere.writeContract({
      address: USDC,
      abi: tokenAbi,
      functionName: 'transfer',
      args: [person.address, 1n],
    })
    await node().waitForTransactionReceipt({ hash })
    await transfers.handIn(id)
    await untilStates(transfers, states, ['signed'])
    const { fee } = (await ledger.transfers.get(id)) ?? {}
    expect(fee).toBeGreaterThan(0n)
    expect(await ledger.held(wallet, NETWORK, token)).toBe(2_000_000n)
    await chain.fund(wallet, '1')
    await transfers.handIn(id)
    await untilStates(transfers, states, ['settled'])
    expect(await chain.balanceOf(wallet)).toBe(999_999n)
  }, 40_000)

  test('that nobody hands in runs out, and frees the money', async () => {
    const own = await startChain({ ticking: false })
    onTestFinished(() => own.stop())
    await setRpcUrl(NETWORK, own.rpcUrl)
    await own.fund(wallet, '2')
    const { ledger, transfers, person, states } = await world()
    const { id, authorization } = await transfers.sign(sum(2_000_000n, person.address))
    const there = createTestClient({ mode: 'anvil', transport: http(own.rpcUrl) })
    const end = BigInt(authorization?.validBefore ?? 0)
    await there.setNextBlockTimestamp({ timestamp: end })
    await there.mine({ blocks: 3 })
    await transfers.lookAtAll()
    expect(await states()).toEqual(['signed'])
    await there.setNextBlockTimestamp({ timestamp: end + 100n })
    await there.mine({ blocks: 3 })
    await transfers.lookAtAll()
    expect(await states()).toEqual(['expired'])
    expect(await ledger.held(wallet, NETWORK, token)).toBe(0n)
    await expect(transfers.handIn(id)).rejects.toMatchObject({ code: 'transfer_over' })
  }, 30_000)

  test('is not handed in when the time ran out while MetaMask was unlocked', async () => {
    const { transfers, person, states } = await world()
    const { id, authorization } = await transfers.sign(sum(1n, person.address))
    onTestFinished(() => void vi.useRealTimers())
    person.prepare = async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: ((authorization?.validBefore ?? 0) - 59) * 1000 })
    }
    await expect(transfers.handIn(id)).rejects.toMatchObject({ code: 'transfer_over' })
    expect(person.calls).toEqual([])
    expect(await states()).toEqual(['signed'])
  }, 30_000)

  test('is refused with nothing held and nothing signed when it cannot be', async () => {
    const { ledger, transfers, person, states } = await world()
    const to = person.address
    const refusals: [Parameters<OwnTransfers['sign']>[0], string][] = [
      [sum(2_000_001n, to), 'insufficient_balance'],
      [sum(0n, to), 'insufficient_balance'],
      [sum(1n, USDC), 'bad_destination'],
      [sum(1n, wallet), 'bad_destination'],
      [sum(1n, `0x${'0'.repeat(40)}`), 'bad_destination'],
      [{ ...sum(1n, to), from: to }, 'wallet_missing'],
      [{ ...sum(1n, to), asset: to }, 'invalid_message'],
      [{ ...sum(1n, to), network: 'eip155:5' }, 'invalid_message'],
    ]
    for (const [withdrawal, code] of refusals) await expect(transfers.sign(withdrawal)).rejects.toMatchObject({ code })
    await lockVault()
    await expect(transfers.sign(sum(1n, to))).rejects.toMatchObject({ code: 'wallet_locked' })
    expect(await states()).toEqual([])
    expect(await ledger.held(wallet, NETWORK, token)).toBe(0n)
  })

  test('takes nothing that a payment under way holds', async () => {
    const { ledger, transfers, person } = await world()
    const priced = draft({ network: NETWORK, asset: token, from: wallet, units: 500_000n })
    await ledger.reserve(priced, limits())
    await expect(transfers.sign(sum(1_500_001n, person.address))).rejects.toMatchObject({
      code: 'insufficient_balance',
    })
    await transfers.sign(sum(1_500_000n, person.address))
    expect(await ledger.held(wallet, NETWORK, token)).toBe(2_000_000n)
  })
})

describe('a top-up', () => {
  test('brings exactly its amount, with a receipt', async () => {
    const { ledger, transfers, person, states } = await world()
    await chain.fund(person.address, '10')
    const { id } = await transfers.topUp({ network: NETWORK, asset: token, units: 5_000_000n })
    await untilStates(transfers, states, ['settled'])
    expect(await chain.balanceOf(wallet)).toBe(7_000_000n)
    expect(await chain.balanceOf(person.address)).toBe(5_000_000n)
    expect((await ledger.transfers.get(id))?.fee).toBeGreaterThan(0n)
    expect(await ledger.held(wallet, NETWORK, token)).toBe(0n)
  }, 30_000)

  test('of more than there is fails on the chain, and says so', async () => {
    const { transfers, states } = await world()
    await transfers.topUp({ network: NETWORK, asset: token, units: 5_000_000n })
    await untilStates(transfers, states, ['failed'])
    expect(await chain.balanceOf(wallet)).toBe(2_000_000n)
  }, 30_000)

  test.each([
    ['reject', 'released'],
    ['vanish', 'unknown'],
  ] as const)('that ends with "%s" in MetaMask is %s', async (answer, state) => {
    const { transfers, person, states } = await world()
    person.answer = answer
    await expect(transfers.topUp({ network: NETWORK, asset: token, units: 1n })).rejects.toThrow()
    expect(await states()).toEqual([state])
  })
})

describe('after the background was ended', () => {
  test('what was only written down is given up, and what was signed goes on; twice is as good as once', async () => {
    const before = await world()
    const { ledger, person } = before
    const account = { network: NETWORK, asset: token } as const
    const draftOf = { kind: 'withdrawal', from: wallet, to: person.address, units: 100_000n, ...account } as const
    const { id: written } = await ledger.transfers.begin(draftOf, () => 2_000_000n)
    const { id: asked } = await ledger.transfers.begin({ ...draftOf, kind: 'top_up', from: person.address, to: wallet })
    // Ended between the note and the signature: nobody will ever have these bytes.
    const { id: noted } = await ledger.transfers.begin(draftOf, () => 2_000_000n)
    const { id: signed } = await before.transfers.sign(sum(200_000n, person.address))
    const { validBefore, digest } = (await ledger.transfers.get(signed))?.authorization ?? {}
    await ledger.transfers.sign(noted, {
      method: 'eip3009',
      nonce: `0x${'cd'.repeat(32)}`,
      validBefore: validBefore ?? 0,
      digest: digest ?? '0x',
    })
    ledger.close()

    const { ledger: again, transfers } = await world({ name: before.name })
    for (let time = 0; time < 2; time++) {
      await transfers.recover()
      const states = await Promise.all(
        [written, asked, noted, signed].map(async (id) => (await again.transfers.get(id))?.state),
      )
      expect(states).toEqual(['released', 'unknown', 'signed', 'signed'])
      expect(await again.held(wallet, NETWORK, token)).toBe(300_000n)
    }
    await expect(transfers.handIn(noted)).rejects.toMatchObject({ code: 'transfer_over' })
    await transfers.handIn(signed)
    await vi.waitFor(
      async () => {
        await transfers.lookAtAll()
        expect((await again.transfers.get(signed))?.state).toBe('settled')
      },
      { timeout: 15_000, interval: 200 },
    )
    expect(await again.held(wallet, NETWORK, token)).toBe(100_000n)
  }, 40_000)
})
