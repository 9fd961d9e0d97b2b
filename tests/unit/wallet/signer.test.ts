import { recoverTypedDataAddress, type TypedDataDefinition } from 'viem'
import { sign } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Cleared, transferGate } from '@/lib/wallet/gate'
import { signerFor } from '@/lib/wallet/signer'
import { importVault, lockVault, unlockVault } from '@/lib/wallet/vault'
import { expected, KEY, PAYER, typedData } from './typed-data'

// The real thing, watched: whether a signature was made at all is part of what is promised.
vi.mock('viem/accounts', { spy: true })

const PASSWORD = 'correct horse'
const noted = async () => undefined
const failing = (code: string) => expect.objectContaining({ name: 'TuppenceError', code })

beforeAll(() => importVault(KEY, PASSWORD), 30_000)
beforeEach(() => {
  vi.mocked(sign).mockClear()
})

/** Nobody waits for a change. */
const inTime = new AbortController().signal

describe('a signer', () => {
  test('signs what the gate clears, as its account', async () => {
    const signer = signerFor(transferGate(expected()), noted, inTime)
    const data = await typedData()
    const signature = await signer.signTypedData(data)
    expect(signer.address).toBe(PAYER)
    expect(await recoverTypedDataAddress({ ...(data as unknown as TypedDataDefinition), signature })).toBe(PAYER)
  })

  test('has what it will sign on the books before a signature exists', async () => {
    const onTheBooks = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<Cleared>()
    const data = await typedData()
    const signature = signerFor(
      transferGate(expected()),
      (cleared) => {
        reached.resolve(cleared)
        return onTheBooks.promise
      },
      inTime,
    ).signTypedData(data)

    const { nonce, validBefore, digest } = await reached.promise
    expect({ nonce, validBefore }).toEqual({
      nonce: data.message.nonce,
      validBefore: Number(data.message.validBefore),
    })
    expect(sign).not.toHaveBeenCalled()
    onTheBooks.resolve()
    await signature
    expect(sign).toHaveBeenCalledExactlyOnceWith({ hash: digest, privateKey: KEY })
  })

  test('signs nothing when it cannot be put on the books', async () => {
    const signer = signerFor(transferGate(expected()), () => Promise.reject(new Error('the disk is full')), inTime)
    await expect(signer.signTypedData(await typedData())).rejects.toThrow('the disk is full')
    expect(sign).not.toHaveBeenCalled()
  })

  test('signs nothing that the gate refuses, and notes nothing', async () => {
    const record = vi.fn(noted)
    const signer = signerFor(transferGate(expected({ units: 19_999n })), record, inTime)
    await expect(signer.signTypedData(await typedData())).rejects.toEqual(failing('signing_refused'))
    expect(record).not.toHaveBeenCalled()
    expect(sign).not.toHaveBeenCalled()
  })

  test('signs once, even when it is asked twice at the same moment', async () => {
    const signer = signerFor(transferGate(expected()), noted, inTime)
    const data = await typedData()
    const results = await Promise.allSettled(
      [data, data, await typedData()].map((asked) => signer.signTypedData(asked)),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    await expect(signer.signTypedData(data)).rejects.toEqual(failing('signing_refused'))
    expect(sign).toHaveBeenCalledOnce()
  })

  test('that was refused once signs nothing after', async () => {
    const signer = signerFor(transferGate(expected()), noted, inTime)
    const data = await typedData()
    await expect(signer.signTypedData({ ...data, primaryType: 'Permit' })).rejects.toEqual(failing('signing_refused'))
    await expect(signer.signTypedData(data)).rejects.toEqual(failing('signing_refused'))
    expect(sign).not.toHaveBeenCalled()
  })

  test('signs nothing for a wallet that was locked after the decision, and notes nothing', async () => {
    const record = vi.fn(noted)
    const signer = signerFor(transferGate(expected()), record, inTime)
    await lockVault()
    await expect(signer.signTypedData(await typedData())).rejects.toEqual(failing('wallet_locked'))
    expect(record).not.toHaveBeenCalled()
    expect(sign).not.toHaveBeenCalled()
    await unlockVault(PASSWORD)
  }, 30_000)
})
