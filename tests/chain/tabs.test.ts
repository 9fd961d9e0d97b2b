import 'fake-indexeddb/auto'

import { createTestClient, http, parseAbi, parseEther, publicActions, toFunctionSelector } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { isPayable } from '@/lib/challenge/challenge'
import { requestKey } from '@/lib/challenge/intent'
import { Ledger } from '@/lib/ledger/ledger'
import type { Authorization } from '@/lib/ledger/payment'
import { findNetwork } from '@/lib/money/networks'
import { usd } from '@/lib/money/usd'
import { credentialFor } from '@/lib/payment/credential'
import { readChallenge } from '@/lib/payment/reading'
import { drawOf, newTab, wantedTab } from '@/lib/payment/tab-draw'
import { Tabs } from '@/lib/payment/tabs'
import { createInterlock } from '@/lib/queue'
import { railOf } from '@/lib/rails/rails'
import { setRpcUrl } from '@/lib/settings/networks'
import { signContractCall, WITHDRAW_SELECTORS } from '@/lib/wallet/contract-call'
import { importVault } from '@/lib/wallet/vault'
import { type Playground, startPlayground } from '../../playground/playground.ts'
import { draft, limits } from '../unit/ledger/books'

const DEPOSIT = 10_000n
const CONFIG = '(address,address,address,address,address,uint40,bytes32)'

let playground: Playground
beforeAll(async () => {
  playground = await startPlayground()
}, 30_000)
afterAll(() => playground?.stop())

const node = () =>
  createTestClient({ mode: 'anvil', chain: baseSepolia, transport: http(playground.rpcUrl) }).extend(publicActions)

/** A wallet with a dollar, and a tab that it has opened at the weather API. */
async function world() {
  fakeBrowser.reset()
  const { network, rpcUrl, apiUrl } = playground
  await setRpcUrl(network, rpcUrl)
  const key = generatePrivateKey()
  const { address } = privateKeyToAccount(key)
  await importVault(key, 'correct horse')
  await playground.fund(address, '1')
  const ledger = new Ledger({ name: crypto.randomUUID() })
  await ledger.open()
  onTestFinished(() => ledger.close())

  const url = new URL('/ferry?harbour=Oslo', apiUrl.replace('api.localhost', '127.0.0.1')).href
  const request = { method: 'GET', url, bodyDigest: null }
  const asked = await fetch(url)
  const headersOf = ({ headers }: Response) => [...headers].map(([name, value]) => ({ name, value }))
  const reading = readChallenge(request, { status: 402, headers: headersOf(asked), body: null })
  const offer = reading.ok ? reading.challenge.offers.find(isPayable) : undefined
  const wanted = offer && wantedTab(new URL(url).origin, offer, address)
  if (!offer || !wanted) throw new Error('The API sells from a tab.')
  const channel = newTab(wanted, offer)
  const row = draft({
    request: requestKey(request),
    url,
    from: address,
    units: DEPOSIT,
    price: usd(DEPOSIT),
    decidedBy: 'user',
  })
  const { id } = await ledger.reserve(row, limits(), undefined, { does: 'open', channel, units: offer.units })
  const { terms } = offer
  const credential = await credentialFor(await railOf(terms).prepare({ offer, terms, from: address }), {
    offer,
    request,
    validSeconds: 120,
    signer: 'vault',
    draw: drawOf(channel, 'open', offer.units),
    record: (cleared) => ledger.sign(id, cleared as Authorization),
    allow: () => Promise.reject(new Error('A tab takes no allowance.')),
    signal: new AbortController().signal,
  })
  await ledger.send(id, credential)
  const paid = await fetch(url, {
    headers: credential.headers.map(({ name, value }): [string, string] => [name, value]),
  })
  await ledger.answer(id, paid.status, null, offer.units)
  await ledger.settle(id, `0x${'7a'.repeat(32)}`)

  const balances = new Balances()
  const tabs = new Tabs({ ledger, balances, health: { obstacle: null }, signing: createInterlock() })
  const tab = async () => {
    const known = await ledger.channels.get(channel.id)
    if (!known) throw new Error('There is no tab.')
    return known
  }
  return { ledger, tabs, tab, channel, address, paid: paid.status }
}

test('without the site, the account gets what is left from the contract after the delay, and pays the network itself', async () => {
  const { tabs, tab, channel, address, paid } = await world()
  expect(paid).toBe(200)
  expect(await playground.balanceOf(address)).toBe(990_000n)

  // It needs coins of its own, and says so.
  await expect(tabs.withdrawalFee(channel.id)).rejects.toMatchObject({ code: 'coin_needed' })
  await node().setBalance({ address, value: parseEther('0.01') })
  const fee = await tabs.withdrawalFee(channel.id)
  await expect(tabs.withdraw(channel.id, 1n)).rejects.toMatchObject({
    code: 'signing_refused',
    values: { field: 'fee' },
  })
  expect((await tab()).withdrawal).toBeNull()

  await tabs.withdraw(channel.id, fee)
  await expect.poll(async () => (await tab()).askedAt, { timeout: 10_000 }).not.toBeNull()
  expect(await tab()).toMatchObject({ state: 'closing', withdrawal: { does: 'initiate' }, returned: 0n })
  expect(await node().getTransactionCount({ address })).toBe(1)
  await expect(tabs.withdraw(channel.id, fee)).rejects.toMatchObject({ code: 'tab_waits' })

  await node().increaseTime({ seconds: 900 })
  await node().mine({ blocks: 1 })
  await tabs.withdraw(channel.id, fee)
  await expect.poll(async () => (await tab()).state, { timeout: 10_000 }).toBe('closed')
  expect(await tab()).toMatchObject({ returned: DEPOSIT })
  expect(await playground.balanceOf(address)).toBe(1_000_000n)
  expect(await playground.tab(channel.id)).toEqual({ balance: 0n, claimed: 0n })
}, 60_000)

test('nothing but the two calls of the contract about a tab of its own is ever signed', async () => {
  const { address } = await world()
  const network = findNetwork(playground.network)
  if (network?.family !== 'evm') throw new Error('It is an EVM network.')
  const own = address.slice(2).toLowerCase().padStart(64, '0')
  const call = { from: address, nonce: 0, gas: 100_000n, gasPrice: 1n }
  const sign = (data: string, changes: Partial<typeof call> = {}) =>
    signContractCall(
      network,
      { ...call, ...changes, data: data as `0x${string}` },
      100_000n,
      new AbortController().signal,
    )
  await expect(sign(WITHDRAW_SELECTORS.initiate + own)).resolves.toMatchObject({ raw: expect.stringMatching(/^0xf8/) })

  const [transfer] = parseAbi(['function transfer(address to, uint256 value)'])
  const refused = { code: 'signing_refused' }
  await expect(sign(toFunctionSelector(transfer) + own)).rejects.toMatchObject(refused)
  const another = '11'.repeat(20).padStart(64, '0')
  await expect(sign(WITHDRAW_SELECTORS.finalize + another)).rejects.toMatchObject(refused)
  await expect(sign('0x')).rejects.toMatchObject(refused)
  await expect(sign(WITHDRAW_SELECTORS.initiate + own, { gas: 400_001n, gasPrice: 0n })).rejects.toMatchObject(refused)
  await expect(sign(WITHDRAW_SELECTORS.initiate + own, { gasPrice: 2n })).rejects.toMatchObject(refused)
}, 60_000)

test('the selectors are those of the contract', () => {
  expect(WITHDRAW_SELECTORS).toEqual({
    initiate: toFunctionSelector(`initiateWithdraw(${CONFIG},uint128)`),
    finalize: toFunctionSelector(`finalizeWithdraw(${CONFIG})`),
  })
})
