import { decodePaymentSignatureHeader } from '@x402/core/http'
import { isPaymentPayloadV2 } from '@x402/core/schemas'
import { authorizationTypes } from '@x402/evm'
import { type Hex, recoverTypedDataAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { credentialFor } from '@/lib/payment/credential'
import { railOf } from '@/lib/rails/rails'
import { type Cleared, transferGate } from '@/lib/wallet/gate'
import { signerFor } from '@/lib/wallet/signer'
import { importVault } from '@/lib/wallet/vault'
import { challengeOf, entry, headerOf, message } from '../challenge/samples'
import { AUTHORIZED, evmAsset, KEY, PAYEE, PAYER } from '../wallet/typed-data'
import { NO_SIGNERS } from './signers'

interface Authorization {
  from: Hex
  to: Hex
  value: string
  validAfter: string
  validBefore: string
  nonce: Hex
}

const now = () => Math.floor(Date.now() / 1000)
const record = vi.fn<(cleared: Cleared) => Promise<void>>(async () => undefined)

beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
beforeEach(() => {
  record.mockClear()
})

/** Pays the first offer of a server's message, and reads the header back as a server of the SDK does. */
async function pay(written: object, validSeconds = 60) {
  const challenge = challengeOf(headerOf(written))
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The message has no offer that can be paid.')
  const { terms } = offer
  const credential = await credentialFor(await railOf(terms).prepare({ offer, terms, from: PAYER }), {
    offer,
    request: challenge.request,
    validSeconds,
    signer: 'vault',
    record: (cleared) => record(cleared as Cleared),
    allow: NO_SIGNERS.allowance,
    signal: new AbortController().signal,
  })
  const decoded = decodePaymentSignatureHeader(credential.headers[0]?.value ?? '')
  const { authorization, signature } = decoded.payload as unknown as { authorization: Authorization; signature: Hex }
  return { offer, decoded, authorization, signature }
}

describe('a payment', () => {
  test('is a message that the SDK accepts, for exactly what was offered', async () => {
    const { decoded, authorization } = await pay(message())
    expect(isPaymentPayloadV2(decoded)).toBe(true)
    expect(authorization).toEqual({
      from: PAYER,
      to: PAYEE,
      value: '20000',
      validAfter: '0',
      validBefore: expect.stringMatching(/^\d+$/),
      nonce: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    })
  })

  test("gives the server's entry back unchanged, unknown fields and all", async () => {
    const accepts = [
      { ...entry(), payTo: PAYEE.toLowerCase(), extra: { name: 'x', deep: [1, { a: null }] }, memo: 'hi' },
    ]
    const resource = { url: '/article', description: 'An article', unheardOf: 1 }
    const { decoded } = await pay({ ...message(), accepts, resource, extensions: { bazaar: { info: {} } } })
    expect(decoded).toMatchObject({
      x402Version: 2,
      accepted: accepts[0],
      resource,
      extensions: { bazaar: { info: {} } },
    })
    expect(JSON.stringify(decoded.accepted)).toBe(JSON.stringify(accepts[0]))
  })

  test.each(AUTHORIZED)(
    "in $symbol on $network is signed for the token's pinned domain, whatever the server says",
    async (asset) => {
      const extra = { name: 'A Lie', version: '99', chainId: 1, decimals: 2 }
      const { authorization, signature } = await pay({
        ...message(),
        accepts: [{ ...entry(), network: asset.network, asset: asset.address, extra }],
      })
      const signedBy = await recoverTypedDataAddress({
        domain: {
          ...asset.domain,
          chainId: Number(asset.network.split(':')[1]),
          verifyingContract: asset.address,
        },
        types: authorizationTypes,
        primaryType: 'TransferWithAuthorization',
        message: {
          ...authorization,
          value: BigInt(authorization.value),
          validAfter: BigInt(authorization.validAfter),
          validBefore: BigInt(authorization.validBefore),
        },
        signature,
      })
      expect(signedBy).toBe(PAYER)
    },
  )

  test.each([1, 60, 600])('of %i seconds is worth nothing after them', async (seconds) => {
    const before = now()
    const { authorization } = await pay(
      { ...message(), accepts: [{ ...entry(), maxTimeoutSeconds: 10 ** 9 }] },
      seconds,
    )
    expect(Number(authorization.validBefore)).toBeGreaterThanOrEqual(before + seconds)
    expect(Number(authorization.validBefore)).toBeLessThanOrEqual(now() + seconds)
  })

  test('is what was noted before it was signed, with a nonce of its own', async () => {
    const [one, other] = [await pay(message()), await pay(message())]
    expect(record.mock.calls.map(([{ nonce, validBefore }]) => [nonce, String(validBefore)])).toEqual([
      [one.authorization.nonce, one.authorization.validBefore],
      [other.authorization.nonce, other.authorization.validBefore],
    ])
    expect(one.authorization.nonce).not.toBe(other.authorization.nonce)
  })

  test('of an offer that differs from what was decided is not signed', async () => {
    const challenge = challengeOf(headerOf(message()))
    const [offer] = challenge.offers
    if (!offer || !isPayable(offer)) throw new Error('The message has no offer that can be paid.')
    const decided = {
      asset: evmAsset(offer.asset),
      units: 10_000n,
      purpose: 'payment' as const,
      from: PAYER,
      to: PAYEE,
      latestValidBefore: now() + 61,
    }
    const { terms } = offer
    const pay = await railOf(terms).prepare({ offer, terms, from: PAYER })
    const signer = signerFor(transferGate(decided), record, new AbortController().signal)
    const paying = pay({
      validSeconds: 60,
      signers: { ...NO_SIGNERS, typedData: () => signer },
      extend: NO_SIGNERS.allowance,
    })
    await expect(paying).rejects.toMatchObject({ code: 'signing_refused', values: { field: 'message.value' } })
    expect(record).not.toHaveBeenCalled()
  })
})
