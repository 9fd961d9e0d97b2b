import { beforeEach, describe, expect, test, vi } from 'vitest'
import { transferGate } from '@/lib/wallet/gate'
import { metaMaskSigner } from '@/lib/wallet/signer'
import { expected, PAYER, typedData, withValue } from './typed-data'

const asked = vi.hoisted(() => ({ signTypedData: vi.fn() }))
vi.mock('@/lib/wallet/metamask', () => asked)

const noted = async () => undefined
beforeEach(() => {
  asked.signTypedData.mockReset().mockResolvedValue('0x5161')
})

describe('a signer with MetaMask', () => {
  test('hands on what the gate clears, as its account', async () => {
    const data = await typedData()
    expect(await metaMaskSigner(transferGate(expected()), noted).signTypedData(data)).toBe('0x5161')
    expect(asked.signTypedData).toHaveBeenCalledExactlyOnceWith(PAYER, data)
  })

  test('asks MetaMask nothing that the gate refuses, or that cannot be put on the books', async () => {
    const dearer = withValue(await typedData(), 'message.value', 20_001n)
    await expect(metaMaskSigner(transferGate(expected()), noted).signTypedData(dearer)).rejects.toMatchObject({
      code: 'signing_refused',
      values: { field: 'message.value' },
    })
    const full = metaMaskSigner(transferGate(expected()), () => Promise.reject(new Error('the disk is full')))
    await expect(full.signTypedData(await typedData())).rejects.toThrow('the disk is full')
    expect(asked.signTypedData).not.toHaveBeenCalled()
  })

  test('asks for what was cleared, whatever becomes of it while it is put on the books', async () => {
    const data = await typedData()
    const cleared = structuredClone(data)
    const signer = metaMaskSigner(transferGate(expected()), async () => {
      data.message.value = 2_000_000n
    })
    await signer.signTypedData(data)
    expect(asked.signTypedData).toHaveBeenCalledExactlyOnceWith(PAYER, cleared)
  })

  test('asks once', async () => {
    const signer = metaMaskSigner(transferGate(expected()), noted)
    await signer.signTypedData(await typedData())
    await expect(signer.signTypedData(await typedData())).rejects.toMatchObject({ code: 'signing_refused' })
    expect(asked.signTypedData).toHaveBeenCalledOnce()
  })
})
