import 'fake-indexeddb/auto'

import { type Hex, toHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import type { EvmClaim } from '@/lib/chain/claim'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { Ledger } from '@/lib/ledger/ledger'
import type { Payment } from '@/lib/ledger/payment'
import type { Disagreement } from '@/lib/messaging/schema'
import { usd } from '@/lib/money/usd'
import { disagreementOf } from '@/lib/payment/disagreement'
import { Reconciler } from '@/lib/payment/reconciler'
import { spentIn } from '@/lib/policy/tally'
import { setRpcUrl } from '@/lib/settings/networks'
import { type Chain, startChain } from '../../playground/chain.ts'
import { CREDENTIAL, draft, existing, limits, openLedger, requestNamed, WALLET } from '../unit/ledger/books'
import { PAYEE, PAYER } from '../unit/wallet/typed-data'
import { BASE, BASE_USDC } from './base'
import { Payer } from './payer'
import { honest, type Relay, type RpcAnswer, startRelay } from './relay'

const FORGED: Hex = `0x${'f0'.repeat(32)}`
/** How long every authorization lasts, in seconds. */
const VALID = 600
const MARGIN = 30
/** As rows have it. */
const USDC = BASE_USDC.toLowerCase()
const PLENTY = 100_000_000n

/** What becomes of a payment's transfer. */
type Fate =
  /** Made before the site answers. */
  | 'made'
  | 'never_made'
  /** Submitted after the site has answered. */
  | 'made_late'
  /** The payer takes it back. */
  | 'taken_back'
  /** Made in a block that a reorganisation takes back, then made again. */
  | 'made_twice'
  /** Made in a block that a reorganisation takes back. */
  | 'lost'

/** What the site reports: that it was paid or not, in the payment's own transaction, in another's, in none there is. */
type Report = 'nothing' | 'unpaid' | 'own' | 'anothers' | 'forged'

interface Kind {
  readonly count: number
  readonly method?: 'permit2'
  readonly fate: Fate
  readonly status: number
  readonly report: Report
  readonly ends: 'settled' | 'expired'
  readonly disagreement?: Disagreement
}

/** A hundred in all. */
const KINDS: readonly Kind[] = [
  { count: 12, fate: 'made', status: 500, report: 'nothing', ends: 'settled' },
  { count: 8, fate: 'made', status: 500, report: 'own', ends: 'settled' },
  { count: 8, fate: 'made', status: 402, report: 'unpaid', ends: 'settled', disagreement: 'said_unpaid' },
  { count: 6, fate: 'made', status: 200, report: 'forged', ends: 'settled', disagreement: 'other_transaction' },
  { count: 6, fate: 'made', status: 200, report: 'anothers', ends: 'settled', disagreement: 'other_transaction' },
  { count: 10, fate: 'never_made', status: 0, report: 'nothing', ends: 'expired' },
  { count: 6, fate: 'never_made', status: 200, report: 'forged', ends: 'expired', disagreement: 'said_paid' },
  { count: 6, fate: 'never_made', status: 200, report: 'anothers', ends: 'expired', disagreement: 'said_paid' },
  { count: 10, fate: 'made_late', status: 500, report: 'nothing', ends: 'settled' },
  { count: 5, fate: 'taken_back', status: 500, report: 'nothing', ends: 'expired' },
  { count: 6, fate: 'made_twice', status: 0, report: 'nothing', ends: 'settled' },
  { count: 6, fate: 'lost', status: 200, report: 'own', ends: 'expired', disagreement: 'said_paid' },
  { count: 3, method: 'permit2', fate: 'made', status: 500, report: 'nothing', ends: 'settled' },
  {
    count: 2,
    method: 'permit2',
    fate: 'made',
    status: 200,
    report: 'anothers',
    ends: 'settled',
    disagreement: 'other_transaction',
  },
  { count: 2, method: 'permit2', fate: 'never_made', status: 402, report: 'unpaid', ends: 'expired' },
  { count: 2, method: 'permit2', fate: 'made_late', status: 0, report: 'nothing', ends: 'settled' },
  { count: 2, method: 'permit2', fate: 'taken_back', status: 500, report: 'nothing', ends: 'expired' },
]

interface Unknown extends Kind {
  readonly id: string
  readonly claim: EvmClaim
  /** Its latest transaction. */
  transaction?: Hex
}

const down: RpcAnswer = () => {
  throw new Error('overloaded')
}

/** Another network's server: there every nonce is unused, and it is far later. */
const elsewhere: RpcAnswer = ({ method }) =>
  ({
    eth_chainId: '0x1',
    eth_blockNumber: '0xffffff',
    eth_call: toHex(0n, { size: 32 }),
    eth_getBlockByNumber: { number: '0xfffff0', timestamp: '0xffffffff', transactions: [] },
    eth_getLogs: [],
  })[method]

/** The right network's name, and nothing on its chain. */
const empty: RpcAnswer = ({ method }) =>
  ({
    eth_chainId: '0x2105',
    eth_blockNumber: '0xffffff',
    eth_call: '0x',
    eth_getBlockByNumber: { number: '0xfffffe', timestamp: '0xffffffff', transactions: [] },
    eth_getLogs: [],
  })[method]

let chain: Chain
let payer: Payer
let relay: Relay
beforeAll(async () => {
  fakeBrowser.reset()
  chain = await startChain({ like: 'base', ticking: false })
  payer = new Payer(chain.rpcUrl)
  relay = await startRelay(chain.rpcUrl)
  await chain.fund(PAYER, '100')
  await payer.approvePermit2()
  await setRpcUrl(BASE, relay.url)
}, 30_000)
afterAll(() => Promise.all([relay?.stop(), chain?.stop()]))

/** Two amounts only, so that nearly every payment has others that look just like it. */
const unitsOf = (index: number): bigint => 10_000n + BigInt(index % 2)

/** Signed and sent, as far as the ledger knows. */
async function send(ledger: Ledger, kind: Kind, index: number, validBefore: number): Promise<Unknown> {
  const { method = 'eip3009' } = kind
  const claim = await payer.claim({ method, units: unitsOf(index), validBefore })
  const { units, nonce } = claim
  const request = requestNamed(`request ${index}`)
  const { id } = await ledger.reserve(
    draft({ network: BASE, asset: USDC, request, units, price: usd(units) }),
    limits(PLENTY, PLENTY),
  )
  await ledger.sign(id, { method, nonce, validBefore, digest: '0xd1' })
  await ledger.send(id, CREDENTIAL)
  return { ...kind, id, claim }
}

/** What the site answers to each, with the transaction that it names. */
async function answer(ledger: Ledger, { id, status, report, transaction }: Unknown, another: Hex): Promise<void> {
  const named: Record<Exclude<Report, 'nothing'>, Hex | null> = {
    unpaid: null,
    own: transaction ?? null,
    anothers: another,
    forged: FORGED,
  }
  const receipt: ReportedReceipt | null =
    report === 'nothing'
      ? null
      : { success: report !== 'unpaid', transaction: named[report], errorReason: report === 'unpaid' ? 'no' : null }
  await ledger.answer(id, status, receipt)
}

const rows = (ledger: Ledger): Promise<Payment[]> => ledger.list(1_000)
const sum = (payments: readonly Payment[]): bigint => payments.reduce((total, { units }) => total + units, 0n)

test('a hundred ambiguous outcomes end as the chain has it', { timeout: 60_000 }, async () => {
  const ledger = await openLedger()
  const reconciler = new Reconciler(ledger, new Balances())
  // Not of this ledger, and just like most of them.
  const another = await payer.transfer(await payer.claim({ units: unitsOf(0) }))
  const earnedBefore = await chain.balanceOf(PAYEE)

  /** The totals and holds are what the rows say, and nothing left the account beyond them. */
  const expectSound = async () => {
    const all = await rows(ledger)
    const held = all.filter(({ state }) => state === 'sent' || state === 'unknown')
    const spent = all.filter(({ state }) => state === 'settled')
    expect(await ledger.held(WALLET, BASE, USDC)).toBe(sum(held))
    const { day } = ledger.moment()
    const scopes = [...new Set(all.flatMap((payment) => payment.scopes))]
    const tallies = await ledger.tallies(scopes)
    for (const scope of scopes) expect(spentIn(tallies(scope), 'month', day)).toBe(sum(held) + sum(spent))
    expect(await ledger.isSound()).toBe(true)
    expect((await chain.balanceOf(PAYEE)) - earnedBefore).toBeLessThanOrEqual(sum(held) + sum(spent))
  }
  const look = async () => {
    await reconciler.lookAtAll()
    await expectSound()
  }
  const expectNothingChanges = async (servers: readonly RpcAnswer[]) => {
    const before = await rows(ledger)
    for (const server of servers) {
      relay.answer = server
      await look()
      expect(await rows(ledger)).toEqual(before)
    }
    relay.answer = honest
  }
  const statesOf = async (payments: readonly Unknown[]) => {
    const states = await Promise.all(payments.map(async ({ id }) => (await existing(ledger, id)).state))
    return [...new Set(states)].sort()
  }

  const validBefore = (await payer.time()) + VALID
  const kinds = KINDS.flatMap((kind) => Array.from({ length: kind.count }, () => kind))
  const unknowns: Unknown[] = []
  for (const [index, kind] of kinds.entries()) unknowns.push(await send(ledger, kind, index, validBefore))
  expect(unknowns).toHaveLength(100)
  const those = (...fates: Fate[]) => unknowns.filter(({ fate }) => fates.includes(fate))
  const make = async (payments: readonly Unknown[]) => {
    for (const payment of payments) payment.transaction = await payer.transfer(payment.claim)
  }

  // What becomes of them while their sites take their time, and what these answer.
  await make(those('made'))
  for (const { claim } of those('taken_back')) await payer.takeBack(claim)
  await payer.mine(1)
  await payer.inOneBlock(() => make(those('made_twice', 'lost')))
  for (const payment of unknowns) await answer(ledger, payment, another)
  expect((await rows(ledger)).filter(({ state }) => state === 'unknown' || state === 'sent')).toHaveLength(100)
  await expectSound()

  // As long as there is nobody to ask, or nobody who knows, everything stays held.
  await expectNothingChanges([down, elsewhere, empty, () => 'rubbish'])
  expect(await ledger.held(WALLET, BASE, USDC)).toBe(sum(await rows(ledger)))

  // What is in the latest block does not count yet, and a reorganisation takes it back.
  await look()
  expect(await statesOf(those('made'))).toEqual(['settled'])
  expect(await statesOf(those('taken_back'))).toEqual(['expired'])
  expect(await statesOf(those('never_made', 'made_late', 'made_twice', 'lost'))).toEqual(['sent', 'unknown'])
  await payer.takeBlocksBack(1)
  await payer.mine(3)
  await expectNothingChanges([honest])

  // Late, and once more, while the server is down again.
  await make(those('made_late', 'made_twice'))
  await payer.mine(2)
  await expectNothingChanges([down, elsewhere])
  await look()
  expect(await statesOf(those('made_late', 'made_twice'))).toEqual(['settled'])
  expect(await statesOf(those('never_made', 'lost'))).toEqual(['sent', 'unknown'])

  // Time runs out for the rest.
  await payer.mineAt(validBefore + MARGIN)
  await payer.mineAt(validBefore + MARGIN + 1)
  await expectNothingChanges([honest])
  await payer.mine(2)
  await expectNothingChanges([down, elsewhere, empty])
  await look()

  for (const { id, ends, disagreement = null, transaction } of unknowns) {
    const payment = await existing(ledger, id)
    expect(payment.state).toBe(ends)
    expect(payment.transaction).toBe(ends === 'settled' ? transaction : undefined)
    expect(disagreementOf(payment)).toBe(disagreement)
  }
  expect(await ledger.held(WALLET, BASE, USDC)).toBe(0n)
  const spent = sum((await rows(ledger)).filter(({ state }) => state === 'settled'))
  expect((await chain.balanceOf(PAYEE)) - earnedBefore).toBe(spent)

  // And once more, also by a later life of the background.
  const ended = await rows(ledger)
  relay.asked = []
  await look()
  const later = new Reconciler(ledger, new Balances())
  await later.recover()
  await later.lookAtDue()
  expect(await rows(ledger)).toEqual(ended)
  expect(relay.asked).toEqual([])
  expect(await fakeBrowser.alarms.getAll()).toEqual([])
})
