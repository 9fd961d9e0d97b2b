import 'fake-indexeddb/auto'

import type { Hex, TypedDataDefinition } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { Checkout } from '@/lib/payment/checkout'
import { credentialFor } from '@/lib/payment/credential'
import { createInterlock } from '@/lib/queue'
import { railOf } from '@/lib/rails/rails'
import { setRpcUrl } from '@/lib/settings/networks'
import { importVault } from '@/lib/wallet/vault'
import { type Chain, startChain } from '../../playground/chain.ts'
import { EIP2612_GAS_SPONSORING } from '../../playground/paid-server.ts'
import { answer, challengeOf, entry, header } from '../unit/challenge/samples'
import { NETWORK, openLedger, USDC } from '../unit/ledger/books'
import { sighting } from '../unit/payment/sightings'
import { rules } from '../unit/policy/situations'
import { KEY, PAYER } from '../unit/wallet/typed-data'

/** MetaMask itself runs in a browser only. Here it is whatever the test says. */
const metamask = vi.hoisted(() => ({
  signTypedData: vi.fn<(from: Hex, data: TypedDataDefinition) => Promise<Hex>>(),
}))
vi.mock('@/lib/wallet/metamask', () => ({
  state: async () => ({ extensionId: 'x', account: PAYER, pays: true }),
  prepare: async () => undefined,
  signTypedData: metamask.signTypedData,
}))

const UNLIMITED = { erc20ApprovalGasSponsoring: { info: { version: '1' } } }
const FACILITATOR = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'
const SCHEMES = { exact: { assetTransferMethod: 'permit2' }, upto: { facilitatorAddress: FACILITATOR } } as const

let chain: Chain
let another: Chain
beforeAll(async () => {
  chain = await startChain({ ticking: false })
  another = await startChain({ like: 'base', ticking: false })
  await chain.fund(PAYER, '1')
  await importVault(KEY, 'correct horse')
}, 60_000)
afterAll(() => Promise.all([chain?.stop(), another?.stop()]))

beforeEach(async () => {
  await setRpcUrl(NETWORK, chain.rpcUrl)
  await chain.allowPermit2(PAYER, '0')
})

function challengeBy(scheme: keyof typeof SCHEMES, extensions: Record<string, unknown> = {}) {
  const value = header({ accepts: [entry({ scheme, extra: SCHEMES[scheme] })], extensions })
  const challenge = challengeOf(value)
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
  return { value, challenge, offer }
}

const orderOf = (offer: PayableOffer) => ({ offer, terms: offer.terms, from: PAYER })
const failing = (code: string) => expect.objectContaining({ code })

describe.each(['exact', 'upto'] as const)('what speaks against an offer by %s', (scheme) => {
  test.each<[what: string, allowed: string, extensions: Record<string, unknown>, obstacle: string | null]>([
    ['no allowance, and no way to sign one', '0', {}, 'allowance_missing'],
    ['too small an allowance', '0.019999', {}, 'allowance_missing'],
    ['a permission without limit, asked for', '0', UNLIMITED, 'approval_unlimited'],
    ['nothing, with just as much allowed', '0.02', {}, null],
    ['nothing, where that is asked for in vain', '0.02', UNLIMITED, null],
    ['nothing, where an allowance is taken by signature', '0', EIP2612_GAS_SPONSORING, null],
    ['nothing, where both are taken', '0', { ...UNLIMITED, ...EIP2612_GAS_SPONSORING }, null],
  ])('is %s', async (_, allowed, extensions, code) => {
    await chain.allowPermit2(PAYER, allowed)
    const { offer } = challengeBy(scheme, extensions)
    const rail = railOf(offer.terms)
    expect((await rail.obstacle?.(orderOf(offer)))?.code ?? null).toBe(code)
    if (code !== null) await expect(rail.prepare(orderOf(offer))).rejects.toEqual(failing(code))
  })

  test('is that nobody answers for the network', async () => {
    const { offer } = challengeBy(scheme)
    for (const url of [another.rpcUrl, 'http://127.0.0.1:9/']) {
      await setRpcUrl(NETWORK, url)
      expect(await railOf(offer.terms).obstacle?.(orderOf(offer))).toMatchObject({ code: 'rpc_silent' })
      await expect(railOf(offer.terms).prepare(orderOf(offer))).rejects.toEqual(failing('rpc_silent'))
    }
  })
})

describe.each(['exact', 'upto'] as const)('what is signed for an offer by %s', (scheme) => {
  async function paidBy(extensions: Record<string, unknown>) {
    const { challenge, offer } = challengeBy(scheme, extensions)
    const notes: unknown[] = []
    const pay = await railOf(offer.terms).prepare(orderOf(offer))
    const credential = await credentialFor(pay, {
      offer,
      request: challenge.request,
      validSeconds: 60,
      signer: 'vault',
      record: async (cleared) => notes.push(cleared),
      allow: async (cleared) => notes.push(cleared),
      signal: new AbortController().signal,
    })
    const value = Buffer.from(credential.headers[0]?.value ?? '', 'base64').toString()
    return { notes, message: JSON.parse(value) as { extensions?: Record<string, { info: Record<string, unknown> }> } }
  }

  test('is the payment alone, where the allowance is there', async () => {
    await chain.allowPermit2(PAYER, '1')
    const extensions = { ...EIP2612_GAS_SPONSORING, ...UNLIMITED }
    const { notes, message } = await paidBy(extensions)
    expect(notes).toMatchObject([{ method: scheme === 'exact' ? 'permit2' : 'upto' }])
    expect(message.extensions).toEqual(extensions)
  })

  test('is the payment, then an allowance of just as much, and nothing without limit', async () => {
    const { notes, message } = await paidBy({ ...EIP2612_GAS_SPONSORING, ...UNLIMITED })
    expect(notes).toMatchObject([{ method: scheme === 'exact' ? 'permit2' : 'upto' }, { nonce: 0n }])
    const { eip2612GasSponsoring, erc20ApprovalGasSponsoring } = message.extensions ?? {}
    expect(eip2612GasSponsoring?.info).toMatchObject({ from: PAYER, amount: '20000', nonce: '0' })
    // What the server has said of it is still there, and of the other nothing was added.
    expect(eip2612GasSponsoring?.info).toMatchObject(EIP2612_GAS_SPONSORING.eip2612GasSponsoring.info)
    expect(erc20ApprovalGasSponsoring).toEqual(UNLIMITED.erc20ApprovalGasSponsoring)
  })
})

describe('an allowance signed by MetaMask', () => {
  const sign = (_: Hex, data: TypedDataDefinition) => privateKeyToAccount(KEY).signTypedData(data)
  const rows = async (ledger: Ledger) =>
    (await ledger.list(10)).map(({ state, allowance }) => [state, allowance?.nonce])

  async function paying() {
    const ledger = await openLedger()
    const browser: Partial<Interceptor> = {
      isShowing: async () => true,
      isActive: async () => true,
      abandon: () => undefined,
      prepare: async () => ({ send: async () => ({ answered: new Promise(() => undefined) }) }),
    }
    const checkout = new Checkout(ledger, browser as Interceptor, createInterlock())
    const { value, challenge, offer } = challengeBy('exact', EIP2612_GAS_SPONSORING)
    const order = {
      sighting: sighting({ answer: answer([{ name: 'payment-required', value }]) }),
      challenge,
      offer,
      decidedBy: 'user' as const,
      rules: () => rules(),
      behind: true,
      balance: () => null,
      confirm: async () => undefined,
    }
    checkout.want(order.sighting.target)
    return { ledger, pay: () => checkout.pay(order) }
  }

  test('is noted before it is asked for, after the payment', async () => {
    const { ledger, pay } = await paying()
    const before: unknown[] = []
    metamask.signTypedData.mockImplementation(async (from, data) => {
      before.push([data.primaryType, ...(await rows(ledger))])
      return sign(from, data)
    })
    await pay()
    expect(before).toEqual([
      ['PermitWitnessTransferFrom', ['signed', undefined]],
      ['Permit', ['signed', 0n]],
    ])
    expect(await rows(ledger)).toEqual([['sent', 0n]])
  })

  test('a no to it frees nothing: the payment was signed before it', async () => {
    const { ledger, pay } = await paying()
    metamask.signTypedData.mockImplementationOnce(sign).mockRejectedValueOnce(new TuppenceError('metamask_rejected'))
    await expect(pay()).rejects.toEqual(failing('metamask_rejected'))
    expect(await rows(ledger)).toEqual([['signed', 0n]])
    expect(await ledger.held(PAYER, NETWORK, USDC)).toBe(20_000n)
  })

  test('a no to the payment frees it at once', async () => {
    const { ledger, pay } = await paying()
    metamask.signTypedData.mockRejectedValueOnce(new TuppenceError('metamask_rejected'))
    await expect(pay()).rejects.toEqual(failing('metamask_rejected'))
    expect(await rows(ledger)).toEqual([['released', undefined]])
    expect(await ledger.held(PAYER, NETWORK, USDC)).toBe(0n)
  })
})
