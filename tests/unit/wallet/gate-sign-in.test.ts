import { type CompleteSIWxInfo, formatSIWEMessage, verifySIWxSignature } from '@x402/extensions/sign-in-with-x'
import { sign } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SignInInfo } from '@/lib/challenge/sign-in'
import { clearSignIn } from '@/lib/wallet/gate-sign-in'
import { signIn } from '@/lib/wallet/sign-in'
import { importVault, lockVault, unlockVault } from '@/lib/wallet/vault'
import { KEY, PAYER } from './typed-data'

vi.mock('viem/accounts', { spy: true })

const URL_BOUGHT = 'https://shop.example:8443/thing?page=2'
const EXPECTED = { url: URL_BOUGHT, address: PAYER, network: 'eip155:84532' } as const
const NOW = Date.UTC(2026, 10, 21, 12)
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString()

/** As the extension's own server writes it. */
const info = (changes: Partial<SignInInfo> = {}): SignInInfo => ({
  domain: 'shop.example:8443',
  uri: URL_BOUGHT,
  version: '1',
  nonce: 'a1b2c3d4e5f67890a1b2c3d4e5f67890',
  issuedAt: at(-1),
  expirationTime: at(299),
  statement: 'Sign in to read it again',
  resources: [URL_BOUGHT],
  ...changes,
})

function refusalOf(asked: SignInInfo, expected: Parameters<typeof clearSignIn>[1] = EXPECTED): string {
  try {
    clearSignIn(asked, expected, NOW)
  } catch (error) {
    expect(error).toMatchObject({ name: 'TuppenceError', code: 'signing_refused' })
    return (error as { values: { field: string } }).values.field
  }
  throw new Error('It was cleared.')
}

describe('the gate clears', () => {
  test.each<[string, Partial<SignInInfo>]>([
    ['all', {}],
    ['no statement', { statement: undefined }],
    ['no end', { expirationTime: undefined }],
    ['a beginning, and a number', { notBefore: at(-2), requestId: 'r-1' }],
    ['no resources', { resources: undefined }],
    ['several resources', { resources: [URL_BOUGHT, 'https://shop.example:8443/other'] }],
    ['an address without its query', { uri: 'https://shop.example:8443/thing' }],
  ])('the message as servers put it together: with %s', (_, changes) => {
    const asked = Object.fromEntries(
      Object.entries({ ...info(), ...changes }).filter(([, value]) => value !== undefined),
    ) as unknown as SignInInfo
    expect(clearSignIn(asked, EXPECTED, NOW)).toBe(
      formatSIWEMessage({ ...asked, chainId: EXPECTED.network, type: 'eip191' } as CompleteSIWxInfo, PAYER),
    )
  })
})

describe('the gate refuses', () => {
  test.each<[string, Partial<SignInInfo>]>([
    ['domain', { domain: 'shop.example' }],
    ['domain', { domain: 'evil.example:8443' }],
    ['domain', { domain: 'SHOP.example:8443' }],
    ['domain', { domain: 'shop.example:8443 ' }],
    ['uri', { uri: 'https://evil.example/thing' }],
    ['uri', { uri: 'http://shop.example:8443/thing' }],
    ['uri', { uri: 'https://shop.example/thing' }],
    ['uri', { uri: 'https://shop.example:8443/other' }],
    ['uri', { uri: '/thing' }],
    ['uri', { uri: `${URL_BOUGHT}\nNonce: 12345678` }],
    ['version', { version: '2' }],
    ['nonce', { nonce: 'short' }],
    ['nonce', { nonce: '12345678\nIssued At: 2099' }],
    ['nonce', { nonce: '' }],
    ['issuedAt', { issuedAt: at(-301) }],
    ['issuedAt', { issuedAt: at(61) }],
    ['issuedAt', { issuedAt: 'yesterday' }],
    ['issuedAt', { issuedAt: '2026-11-21' }],
    ['issuedAt', { issuedAt: `${at(0)}\nx` }],
    ['expirationTime', { expirationTime: at(0) }],
    ['expirationTime', { expirationTime: at(3601) }],
    ['expirationTime', { expirationTime: '' }],
    ['notBefore', { notBefore: at(120) }],
    ['notBefore', { notBefore: 'soon' }],
    ['requestId', { requestId: 'a\nResources:' }],
    ['statement', { statement: 'I pay\n\nURI: https://evil.example' }],
    ['statement', { statement: 'sign \u202Ein' }],
    ['statement', { statement: 'one\rtwo' }],
    ['statement', { statement: '' }],
    ['statement', { statement: 'URI: https://evil.example' }],
    ['statement', { statement: 'Chain ID: 1' }],
    ['statement', { statement: '- https://evil.example' }],
    ['resources', { resources: ['https://evil.example/'] }],
    ['resources', { resources: [`${URL_BOUGHT}\n- https://evil.example/`] }],
    ['resources', { resources: ['urn:isbn:1'] }],
  ])('a %s that is off: %o', (field, changes) => {
    expect(refusalOf(info(changes))).toBe(field)
  })

  test.each(['solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1', 'eip155:999999', 'base'])('a network such as %s', (network) => {
    expect(refusalOf(info(), { ...EXPECTED, network })).toBe('network')
  })
})

describe('signing in', () => {
  beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
  beforeEach(() => {
    vi.mocked(sign).mockClear()
  })
  const fresh = () => info({ issuedAt: new Date().toISOString(), expirationTime: undefined })
  const inTime = new AbortController().signal

  test('gives what the extension’s own server verifies', async () => {
    const proof = await signIn(fresh(), EXPECTED, inTime)
    expect(await verifySIWxSignature(JSON.parse(JSON.stringify(proof)))).toEqual({ isValid: true, payer: PAYER })
  })

  test('signs nothing that the gate refuses, nothing too late, and nothing while the wallet is locked', async () => {
    await expect(signIn({ ...fresh(), domain: 'evil.example' }, EXPECTED, inTime)).rejects.toThrow()
    await expect(signIn(fresh(), EXPECTED, AbortSignal.abort())).rejects.toThrow()
    await lockVault()
    await expect(signIn(fresh(), EXPECTED, inTime)).rejects.toMatchObject({ code: 'wallet_locked' })
    await unlockVault('correct horse')
    expect(sign).not.toHaveBeenCalled()
  })
})
