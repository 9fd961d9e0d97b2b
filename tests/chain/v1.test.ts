import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/client'
import { decodePaymentResponseHeader, wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { isPayable } from '@/lib/challenge/challenge'
import { dialectOf } from '@/lib/challenge/dialects'
import { credentialFor } from '@/lib/payment/credential'
import { readChallenge } from '@/lib/payment/reading'
import { railOf } from '@/lib/rails/rails'
import { setRpcUrl } from '@/lib/settings/networks'
import { importVault } from '@/lib/wallet/vault'
import { type Playground, startPlayground } from '../../playground/playground.ts'
import type { RunningServer } from '../../playground/server.ts'
import { v1Server } from '../../playground/v1-server.ts'
import { DEVNET, SOLANA_PAYER } from '../unit/wallet/transactions'
import { PAYER, WORDS } from '../unit/wallet/typed-data'

const MILL = {
  units: 20_000n,
  answer: (_request: unknown, response: { send(text: string): unknown }) => void response.send('flour'),
}

let playground: Playground
let shop: RunningServer
beforeAll(async () => {
  fakeBrowser.reset()
  await importVault(WORDS, 'correct horse')
  playground = await startPlayground()
  await setRpcUrl(DEVNET, playground.solana.rpcUrl)
  await playground.fund(PAYER, '1')
  await playground.solana.fund(SOLANA_PAYER, '1')
  const { facilitatorUrl, payTo, solana } = playground
  shop = await v1Server({
    // Node does not resolve `*.localhost` everywhere, as browsers do.
    host: '127.0.0.1',
    facilitatorUrl,
    payTo,
    solanaPayTo: solana.payTo,
    routes: { 'GET /flour': MILL, 'GET /salt': { ...MILL, on: 'solana-devnet' } },
  })
}, 60_000)
afterAll(async () => {
  await shop?.stop()
  await playground?.stop()
})

/** What is in a 402 of the shop, read as the extension reads it. */
async function offerAt(url: string) {
  const response = await fetch(url)
  expect(response.status).toBe(402)
  const body = { text: await response.text(), from: 'site' } as const
  const reading = readChallenge({ method: 'GET', url, bodyDigest: null }, { status: 402, headers: [], body })
  const offer = reading.ok ? reading.challenge.offers[0] : undefined
  if (!offer || !isPayable(offer)) throw new Error(`It cannot be paid: ${offer?.problem}`)
  return offer
}

/** Pays as a checkout does, with the wallet's key. */
async function pay(url: string, from: string): Promise<Response> {
  const offer = await offerAt(url)
  const paying = await railOf(offer.terms).prepare({ offer, terms: offer.terms, from })
  const credential = await credentialFor(paying, {
    offer,
    validSeconds: 60,
    signer: 'vault',
    request: { method: 'GET', url, bodyDigest: null },
    allow: async () => undefined,
    record: async () => undefined,
    signal: new AbortController().signal,
  })
  return fetch(url, { headers: credential.headers.map(({ name, value }) => [name, value] as [string, string]) })
}

const receiptOf = (response: Response) =>
  dialectOf('x402-v1').payment?.receipt([...response.headers].map(([name, value]) => ({ name, value })))

describe('a server of version 1', () => {
  test('is one: the x402 packages’ own client for it pays it', async () => {
    const account = privateKeyToAccount(generatePrivateKey())
    await playground.fund(account.address, '1')
    const paying = wrapFetchWithPaymentFromConfig(fetch, {
      schemes: [{ x402Version: 1, network: 'base-sepolia' as never, client: new ExactEvmSchemeV1(account) }],
    })
    const response = await paying(`${shop.url}/flour`)
    expect(await response.text()).toBe('flour')
    expect(decodePaymentResponseHeader(response.headers.get('x-payment-response') ?? '')).toMatchObject({
      success: true,
    })
    expect(await playground.balanceOf(account.address)).toBe(980_000n)
  })

  test('is paid on an EVM network by the rail that there is', async () => {
    const before = await playground.balanceOf(PAYER)
    const response = await pay(`${shop.url}/flour`, PAYER)
    expect(await response.text()).toBe('flour')
    expect(await playground.balanceOf(PAYER)).toBe(before - 20_000n)
    expect(receiptOf(response)).toEqual({
      success: true,
      transaction: (await playground.transfers()).at(-1)?.transaction,
      errorReason: null,
    })
  })

  test('is paid on Solana by the rail that there is', async () => {
    const earned = await playground.solana.balanceOf(playground.solana.payTo)
    const response = await pay(`${shop.url}/salt`, SOLANA_PAYER)
    expect(await response.text()).toBe('flour')
    expect(await playground.solana.balanceOf(playground.solana.payTo)).toBe(earned + 20_000n)
    expect(receiptOf(response)).toMatchObject({
      success: true,
      transaction: expect.stringMatching(/^[1-9A-Za-z]{80,90}$/),
    })
  })

  test('takes a payment once', async () => {
    const offer = await offerAt(`${shop.url}/flour`)
    const paying = await railOf(offer.terms).prepare({ offer, terms: offer.terms, from: PAYER })
    const { headers } = await credentialFor(paying, {
      offer,
      validSeconds: 60,
      signer: 'vault',
      request: { method: 'GET', url: `${shop.url}/flour`, bodyDigest: null },
      allow: async () => undefined,
      record: async () => undefined,
      signal: new AbortController().signal,
    })
    const send = () =>
      fetch(`${shop.url}/flour`, { headers: headers.map(({ name, value }) => [name, value] as [string, string]) })
    expect((await send()).status).toBe(200)
    const before = await playground.balanceOf(PAYER)
    expect((await send()).status).toBe(402)
    expect(await playground.balanceOf(PAYER)).toBe(before)
  })
})
