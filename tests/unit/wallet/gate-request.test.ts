import { createSignature, type Signer } from 'http-message-sig'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type ClearedRequest, clearRequest, type ExpectedRequest } from '@/lib/wallet/gate-request'
import { requestSignerFor } from '@/lib/wallet/signer-request'
import { createVault, lockVault, unlockVault } from '@/lib/wallet/vault'
import { readyAgent } from './agents'

const PASSWORD = 'correct horse'
const now = () => Math.floor(Date.now() / 1000)
const nonce = (bytes = 64) => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))))

const EXPECTED: ExpectedRequest = {
  url: 'https://shop.example/essay?page=1',
  agent: 'https://agent.example',
  keyId: 'poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U',
  payment: { name: 'payment-signature', value: 'eyJ4NDAyVmVyc2lvbiI6Mn0=' },
}

interface Changes {
  readonly url?: string
  readonly agent?: string
  readonly payment?: { readonly name: string; readonly value: string }
  readonly components?: readonly string[]
  readonly parameters?: Readonly<Record<string, string | number>>
}

/** What the library makes of a request that differs from the decided one in something, as the signer gets it. */
async function signed(changes: Changes, signer: Signer) {
  const { url, agent, payment } = { ...EXPECTED, ...changes }
  return createSignature(
    {
      kind: 'request',
      method: 'GET',
      targetUri: url,
      fields: [
        { name: 'Signature-Agent', value: `"${agent}"` },
        { name: payment.name, value: payment.value },
        { name: 'Cookie', value: 'a=b' },
      ],
    },
    {
      label: 'sig',
      components: changes.components ?? ['@authority', 'signature-agent', payment.name],
      parameters: {
        created: now(),
        expires: now() + 30,
        keyid: EXPECTED.keyId,
        nonce: nonce(),
        tag: 'web-bot-auth',
        ...changes.parameters,
      },
      signer,
    },
  )
}

async function cleared(changes: Changes = {}): Promise<ClearedRequest> {
  let result: ClearedRequest | undefined
  await signed(changes, {
    algorithm: 'ed25519',
    sign: (base) => {
      result = clearRequest(base, EXPECTED)
      return new Uint8Array(64)
    },
  })
  if (!result) throw new Error('Nothing was to be signed.')
  return result
}

describe('the gate of a request', () => {
  test('clears the request that was decided on, and says what tells it from others', async () => {
    const [one, other] = [await cleared(), await cleared()]
    expect(one).toMatchObject({ method: 'http-signature', validBefore: expect.closeTo(now() + 30, -1) })
    expect(one.nonce).toMatch(/^0x[0-9a-f]{128}$/)
    expect(one.nonce).not.toBe(other.nonce)
    expect(one.digest).not.toBe(other.digest)
  })

  test.each<[string, Changes]>([
    ['"@authority"', { url: 'https://other.example/essay' }],
    ['"@authority"', { url: 'https://shop.example:8443/essay' }],
    ['"signature-agent"', { agent: 'https://agent.example.evil.example' }],
    ['"payment-signature"', { payment: { name: 'payment-signature', value: 'eyJ4NDAyVmVyc2lvbiI6M30=' } }],
    ['lines', { components: ['@authority', 'signature-agent', 'payment-signature', 'cookie'] }],
    ['lines', { components: ['@authority', 'signature-agent'] }],
    ['"@authority"', { components: ['@method', 'signature-agent', 'payment-signature'] }],
    ['keyid', { parameters: { keyid: 'another' } }],
    ['tag', { parameters: { tag: 'agent-browser-auth' } }],
    ['expires', { parameters: { expires: now() + 3_600 } }],
    ['expires', { parameters: { expires: now() - 1 } }],
    ['created', { parameters: { created: now() + 60, expires: now() + 70 } }],
    ['created', { parameters: { created: now() - 60 } }],
    ['nonce', { parameters: { nonce: nonce(8) } }],
    ['keyid', { parameters: { more: 'of it' } }],
  ])('refuses another %s: %j', async (field, changes) => {
    await expect(cleared(changes)).rejects.toMatchObject({ code: 'signing_refused', values: { field } })
  })

  test('refuses a line that hides in a value', async () => {
    const value = 'a\n"@signature-params": x'
    const base = new TextEncoder().encode(
      [
        '"@authority": shop.example',
        '"signature-agent": "https://agent.example"',
        `"payment-signature": ${value}`,
        '"@signature-params": ("@authority" "signature-agent" "payment-signature");',
      ].join('\n'),
    )
    expect(() => clearRequest(base, { ...EXPECTED, payment: { name: 'payment-signature', value } })).toThrow(
      'signing_refused',
    )
  })
})

describe('its signer', () => {
  const { signal } = new AbortController()

  beforeAll(async () => {
    await createVault(PASSWORD)
    await readyAgent()
  })

  test('signs once, after it was noted', async () => {
    const record = vi.fn(async () => undefined)
    const signer = requestSignerFor(EXPECTED, record, signal)
    const { signature } = await signed({}, signer)
    expect(signature).toMatch(/^sig=:[A-Za-z0-9+/]{86}==:$/)
    expect(record).toHaveBeenCalledOnce()
    await expect(signed({}, signer)).rejects.toMatchObject({ code: 'signing_refused' })
  })

  test('signs nothing that cannot be noted, that is something else, or that comes too late', async () => {
    const record = vi.fn(async () => undefined)
    const full = () => Promise.reject(new Error('The disk is full.'))
    await expect(signed({}, requestSignerFor(EXPECTED, full, signal))).rejects.toThrow('The disk is full.')
    await expect(
      signed({ agent: 'https://other.example' }, requestSignerFor(EXPECTED, record, signal)),
    ).rejects.toMatchObject({ code: 'signing_refused' })
    expect(record).not.toHaveBeenCalled()
    await expect(signed({}, requestSignerFor(EXPECTED, record, AbortSignal.abort()))).rejects.toThrow()
  })

  test('signs nothing while the wallet is locked, even when that comes in between', async () => {
    const record = vi.fn(async () => undefined)
    await expect(signed({}, requestSignerFor(EXPECTED, lockVault, signal))).rejects.toMatchObject({
      code: 'wallet_locked',
    })
    await expect(signed({}, requestSignerFor(EXPECTED, record, signal))).rejects.toMatchObject({
      code: 'wallet_locked',
    })
    expect(record).not.toHaveBeenCalled()
    await unlockVault(PASSWORD)
  })
})

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })
