import 'fake-indexeddb/auto'

import { base58 } from '@scure/base'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import type { SolanaClaim } from '@/lib/chain/claim'
import { isSeen, proveTransfer } from '@/lib/chain/proof'
import { takeSnapshot } from '@/lib/chain/snapshot'
import { lifetimeOn, solanaNetworkAt } from '@/lib/chain/solana'
import { readSolanaBalances } from '@/lib/chain/solana-balances'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import type { Ledger } from '@/lib/ledger/ledger'
import { tokenAccountOf } from '@/lib/money/solana'
import { disagreementOf } from '@/lib/payment/disagreement'
import { Reconciler } from '@/lib/payment/reconciler'
import { setRpcUrl } from '@/lib/settings/networks'
import { importVault } from '@/lib/wallet/vault'
import { SOLANA_USDC as MINT, type Solana, startSolana } from '../../playground/solana.ts'
import { SOLANA_PAYEE } from '../unit/challenge/samples'
import { existing, openLedger } from '../unit/ledger/books'
import { DEVNET, SOLANA_PAYER, SOLANA_USDC, STRANGER, SVM_ASSETS } from '../unit/wallet/transactions'
import { WORDS } from '../unit/wallet/typed-data'
import { honest, type Relay, type RpcAnswer, startRelay } from './relay'
import { FACILITATOR, OTHER_NONCE, type SolanaPayment, send, submit } from './solana-payer'

const MAIN = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
const MAIN_GENESIS = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'
const FORGED = base58.encode(new Uint8Array(64).fill(5))
/** Until a payment's last block is final, and long enough after it to count. */
const UNTIL_LAST = 150 + 32
const MARGIN = 150

let solana: Solana
let relay: Relay
let ledger: Ledger
let reconciler: Reconciler
beforeAll(async () => {
  fakeBrowser.reset()
  await importVault(WORDS, 'correct horse')
  solana = await startSolana()
  solana.fundFees(FACILITATOR)
  await solana.fund(SOLANA_PAYER, '100')
  await solana.fund(SOLANA_PAYEE, '0')
  relay = await startRelay(solana.rpcUrl)
  await setRpcUrl(DEVNET, relay.url)
}, 30_000)
afterAll(() => Promise.all([relay?.stop(), solana?.stop()]))
beforeEach(async () => {
  relay.answer = honest
  ledger = await openLedger()
  reconciler = new Reconciler(ledger, new Balances())
})

const claimOf = ({ authorization }: SolanaPayment, changes: Partial<SolanaClaim> = {}): SolanaClaim => ({
  ...authorization,
  network: DEVNET,
  asset: SOLANA_USDC.address,
  from: SOLANA_PAYER,
  payTo: SOLANA_PAYEE,
  units: 20_000n,
  transaction: null,
  ...changes,
})
const prove = async (claim: SolanaClaim) => proveTransfer(claim, await takeSnapshot(claim.network))
const OPEN = { state: 'open' }
const EXPIRED = { state: 'expired' }
/** Answers these, and the rest honestly. */
const instead =
  (answers: Readonly<Record<string, unknown>>): RpcAnswer =>
  ({ method }, honestly) =>
    method in answers ? answers[method] : honestly()

const report = (transaction: string | null, success = true): ReportedReceipt => ({
  success,
  transaction,
  errorReason: null,
})
const held = () => ledger.held(SOLANA_PAYER, DEVNET, SOLANA_USDC.address)

describe('a payment on Solana', () => {
  test('is settled by the transaction that the site reports, and the money has moved', async () => {
    const [before, earned] = await Promise.all([solana.balanceOf(SOLANA_PAYER), solana.balanceOf(SOLANA_PAYEE)])
    const payment = await send(ledger)
    const transaction = await submit(solana.rpcUrl, payment)
    const answered = await ledger.answer(payment.id, 200, report(transaction))
    await reconciler.follow(answered)
    expect(await existing(ledger, payment.id)).toMatchObject({ state: 'settled', transaction })
    expect(await solana.balanceOf(SOLANA_PAYER)).toBe(before - 20_000n)
    expect(await solana.balanceOf(SOLANA_PAYEE)).toBe(earned + 20_000n)
    expect(await held()).toBe(0n)
  })

  test.each<[what: string, receipt: ReportedReceipt | null, disagreement: string | null]>([
    ['nothing', null, null],
    ['that it was not paid', report(null, false), 'said_unpaid'],
    ['a transaction that there is none of', report(FORGED), 'other_transaction'],
    ['no name for one', report('0x01'), 'other_transaction'],
  ])('is found where the site reports %s', async (_, receipt, disagreement) => {
    const payment = await send(ledger)
    const transaction = await submit(solana.rpcUrl, payment)
    const unknown = await ledger.answer(payment.id, 500, receipt)
    const settled = await reconciler.look(unknown)
    expect(settled).toMatchObject({ state: 'settled', transaction })
    expect(disagreementOf(settled)).toBe(disagreement)
  })

  test('is never taken for another of the same amount to the same payee', async () => {
    const [made, other] = [await send(ledger), await send(ledger)]
    const transaction = await submit(solana.rpcUrl, made)
    expect(await prove(claimOf(made))).toEqual({ state: 'settled', transaction, units: 20_000n })
    expect(await prove(claimOf(other))).toEqual(OPEN)
    // Not even where the site says so.
    expect(await prove(claimOf(other, { transaction }))).toEqual(OPEN)
    solana.passBlocks(UNTIL_LAST + MARGIN + 1)
    expect(await prove(claimOf(other, { transaction }))).toEqual(EXPIRED)
    expect(await prove(claimOf(made))).toEqual({ state: 'settled', transaction, units: 20_000n })
  })

  test('that is submitted late settles late', async () => {
    const payment = await send(ledger)
    const unknown = await ledger.answer(payment.id, 500, null)
    expect(await reconciler.look(unknown)).toMatchObject({ state: 'unknown' })
    solana.passBlocks(100)
    const transaction = await submit(solana.rpcUrl, payment)
    expect(await reconciler.look(unknown)).toMatchObject({ state: 'settled', transaction })
  })

  test('frees its budget only when its last block is final, and well behind', async () => {
    const payment = await send(ledger)
    const unknown = await ledger.answer(payment.id, 402, null)
    expect(await held()).toBe(20_000n)
    const height = async () => (await takeSnapshot(DEVNET)) as unknown as { blockHeight: number }
    const { lastBlockHeight } = payment.authorization
    solana.passBlocks(lastBlockHeight + MARGIN - 10 - (await height()).blockHeight)
    expect(await reconciler.look(unknown)).toMatchObject({ state: 'unknown' })
    solana.passBlocks(11)
    expect(await reconciler.look(unknown)).toMatchObject({ state: 'expired' })
    expect(await held()).toBe(0n)
    // By then the chain itself does not take it any more.
    const before = await solana.balanceOf(SOLANA_PAYER)
    await submit(solana.rpcUrl, payment)
    expect(await solana.balanceOf(SOLANA_PAYER)).toBe(before)
    expect(await prove(claimOf(payment))).toEqual(EXPIRED)
  })

  test('that failed on the chain was not made', async () => {
    const payment = await send(ledger, 1_000_000_000n)
    const transaction = await submit(solana.rpcUrl, payment)
    const claim = claimOf(payment, { transaction, units: 1_000_000_000n })
    expect(await prove(claim)).toEqual(OPEN)
    expect(await isSeen(claim)).toBe(false)
    solana.passBlocks(UNTIL_LAST + MARGIN + 1)
    expect(await prove(claim)).toEqual(EXPIRED)
  })

  test('cannot be made twice: the same bytes submitted again move nothing', async () => {
    const payment = await send(ledger)
    const before = await solana.balanceOf(SOLANA_PAYER)
    const first = await submit(solana.rpcUrl, payment)
    expect(await submit(solana.rpcUrl, payment)).toBe(first)
    expect(await solana.balanceOf(SOLANA_PAYER)).toBe(before - 20_000n)
  })

  test('is seen as soon as it is in a block', async () => {
    const payment = await send(ledger)
    expect(await isSeen(claimOf(payment))).toBe(false)
    await submit(solana.rpcUrl, payment)
    expect(await isSeen(claimOf(payment))).toBe(true)
  })

  test('of real money counts only once its block is final', async () => {
    const payment = await send(ledger)
    const transaction = await submit(solana.rpcUrl, payment)
    await setRpcUrl(MAIN, relay.url)
    relay.answer = instead({ getGenesisHash: MAIN_GENESIS })
    const [usdc] = SVM_ASSETS.filter(({ network, symbol }) => network === MAIN && symbol === 'USDC')
    const claim = claimOf(payment, { network: MAIN, asset: usdc?.address ?? '', transaction })
    expect(await prove(claim)).toEqual(OPEN)
    solana.passBlocks(33)
    expect(await prove(claim)).toEqual({ state: 'settled', transaction, units: 20_000n })
    await setRpcUrl(MAIN, null)
  })

  test('is recovered after a crash', async () => {
    const [made, lost] = [await send(ledger), await send(ledger)]
    const transaction = await submit(solana.rpcUrl, made)
    await reconciler.recover()
    await reconciler.lookAtAll()
    expect(await existing(ledger, made.id)).toMatchObject({ state: 'settled', transaction })
    expect(await existing(ledger, lost.id)).toMatchObject({ state: 'unknown' })
    solana.passBlocks(UNTIL_LAST + MARGIN + 1)
    await reconciler.lookAtAll()
    expect(await existing(ledger, lost.id)).toMatchObject({ state: 'expired' })
  })
})

describe('a server that is not to be believed proves nothing', () => {
  const down: RpcAnswer = () => {
    throw new Error('overloaded')
  }
  const behind: RpcAnswer = ({ method, params }, honestly) => {
    const [, options] = params as [unknown, { minContextSlot?: number }?]
    // Another server behind the same address, which has not come as far.
    if (method === 'getSignaturesForAddress' && options?.minContextSlot) throw new Error('Minimum context slot')
    if (method === 'getSignaturesForAddress') return []
    return honestly()
  }
  let last = 0
  const spam: RpcAnswer = ({ method }, honestly) => {
    if (method !== 'getSignaturesForAddress') return honestly()
    return Array.from({ length: 1_000 }, () => {
      last += 1
      const name = new Uint8Array(64)
      new DataView(name.buffer).setUint32(60, last)
      return { signature: base58.encode(name), slot: 10 ** 9, err: { InstructionError: [] } }
    })
  }

  test.each<[what: string, answer: RpcAnswer]>([
    ['one that is down', down],
    ['one of another network', instead({ getGenesisHash: MAIN_GENESIS })],
    ['one that does not say how far the chain is', instead({ getEpochInfo: {} })],
    ['one that says it in words', instead({ getEpochInfo: { absoluteSlot: '9', blockHeight: '9999999' } })],
    ['one that is behind the chain it speaks of', behind],
    ['one that cannot search', instead({ getSignaturesForAddress: null })],
    ['one that has forgotten what was then', instead({ getFirstAvailableBlock: 10 ** 9 })],
    ['one that does not say how far it remembers', instead({ getFirstAvailableBlock: null })],
    ['one that lists more than can be looked through', spam],
    ['one that lists what it cannot show', instead({ getTransaction: null })],
  ])('as over: %s', async (_, answer) => {
    const payment = await send(ledger)
    await submit(solana.rpcUrl, await send(ledger))
    solana.passBlocks(UNTIL_LAST + MARGIN + 1)
    relay.answer = answer
    expect(await prove(claimOf(payment))).toEqual(OPEN)
    const unknown = await ledger.answer(payment.id, 500, null)
    await reconciler.lookAtAll()
    expect((await existing(ledger, unknown.id)).state).toBe('unknown')
    relay.answer = honest
    expect(await prove(claimOf(payment))).toEqual(EXPIRED)
  })

  test('as over: one that lists one at a time, with the payment behind others', async () => {
    const [payment, later] = [await send(ledger), await send(ledger)]
    const transaction = await submit(solana.rpcUrl, payment)
    await submit(solana.rpcUrl, later)
    solana.passBlocks(UNTIL_LAST + MARGIN + 1)
    relay.answer = async ({ method }, honestly) => {
      const answer = await honestly()
      return method === 'getSignaturesForAddress' ? (answer as unknown[]).slice(0, 1) : answer
    }
    expect(await prove(claimOf(payment))).toEqual({ state: 'settled', transaction, units: 20_000n })
  })

  test('as made: one that names others’ transactions, none, or ours as another', async () => {
    const [payment, other] = [await send(ledger), await send(ledger)]
    const transaction = await submit(solana.rpcUrl, other)
    const named = claimOf(payment, { transaction })
    expect(await prove({ ...claimOf(other), nonce: OTHER_NONCE, transaction })).toEqual(OPEN)
    const lies: Readonly<Record<string, unknown>>[] = [
      { getSignaturesForAddress: [{ signature: transaction, slot: 10 ** 9, err: null }] },
      { getTransaction: { slot: 1, meta: null, transaction: ['', 'base64'] } },
      { getTransaction: { slot: 1, meta: { err: null }, transaction: ['', 'base64'] } },
      { getTransaction: { slot: 1, meta: { err: null }, transaction: ['AA==', 'base64'] } },
      { getTransaction: 'it was paid' },
    ]
    for (const lie of lies) {
      relay.answer = instead(lie)
      expect(await prove(named), JSON.stringify(lie)).toEqual(OPEN)
    }
    // Its very message under another name, as a transaction that failed is shown, is not believed either.
    relay.answer = async ({ method }, honestly) => {
      const answer = await honestly()
      return method === 'getTransaction' ? { ...(answer as object), meta: { err: { InstructionError: [] } } } : answer
    }
    expect(await prove(claimOf(other, { transaction }))).toEqual(OPEN)
    relay.answer = async ({ method, params }, honestly) => {
      if (method !== 'getTransaction' || params[0] !== FORGED) return honestly()
      return (await fetch(solana.rpcUrl, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [transaction, params[1]] }),
      }).then(async (response) => ((await response.json()) as { result: unknown }).result)) as unknown
    }
    expect(await prove({ ...claimOf(other, { transaction: FORGED }) })).toEqual({
      state: 'settled',
      transaction,
      units: 20_000n,
    })
  })

  test('on another family’s chain', async () => {
    const payment = await send(ledger)
    const snapshot = await takeSnapshot(DEVNET)
    const { lastBlockHeight: _, slot: __, ...rest } = claimOf(payment)
    expect(await proveTransfer({ ...rest, method: 'eip3009', validBefore: 0 }, snapshot)).toEqual(OPEN)
    expect(await proveTransfer(claimOf(payment), null)).toEqual(OPEN)
  })
})

describe('how long a transaction can be used', () => {
  test('comes from the user’s own server: a final block, and 150 after it', async () => {
    const snapshot = (await takeSnapshot(DEVNET)) as unknown as { slot: number; blockHeight: number }
    const { blockhash, lastBlockHeight, slot } = await lifetimeOn(DEVNET)
    expect(base58.decode(blockhash)).toHaveLength(32)
    expect(lastBlockHeight - snapshot.blockHeight).toBeGreaterThanOrEqual(150)
    expect(lastBlockHeight - snapshot.blockHeight).toBeLessThanOrEqual(155)
    expect(slot - snapshot.slot).toBeLessThanOrEqual(5)
  })

  test.each<[code: string, answer: RpcAnswer]>([
    ['rpc_silent', () => Promise.reject(new Error('overloaded'))],
    ['rpc_silent', instead({ getLatestBlockhash: { value: {} } })],
    ['rpc_silent', instead({ getGenesisHash: MAIN_GENESIS })],
  ])('is %s where it does not answer, or not for this network', async (code, answer) => {
    relay.answer = answer
    await expect(lifetimeOn(DEVNET)).rejects.toMatchObject({ code, values: { network: 'Solana Devnet' } })
  })

  test('needs a server', async () => {
    await setRpcUrl(DEVNET, null)
    await expect(lifetimeOn(DEVNET)).rejects.toMatchObject({ code: 'rpc_needed' })
    expect(await takeSnapshot(DEVNET)).toBeNull()
    await setRpcUrl(DEVNET, relay.url)
  })

  test('which says whose it is', async () => {
    expect(await solanaNetworkAt(relay.url)).toBe(DEVNET)
    relay.answer = instead({ getGenesisHash: MAIN_GENESIS })
    expect(await solanaNetworkAt(relay.url)).toBe(MAIN)
  })
})

describe('balances on Solana', () => {
  const onDevnet = SVM_ASSETS.filter(({ network }) => network === DEVNET)

  test('are read by one question, and a token that one never had is none of it', async () => {
    const asked = relay.asked.length
    await solana.fund(STRANGER, '12.345678')
    expect(await readSolanaBalances(STRANGER, onDevnet)).toEqual([12_345_678n, 0n, 0n])
    expect(relay.asked.slice(asked)).toEqual(['getMultipleAccounts'])
  })

  test('of an account that was given away are nothing', async () => {
    const account = await tokenAccountOf(SOLANA_PAYER, SOLANA_USDC)
    relay.answer = async ({ method }, honestly) => {
      if (method !== 'getMultipleAccounts') return honestly()
      const data = new Uint8Array(40)
      data.set(base58.decode(STRANGER))
      data[32] = 9
      return { value: [{ owner: SOLANA_USDC.program, data: [btoa(String.fromCharCode(...data)), 'base64'] }] }
    }
    expect(await readSolanaBalances(SOLANA_PAYER, [SOLANA_USDC])).toEqual([0n])
    expect(account).not.toBe(SOLANA_PAYER)
    expect(MINT).toBe(SOLANA_USDC.address)
  })

  test('are unknown where nobody answers, or could be asked', async () => {
    relay.answer = instead({ getMultipleAccounts: { value: [] } })
    await expect(readSolanaBalances(SOLANA_PAYER, [SOLANA_USDC])).rejects.toThrow()
    const balances = new Balances()
    expect(await balances.read(SOLANA_PAYER, SOLANA_USDC)).toMatchObject({ units: null, status: 'unreachable' })
    const [main] = SVM_ASSETS
    if (!main) throw new Error('There is no token.')
    expect(await balances.read(SOLANA_PAYER, main)).toMatchObject({ units: null, status: 'no_rpc' })
  })

  test('are what the chain says', async () => {
    const all = await new Balances().all((family) => (family === 'svm' ? SOLANA_PAYER : null), true)
    expect(all.map(({ asset }) => asset)).toEqual(SVM_ASSETS)
    const usdc = all.find(({ asset }) => asset === SOLANA_USDC)
    expect(usdc).toMatchObject({ status: 'known', units: await solana.balanceOf(SOLANA_PAYER) })
  })
})
