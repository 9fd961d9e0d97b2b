import { Credential } from 'mppx'
import { evm, Mppx, Transport } from 'mppx/server'
import type { Hex } from 'viem'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { credentialFor } from '@/lib/payment/credential'
import { railOf } from '@/lib/rails/rails'
import { type Cleared, clear } from '@/lib/wallet/gate'
import { importVault } from '@/lib/wallet/vault'
import { offersIn } from '../challenge/mpp-samples'
import { request } from '../challenge/samples'
import { AUTHORIZED, expected, KEY, PAYEE, PAYER, typedData } from '../wallet/typed-data'

/** What the server settled. */
const settled = vi.fn<(payload: { nonce: string; validBefore: string }) => void>()
const record = vi.fn<(cleared: Cleared) => Promise<void>>(async () => undefined)

beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
beforeEach(() => {
  vi.clearAllMocks()
})

/** A server of mppx that sells something for $0.02 in this token. It checks all that can be checked without a chain. */
function server({ network, address, domain, decimals }: (typeof AUTHORIZED)[number]) {
  const method = evm.charge({
    chainId: Number(network.split(':')[1]),
    currency: address,
    decimals,
    authorization: domain,
    recipient: PAYEE,
    settle: async ({ payload }) => {
      settled(payload)
      return { reference: '0xabc' }
    },
  })
  const till = Mppx.create({
    methods: [{ ...method, transport: Transport.http() }],
    secretKey: 'a secret key that is long enough for mppx',
  })
  return async (headers: Record<string, string> = {}) => {
    const result = await till.charge({ amount: '0.02' })(new Request('https://shop.example/article', { headers }))
    return result.status === 402 ? result.challenge : result.withReceipt(new Response('the article'))
  }
}

async function credential(asked: Response, validSeconds = 60) {
  const [offer] = offersIn([asked.headers.get('www-authenticate') ?? ''])
  if (!offer || !isPayable(offer)) throw new Error(`It cannot be paid: ${offer?.problem}.`)
  const { terms } = offer
  const pay = await railOf(terms).prepare({ offer, terms, from: PAYER })
  const { headers } = await credentialFor(pay, {
    offer,
    request: request(),
    validSeconds,
    signer: 'vault',
    record: (cleared) => record(cleared as Cleared),
    allow: async () => undefined,
    signal: new AbortController().signal,
  })
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]))
}

describe('a charge by MPP', () => {
  test.each(AUTHORIZED.filter(({ decimals }) => decimals === 6))(
    'in $symbol on $network is what a server of mppx takes',
    async (asset) => {
      const ask = server(asset)
      const paid = await ask(await credential(await ask()))
      expect([paid.status, await paid.text()]).toEqual([200, 'the article'])
      expect(paid.headers.get('payment-receipt')).not.toBeNull()
    },
  )

  test('is signed for this challenge alone, and no longer than was allowed', async () => {
    const [asset] = AUTHORIZED
    if (!asset) throw new Error('There is no token.')
    const ask = server(asset)
    const first = await ask()
    // An id holds a moment's milliseconds: the next challenge is another.
    await new Promise((resolve) => setTimeout(resolve, 2))
    const second = await ask()
    const headers = await credential(first, 45)
    const [cleared] = record.mock.calls.map(([one]) => one)
    const now = Math.floor(Date.now() / 1000)
    expect(cleared?.validBefore).toBeGreaterThan(now + 40)
    expect(cleared?.validBefore).toBeLessThanOrEqual(now + 45)
    const sent = Credential.deserialize<{ nonce: Hex }>(headers.Authorization ?? '')
    expect(sent.source).toBe(`did:pkh:${asset.network}:${PAYER}`)
    expect(sent.payload.nonce).toBe(cleared?.nonce)
    const other = Credential.deserialize<{ nonce: Hex }>((await credential(second)).Authorization ?? '')
    expect(other.payload.nonce).not.toBe(sent.payload.nonce)
    const swapped = Credential.serialize({ ...sent, challenge: other.challenge })
    expect((await ask({ Authorization: swapped })).status).toBe(402)
    expect(settled).not.toHaveBeenCalled()
  })
})

test('the gate holds an authorization to the nonce that it must have', async () => {
  const data = await typedData()
  const nonce = data.message.nonce as Hex
  expect(clear(data, expected({ nonce })).nonce).toBe(nonce)
  expect(() => clear(data, expected({ nonce: `0x${'00'.repeat(32)}` }))).toThrow('signing_refused')
})
