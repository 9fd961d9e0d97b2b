import 'fake-indexeddb/auto'

import type { Hex, TypedDataDefinition } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { Checkout, type Order } from '@/lib/payment/checkout'
import { createInterlock, type Interlock } from '@/lib/queue'
import { answer, challengeOf, entry, header } from '../challenge/samples'
import { NETWORK, openLedger, USDC } from '../ledger/books'
import { rules } from '../policy/situations'
import { KEY, PAYER } from '../wallet/typed-data'
import { sighting } from './sightings'

/** MetaMask itself runs in a browser only (tests/e2e/metamask.spec.ts). Here it is whatever the test says. */
const metamask = vi.hoisted(() => ({
  pays: true,
  prepare: vi.fn<(from: Hex) => Promise<void>>(),
  signTypedData: vi.fn<(from: Hex, data: TypedDataDefinition) => Promise<Hex>>(),
}))
vi.mock('@/lib/wallet/metamask', () => ({
  state: async () => ({ extensionId: 'x', account: PAYER, pays: metamask.pays }),
  prepare: metamask.prepare,
  signTypedData: metamask.signTypedData,
}))

const sign = (_: Hex, data: TypedDataDefinition) => privateKeyToAccount(KEY).signTypedData(data)

let ledger: Ledger
let signing: Interlock
let checkout: Checkout
const sent = vi.fn()

beforeEach(async () => {
  metamask.pays = true
  metamask.prepare.mockReset().mockResolvedValue()
  metamask.signTypedData.mockReset().mockImplementation(sign)
  sent.mockClear()
  ledger = await openLedger()
  signing = createInterlock()
  const browser: Partial<Interceptor> = {
    isShowing: async () => true,
    isActive: async () => true,
    abandon: () => undefined,
    prepare: async () => ({
      send: async (credential) => {
        sent(credential)
        return { answered: new Promise(() => undefined) }
      },
    }),
  }
  checkout = new Checkout(ledger, browser as Interceptor, signing)
  checkout.want(sighting().target)
})

function order(changes: Partial<Order> = {}): Order {
  const value = header({ accepts: [entry()] })
  const challenge = challengeOf(value)
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
  return {
    sighting: sighting({ answer: answer([{ name: 'payment-required', value }]) }),
    challenge,
    offer,
    decidedBy: 'user',
    rules: () => rules(),
    behind: true,
    balance: () => null,
    confirm: async () => undefined,
    ...changes,
  }
}

const rows = async () => (await ledger.list(10)).map(({ state, open }) => ({ state, isOpen: open !== undefined }))
const held = () => ledger.held(PAYER, NETWORK, USDC)
const failing = (code: string) => expect.objectContaining({ code })

describe('what MetaMask signs', () => {
  test('is on the books before it is asked, and sent once it has signed', async () => {
    const before: unknown[] = []
    metamask.signTypedData.mockImplementation(async (from, data) => {
      before.push(...(await rows()))
      return sign(from, data)
    })
    await checkout.pay(order())
    expect(before).toEqual([{ state: 'signed', isOpen: true }])
    expect(await rows()).toEqual([{ state: 'sent', isOpen: true }])
    expect(sent).toHaveBeenCalledOnce()
  })

  test('is what the gate cleared, and nothing that becomes of it later', async () => {
    await checkout.pay(order())
    const [from, data] = metamask.signTypedData.mock.calls[0] ?? []
    const [row] = await ledger.list(1)
    expect(from).toBe(PAYER)
    expect(data).toMatchObject({
      primaryType: 'TransferWithAuthorization',
      message: { nonce: row?.nonce, value: 20_000n },
    })
  })

  test('was decided on by a person, never by the rules', async () => {
    await expect(checkout.pay(order({ decidedBy: 'rules' }))).rejects.toEqual(failing('not_allowed'))
    expect(metamask.prepare).not.toHaveBeenCalled()
    expect(await rows()).toEqual([])
  })

  test('keeps no change of rules waiting', async () => {
    const { promise, resolve } = Promise.withResolvers<Hex>()
    metamask.signTypedData.mockReturnValue(promise)
    const paid = checkout.pay(order()).catch((error: unknown) => error)
    await vi.waitFor(() => expect(metamask.signTypedData).toHaveBeenCalled())
    // Were it waited for, this would take five seconds, and the signature would never come.
    const before = performance.now()
    await signing.change(async () => undefined)
    expect(performance.now() - before).toBeLessThan(2_000)
    resolve('0x')
    await paid
  })

  test('is not sent when what was decided no longer holds after it', async () => {
    const confirm = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('lowered'))
    await expect(checkout.pay(order({ confirm }))).rejects.toThrow('lowered')
    expect(metamask.signTypedData).toHaveBeenCalledOnce()
    expect(sent).not.toHaveBeenCalled()
    expect([await rows(), await held()]).toEqual([[{ state: 'signed', isOpen: false }], 20_000n])
  })

  test('is not sent when MetaMask is no longer to pay, or the page gave up', async () => {
    for (const change of [
      () => {
        metamask.pays = false
      },
      () => checkout.giveUp(sighting().target),
    ]) {
      metamask.pays = true
      metamask.signTypedData.mockImplementation(async (from, data) => {
        change()
        return sign(from, data)
      })
      await checkout.pay(order()).catch(() => undefined)
    }
    expect(sent).not.toHaveBeenCalled()
  })
})

describe('what MetaMask does not sign', () => {
  test('costs nothing when it could not even be asked', async () => {
    metamask.prepare.mockRejectedValue(new TuppenceError('metamask_locked'))
    await expect(checkout.pay(order())).rejects.toEqual(failing('metamask_locked'))
    expect(await rows()).toEqual([])
  })

  test('is free again when a person said no', async () => {
    metamask.signTypedData.mockRejectedValue(new TuppenceError('metamask_rejected'))
    await expect(checkout.pay(order())).rejects.toEqual(failing('metamask_rejected'))
    expect([await rows(), await held()]).toEqual([[{ state: 'released', isOpen: false }], 0n])
  })

  test.each(['metamask_unreachable', 'metamask_busy', 'metamask_wrong_account', 'metamask_failed'] as const)(
    'stays held when nobody knows: %s',
    async (code) => {
      metamask.signTypedData.mockRejectedValue(new TuppenceError(code))
      await expect(checkout.pay(order())).rejects.toEqual(failing(code))
      expect([await rows(), await held()]).toEqual([[{ state: 'signed', isOpen: false }], 20_000n])
      expect(await checkout.openPurchases(sighting())).toEqual([])
    },
  )
})
