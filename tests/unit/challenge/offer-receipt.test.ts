import { ed25519 } from '@noble/curves/ed25519'
import { p256 } from '@noble/curves/nist'
import { secp256k1 } from '@noble/curves/secp256k1'
import { sha256 } from '@noble/hashes/sha2'
import { base58 } from '@scure/base'
import {
  createJWS,
  createOfferEIP712,
  createOfferJWS,
  createReceiptEIP712,
  createReceiptJWS,
} from '@x402/extensions/offer-receipt'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { Offer } from '@/lib/challenge/challenge'
import {
  receiptWorth,
  type Signed,
  signatureUnder,
  signedOfferFor,
  signedReceiptIn,
} from '@/lib/challenge/offer-receipt'
import { challengeOf, entry, header } from './samples'

const URL = 'https://shop.example/article'
const NOW = Math.floor(Date.now() / 1000)
const payee = privateKeyToAccount(generatePrivateKey())
const other = privateKeyToAccount(generatePrivateKey())
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

const INPUT = { acceptIndex: 0, offerValiditySeconds: 300 }
const terms = (changes: object = {}) => ({ ...entry({ payTo: payee.address }), ...INPUT, ...changes })
const signWith = (account: typeof payee) => account.signTypedData as Parameters<typeof createOfferEIP712>[2]

/** The offer of a 402 whose server has signed these. */
function offerWith(offers: unknown): Offer {
  const extensions = { 'offer-receipt': { info: { offers } } }
  const [offer] = challengeOf(header({ accepts: [entry({ payTo: payee.address })], extensions })).offers
  if (!offer) throw new Error('no offer')
  return offer
}

const worthOf = (offers: unknown, at = NOW) => signatureUnder(offerWith(offers), URL, at)

/** Keys as servers publish them, and how each signs. */
const ed = ed25519.utils.randomPrivateKey()
const k1 = secp256k1.utils.randomPrivateKey()
const r1 = p256.utils.randomPrivateKey()
const ec = (crv: string, point: Uint8Array) => ({
  kty: 'EC',
  crv,
  x: base64url(point.slice(1, 33)),
  y: base64url(point.slice(33)),
})
const didJwk = (jwk: object) => `did:jwk:${base64url(new TextEncoder().encode(JSON.stringify(jwk)))}#0`
const didKey = (codec: readonly number[], key: Uint8Array) =>
  `did:key:z${base58.encode(Uint8Array.of(...codec, ...key))}`
const signers = {
  'did:key of Ed25519': {
    algorithm: 'EdDSA',
    kid: didKey([0xed, 1], ed25519.getPublicKey(ed)),
    sign: (m: Uint8Array) => ed25519.sign(m, ed),
  },
  'did:key of secp256k1': {
    algorithm: 'ES256K',
    kid: didKey([0xe7, 1], secp256k1.getPublicKey(k1)),
    sign: (m: Uint8Array) => secp256k1.sign(sha256(m), k1).toCompactRawBytes(),
  },
  'did:jwk of P-256': {
    algorithm: 'ES256',
    kid: didJwk(ec('P-256', p256.getPublicKey(r1, false))),
    sign: (m: Uint8Array) => p256.sign(sha256(m), r1).toCompactRawBytes(),
  },
}
const jwsSigner = ({ algorithm, kid, sign }: (typeof signers)[keyof typeof signers]) => ({
  format: 'jws' as const,
  algorithm,
  kid,
  sign: async (message: Uint8Array) => base64url(sign(message)),
})

describe('a signed offer', () => {
  test('of the account that is paid is worth the most', async () => {
    expect(await worthOf([await createOfferEIP712(URL, terms(), signWith(payee))])).toBe('payee')
  })

  test('of any other account proves that somebody has signed it', async () => {
    expect(await worthOf([await createOfferEIP712(URL, terms(), signWith(other))])).toBe('key')
  })

  test.each(Object.keys(signers) as (keyof typeof signers)[])(
    'is verified by the key in its own name: %s',
    async (name) => {
      const offer = await createOfferJWS(URL, terms(), jwsSigner(signers[name]))
      expect(await worthOf([offer])).toBe('key')
      const [head, body, signature = ''] = offer.signature.split('.')
      const forged = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`
      expect(await worthOf([{ ...offer, signature: [head, body, forged].join('.') }])).toBe('wrong')
    },
  )

  test('by a key that is kept elsewhere is not looked up', async () => {
    const signer = { ...jwsSigner(signers['did:key of Ed25519']), kid: 'did:web:shop.example#key-1' }
    expect(await worthOf([await createOfferJWS(URL, terms(), signer)])).toBe('unread')
  })

  test('is found by what it says, whatever place it gives itself', async () => {
    const cheaper = await createOfferEIP712(URL, terms({ amount: '1', acceptIndex: 0 }), signWith(payee))
    const right = await createOfferEIP712(URL, terms({ acceptIndex: 7 }), signWith(payee))
    expect(signedOfferFor(offerWith([cheaper, right]))).toMatchObject({ acceptIndex: 7 })
    expect(await worthOf([cheaper, right])).toBe('payee')
  })

  test.each([
    ['amount', { amount: '20001' }],
    ['payee', { payTo: other.address }],
    ['network', { network: 'eip155:8453' }],
    ['token', { asset: other.address }],
    ['scheme', { scheme: 'upto' }],
  ])('of another %s is not for this', async (_, changes) => {
    expect(await worthOf([await createOfferEIP712(URL, terms(changes), signWith(payee))])).toBe('wrong')
  })

  test('that says something else than was signed is worth nothing', async () => {
    const cheap = await createOfferEIP712(URL, terms({ amount: '1' }), signWith(payee))
    // Signed by somebody, always: but by nobody that anybody knows.
    const changed = { ...cheap, payload: { ...cheap.payload, amount: '20000' } }
    expect(await worthOf([changed])).toBe('key')
    expect(await worthOf([{ ...changed, signature: `0x${'0'.repeat(130)}` }])).toBe('wrong')
  })

  test('for another host, or one that is over, is wrong', async () => {
    expect(await worthOf([await createOfferEIP712('https://other.example/article', terms(), signWith(payee))])).toBe(
      'wrong',
    )
    const offer = await createOfferEIP712(URL, terms(), signWith(payee))
    expect(await worthOf([offer], NOW + 300 + 120)).toBe('wrong')
  })

  test.each([
    [undefined],
    [null],
    [[]],
    [{}],
    ['x'],
    [[null, 1, {}, { format: 'pgp' }]],
    [[{ format: 'jws', signature: 7 }]],
  ])('is none where there is none: %j', async (offers) => {
    expect(await worthOf(offers)).toBeNull()
  })

  test.each(['', '.', '..', 'a.b.c', 'e30.e30.', '💥.💥.💥'])('in no shape is wrong: %s', async (signature) => {
    expect(await worthOf([{ format: 'jws', signature }])).toBe('wrong')
  })

  test('whose key is given twice, and differs, is wrong', async () => {
    const { kid, sign } = signers['did:key of Ed25519']
    const stranger = {
      kty: 'OKP',
      crv: 'Ed25519',
      x: base64url(ed25519.getPublicKey(ed25519.utils.randomPrivateKey())),
    }
    const offer = await createOfferJWS(URL, terms(), jwsSigner(signers['did:key of Ed25519']))
    const head = base64url(new TextEncoder().encode(JSON.stringify({ alg: 'EdDSA', kid, jwk: stranger })))
    const [, body = ''] = offer.signature.split('.')
    const signature = base64url(sign(new TextEncoder().encode(`${head}.${body}`)))
    expect(await worthOf([{ format: 'jws', signature: `${head}.${body}.${signature}` }])).toBe('wrong')
  })
})

describe('a signed receipt', () => {
  const from = other.address
  const paid = { network: 'eip155:84532', from, payTo: payee.address, url: URL, at: NOW, transactions: ['0xAB'] }
  const input = { resourceUrl: URL, payer: from, network: 'eip155:84532' }
  const receipt = async (changes: object = {}) =>
    (await createReceiptEIP712({ ...input, ...changes }, signWith(payee) as never)) as unknown as Signed

  test('is found in the settlement, and verified', async () => {
    const signed = await receipt({ transaction: '0xab' })
    expect(signedReceiptIn({ 'offer-receipt': { info: { receipt: signed } } })).toEqual(signed)
    expect(await receiptWorth(signed, paid)).toBe('payee')
    const jws = await createReceiptJWS(input, jwsSigner(signers['did:jwk of P-256']))
    expect(await receiptWorth(jws as unknown as Signed, paid)).toBe('key')
  })

  test.each([
    ['payer', { payer: payee.address }],
    ['network', { network: 'eip155:8453' }],
    ['site', { resourceUrl: 'https://other.example/article' }],
    ['transaction', { transaction: '0xcd' }],
  ])('of another %s is not for this', async (_, changes) => {
    expect(await receiptWorth(await receipt(changes), paid)).toBe('wrong')
  })

  test('of another day is not for this', async () => {
    expect(await receiptWorth(await receipt(), { ...paid, at: NOW - 86_400 })).toBe('wrong')
  })

  test.each([[undefined], [null], [{}], [{ 'offer-receipt': null }], [{ 'offer-receipt': { info: { receipt: [] } } }]])(
    'is none where there is none: %j',
    (extensions) => {
      expect(signedReceiptIn(extensions)).toBeNull()
    },
  )

  test('that is signed over other words is wrong', async () => {
    const jws = await createJWS({ version: 2, ...input, issuedAt: NOW }, jwsSigner(signers['did:jwk of P-256']))
    expect(await receiptWorth({ format: 'jws', signature: jws }, paid)).toBe('wrong')
  })
})
