import 'fake-indexeddb/auto'

import { expect, test } from 'vitest'
import type { ChannelDraft } from '@/lib/ledger/channel'
import type { Ledger } from '@/lib/ledger/ledger'
import { usd } from '@/lib/money/usd'
import { authorization, CREDENTIAL, draft, limits, NETWORK, openLedger, SHOP, TRANSACTION, USDC, WALLET } from './books'

const OTHER = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const tab: ChannelDraft = {
  id: `0x${'ab'.repeat(32)}`,
  site: SHOP,
  network: NETWORK,
  asset: USDC,
  from: WALLET,
  receiver: OTHER,
  receiverAuthorizer: OTHER,
  withdrawDelay: 900,
  salt: `0x${'01'.repeat(32)}`,
  deposit: 100_000n,
}

/** A tab of ten cents, opened by a payment that was answered with this status. */
async function opened(ledger: Ledger, status: number): Promise<string> {
  const price = { units: 100_000n, price: usd(100_000n), decidedBy: 'user' } as const
  const { id } = await ledger.reserve(draft(price), limits(), undefined, { does: 'open', channel: tab, units: 20_000n })
  await ledger.sign(id, authorization())
  await ledger.send(id, CREDENTIAL)
  await ledger.answer(id, status, null)
  return id
}

const stateOf = async (ledger: Ledger) => (await ledger.channels.get(tab.id))?.state

test('a tab is open once its site says so, or the chain does; and never was when the deposit ran out unused', async () => {
  const said = await openLedger()
  const id = await opened(said, 200)
  expect(await stateOf(said)).toBe('open')
  await said.expire(id)
  expect(await stateOf(said)).toBe('void')
  expect(await said.channels.list()).toEqual([])

  const shown = await openLedger()
  const other = await opened(shown, 500)
  expect(await stateOf(shown)).toBe('opening')
  await shown.settle(other, TRANSACTION)
  expect(await stateOf(shown)).toBe('open')
})

test('one payment at a time is under way from a tab, and what was given up leaves it as it was', async () => {
  const ledger = await openLedger()
  await opened(ledger, 200)
  const spend = () => ledger.reserve(draft(), limits(), undefined, { does: 'spend', channel: tab, units: 20_000n })
  const { id, tab: part } = await spend()
  expect(part?.ceiling).toBe(40_000n)
  await expect(spend()).rejects.toMatchObject({ code: 'tab_busy' })
  await expect(ledger.channels.close(tab.id)).rejects.toMatchObject({ code: 'tab_busy' })
  await ledger.release(id)
  expect(await stateOf(ledger)).toBe('open')
  expect((await spend()).tab?.ceiling).toBe(40_000n)
})

test('nothing is paid from a tab whose rest was asked for, and it is closed when the chain shows that it came', async () => {
  const ledger = await openLedger()
  await opened(ledger, 200)
  expect((await ledger.channels.close(tab.id)).state).toBe('closing')
  expect(await ledger.channels.payingFor(tab, 1n)).toBeNull()
  await ledger.channels.prove(tab.id, { balance: 100_000n, claimed: 0n, askedAt: null })
  expect(await stateOf(ledger)).toBe('closing')
  expect(await ledger.channels.prove(tab.id, { balance: 20_000n, claimed: 0n, askedAt: null })).toMatchObject({
    state: 'closed',
    returned: 80_000n,
  })
  // A server that is behind takes nothing back.
  expect(await ledger.channels.prove(tab.id, { balance: 100_000n, claimed: 0n, askedAt: null })).toMatchObject({
    state: 'closed',
    returned: 80_000n,
  })
})

test('what the site has claimed was charged, though it never said so: the rest is what came back', async () => {
  const ledger = await openLedger()
  await ledger.settle(await opened(ledger, 500), TRANSACTION)
  await ledger.channels.close(tab.id)
  const shown = { balance: 20_000n, claimed: 20_001n, askedAt: null }
  // What was never signed cannot have been claimed.
  expect(await ledger.channels.prove(tab.id, shown)).toMatchObject({ charged: 0n, state: 'closing' })
  const honest = { ...shown, claimed: 20_000n }
  expect(await ledger.channels.prove(tab.id, honest)).toMatchObject({ charged: 20_000n, state: 'closed' })
})
