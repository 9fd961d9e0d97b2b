import 'fake-indexeddb/auto'

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { Reconciler } from '@/lib/payment/reconciler'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, startChain } from '../../playground/chain.ts'
import { CREDENTIAL, draft, existing, limits, openLedger } from '../unit/ledger/books'
import { PAYEE, PAYER } from '../unit/wallet/typed-data'
import { BASE, BASE_USDC } from './base'
import { Payer } from './payer'

let chain: Chain
let payer: Payer
beforeAll(async () => {
  fakeBrowser.reset()
  chain = await startChain({ like: 'base' })
  payer = new Payer(chain.rpcUrl)
  await chain.fund(PAYER, '100')
  await setRpcUrl(BASE, chain.rpcUrl)
}, 30_000)
afterAll(() => chain?.stop())

test('the playground’s chain makes a block every second, and its time is never ahead', async () => {
  for (let transaction = 0; transaction < 30; transaction++) await chain.fund(PAYEE, '1')
  const busy = await payer.node.getBlock()
  expect(Number(busy.timestamp)).toBeLessThanOrEqual(Date.now() / 1000)
  await sleep(2_500)
  const later = await payer.node.getBlock()
  expect(later.number - busy.number).toBeGreaterThanOrEqual(2n)
  expect(Number(later.timestamp)).toBeLessThanOrEqual(Date.now() / 1000)
  expect(Number(later.timestamp)).toBeGreaterThan(Date.now() / 1000 - 4)
})

async function paid() {
  const ledger = await openLedger()
  const claim = await payer.claim()
  const { nonce, validBefore } = claim
  const { id } = await ledger.reserve(draft({ network: BASE, asset: BASE_USDC.toLowerCase() }), limits())
  await ledger.sign(id, { method: 'eip3009', nonce, validBefore, digest: '0xd1' })
  await ledger.send(id, CREDENTIAL)
  const transaction = await payer.transfer(claim)
  return { ledger, id, transaction }
}

test('a fresh payment is followed until it is settled, within seconds', async () => {
  const { ledger, id, transaction } = await paid()
  const delivered = await ledger.answer(id, 200, { success: true, transaction, errorReason: null })
  await new Reconciler(ledger, new Balances()).follow(delivered)
  expect(await existing(ledger, id)).toMatchObject({ state: 'settled', transaction })
})

test('a look waits for a transfer that is there and not deep enough yet', async () => {
  const { ledger, id, transaction } = await paid()
  const unknown = await ledger.answer(id, 500, null)
  expect(await new Reconciler(ledger, new Balances()).look(unknown)).toMatchObject({ state: 'settled', transaction })
  expect(await existing(ledger, id)).toMatchObject({ state: 'settled' })
})
