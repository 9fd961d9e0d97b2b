import { ed25519 } from '@noble/curves/ed25519'
import { base58 } from '@scure/base'
import type { Address, Transaction, TransactionWithinSizeLimit, TransactionWithLifetime } from '@solana/kit'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClearedTransfer, ExpectedTransfer } from '@/lib/wallet/gate-svm'
import { transferSignerFor } from '@/lib/wallet/signer-svm'
import { activeAccount, importVault, lockVault, unlockVault } from '@/lib/wallet/vault'
import { expectedTransfer, SOLANA_PAYER, sdkMessage } from './transactions'
import { WORDS } from './typed-data'

// The real thing, watched: whether a signature was made at all is part of what is promised.
const sign = vi.spyOn(ed25519, 'sign')

const PASSWORD = 'correct horse'
const noted = async () => undefined
const failing = (code: string) => expect.objectContaining({ name: 'TuppenceError', code })
/** Nobody waits for a change. */
const inTime = new AbortController().signal

beforeAll(() => importVault(WORDS, PASSWORD), 30_000)
beforeEach(() => {
  sign.mockClear()
})

type Asked = Transaction & TransactionWithinSizeLimit & TransactionWithLifetime

/** As the SDK hands a transaction over to be signed. */
async function asked(purchase?: ExpectedTransfer): Promise<Asked> {
  return { messageBytes: await sdkMessage(purchase), signatures: {} } as unknown as Asked
}

const signWith = (signer: ReturnType<typeof transferSignerFor>, ...transactions: Asked[]) =>
  signer.signTransactions(transactions)

describe('a signer on Solana', () => {
  test('signs what the gate clears, as the account of the words', async () => {
    const signer = transferSignerFor(expectedTransfer(), noted, inTime)
    const transaction = await asked()
    const [signatures] = await signWith(signer, transaction)
    expect(signer.address).toBe(SOLANA_PAYER)
    expect(await activeAccount('svm')).toBe(SOLANA_PAYER)
    const signature = signatures?.[SOLANA_PAYER as Address]
    expect(
      ed25519.verify(signature ?? '', Uint8Array.from(transaction.messageBytes), base58.decode(SOLANA_PAYER)),
    ).toBe(true)
  })

  test('has what it will sign on the books before a signature exists', async () => {
    const onTheBooks = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<ClearedTransfer>()
    const record = (cleared: ClearedTransfer) => {
      reached.resolve(cleared)
      return onTheBooks.promise
    }
    const signing = signWith(transferSignerFor(expectedTransfer(), record, inTime), await asked())
    expect(await reached.promise).toMatchObject({ method: 'solana', lastBlockHeight: 10_150, slot: 11_000 })
    expect(sign).not.toHaveBeenCalled()
    onTheBooks.resolve()
    await signing
    expect(sign).toHaveBeenCalledOnce()
  })

  test('signs what was looked at, whatever becomes of the bytes meanwhile', async () => {
    const transaction = await asked()
    const bytes = transaction.messageBytes as unknown as Uint8Array
    const honest = Uint8Array.from(bytes)
    const record = async () => void bytes.fill(0)
    await signWith(transferSignerFor(expectedTransfer(), record, inTime), transaction)
    expect(sign.mock.calls[0]?.[0]).toEqual(honest)
  })

  test('signs nothing when it cannot be put on the books', async () => {
    const signer = transferSignerFor(expectedTransfer(), () => Promise.reject(new Error('the disk is full')), inTime)
    await expect(signWith(signer, await asked())).rejects.toThrow('the disk is full')
    expect(sign).not.toHaveBeenCalled()
  })

  test('signs nothing that the gate refuses, and notes nothing', async () => {
    const record = vi.fn(noted)
    const signer = transferSignerFor(expectedTransfer({ units: 19_999n }), record, inTime)
    await expect(signWith(signer, await asked())).rejects.toEqual(failing('signing_refused'))
    expect([record, sign].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
  })

  test('signs nothing once it is too late', async () => {
    const late = new AbortController()
    const signer = transferSignerFor(expectedTransfer(), async () => late.abort(new Error('too late')), late.signal)
    await expect(signWith(signer, await asked())).rejects.toThrow('too late')
    expect(sign).not.toHaveBeenCalled()
  })

  test('signs once, and never two at a time', async () => {
    const signer = transferSignerFor(expectedTransfer(), noted, inTime)
    const transactions = await Promise.all([asked(), asked(), asked()])
    const results = await Promise.allSettled(transactions.map((transaction) => signWith(signer, transaction)))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(sign).toHaveBeenCalledOnce()
    const other = transferSignerFor(expectedTransfer(), noted, inTime)
    await expect(signWith(other, ...transactions)).rejects.toEqual(failing('signing_refused'))
    await expect(signWith(other)).rejects.toEqual(failing('signing_refused'))
    expect(sign).toHaveBeenCalledOnce()
  })

  test('signs nothing for a wallet that was locked after the decision, and notes nothing', async () => {
    const record = vi.fn(noted)
    const signer = transferSignerFor(expectedTransfer(), record, inTime)
    await lockVault()
    await expect(signWith(signer, await asked())).rejects.toEqual(failing('wallet_locked'))
    expect([record, sign].map(({ mock }) => mock.calls.length)).toEqual([0, 0])
    await unlockVault(PASSWORD)
  }, 30_000)
})
