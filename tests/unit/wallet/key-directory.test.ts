import { ed25519 } from '@noble/curves/ed25519'
import { component, createSignature } from 'http-message-sig'
import { hexToBytes } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkDirectory, hosting } from '@/lib/wallet/key-directory'
import { createSignatureAgent, setAgentAddress, signatureAgent } from '@/lib/wallet/signature-agent'
import { createVault, lockVault, openAgentKey, unlockVault } from '@/lib/wallet/vault'
import { type Directory, startDirectory } from '../../../playground/crawl/directory'

const PASSWORD = 'correct horse'
let directory: Directory

beforeAll(async () => {
  directory = await startDirectory()
  await createVault(PASSWORD)
})
afterAll(() => directory.stop())
beforeEach(async () => {
  await unlockVault(PASSWORD)
  await createSignatureAgent()
  await setAgentAddress(directory.url)
})

const headersOf = (headers: readonly { name: string; value: string }[]) =>
  Object.fromEntries(headers.map(({ name, value }) => [name, value]))

describe('what is to be published', () => {
  test('is a set with the public key, by its thumbprint, and nothing secret', async () => {
    const { url, file, headers } = await hosting()
    const agent = await signatureAgent()
    expect(url).toBe(`${directory.url}/.well-known/http-message-signatures-directory`)
    expect(JSON.parse(file)).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', kid: agent?.keyId, use: 'sig', x: agent?.publicKey }],
    })
    expect(headers.map(({ name }) => name)).toEqual(['Content-Type', 'Signature-Input', 'Signature'])
  })

  test('needs an unlocked wallet, and an address', async () => {
    await lockVault()
    await expect(hosting()).rejects.toMatchObject({ code: 'wallet_locked' })
    await unlockVault(PASSWORD)
    await createSignatureAgent()
    await expect(hosting()).rejects.toMatchObject({ code: 'signature_agent_missing' })
  })
})

describe('the check', () => {
  test('finds what is published as it was said', async () => {
    const { file, headers } = await hosting()
    directory.publish(file, headersOf(headers))
    expect(await checkDirectory()).toEqual({ problem: null, signed: true })
    expect((await signatureAgent())?.checkedAt).toBeCloseTo(Date.now(), -4)
    const [request] = directory.requests.slice(-1)
    expect(request?.headers.cookie).toBeUndefined()
  })

  test('says when the proof is missing, or is another address’s', async () => {
    const { file, headers } = await hosting()
    const { 'Content-Type': type = '', ...proof } = headersOf(headers)
    directory.publish(file, { 'Content-Type': `${type}; charset=utf-8` })
    expect(await checkDirectory()).toEqual({ problem: null, signed: false })
    await setAgentAddress('https://other.example')
    const other = await hosting()
    await setAgentAddress(directory.url)
    directory.publish(file, headersOf(other.headers))
    expect(await checkDirectory()).toEqual({ problem: null, signed: false })
    directory.publish(file, { 'Content-Type': type, ...proof })
    expect(await checkDirectory()).toEqual({ problem: null, signed: true })
  })

  test('takes no signature for a proof that was made for something else', async () => {
    const { url, file, headers } = await hosting()
    const key = hexToBytes(await openAgentKey())
    const publishSigned = async (tag: string) => {
      const created = Math.floor(Date.now() / 1000)
      const { signature, signatureInput } = await createSignature(
        {
          kind: 'response',
          status: 200,
          fields: [],
          request: { kind: 'request', method: 'GET', targetUri: url, fields: [] },
        },
        {
          label: 'tuppence',
          components: [component('@authority', { req: true })],
          parameters: { created, expires: created + 60, keyid: (await signatureAgent())?.keyId ?? '', tag },
          signer: { algorithm: 'ed25519', sign: (base) => ed25519.sign(base, key) },
        },
      )
      directory.publish(file, { ...headersOf(headers), 'Signature-Input': signatureInput, Signature: signature })
      return checkDirectory()
    }
    expect(await publishSigned('web-bot-auth')).toEqual({ problem: null, signed: false })
    expect(await publishSigned('http-message-signatures-directory')).toEqual({ problem: null, signed: true })
  })

  const type = 'application/http-message-signatures-directory+json'
  const keys = async (changes: object = {}) => {
    const { file } = await hosting()
    const [key] = (JSON.parse(file) as { keys: object[] }).keys
    return JSON.stringify({ keys: [{ ...key, ...changes }] })
  }

  test.each<[string, () => Promise<void>]>([
    ['wrong_status', async () => directory.publish(null)],
    ['wrong_type', async () => directory.publish(await keys(), { 'Content-Type': 'application/json' })],
    ['not_a_directory', async () => directory.publish('<html>', { 'Content-Type': type })],
    ['not_a_directory', async () => directory.publish('{}', { 'Content-Type': type })],
    ['key_missing', async () => directory.publish('{"keys":[]}', { 'Content-Type': type })],
    ['key_missing', async () => directory.publish(await keys({ x: 'another' }), { 'Content-Type': type })],
    ['key_not_valid', async () => directory.publish(await keys({ exp: 1_700_000_000 }), { 'Content-Type': type })],
    ['key_not_valid', async () => directory.publish(await keys({ nbf: 4_000_000_000 }), { 'Content-Type': type })],
    ['not_reached', () => setAgentAddress('http://localhost:1')],
  ])('finds %s, and nothing is signed any more', async (problem, spoil) => {
    const { file, headers } = await hosting()
    directory.publish(file, headersOf(headers))
    await checkDirectory()
    await spoil()
    expect(await checkDirectory()).toEqual({ problem, signed: false })
    expect((await signatureAgent())?.checkedAt).toBeNull()
  })
})

vi.setConfig({ hookTimeout: 30_000 })
