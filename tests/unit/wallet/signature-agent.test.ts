import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { payerFor } from '@/lib/wallet/payer'
import {
  createSignatureAgent,
  noteAgentCheck,
  removeSignatureAgent,
  setAgentAddress,
  signatureAgent,
} from '@/lib/wallet/signature-agent'
import { createVault, lockVault, openAgentKey, openVault, unlockVault } from '@/lib/wallet/vault'
import { AGENT, readyAgent } from './agents'

const PASSWORD = 'correct horse'
const SITE = 'https://shop.example'
const payer = () => payerFor('cloudflare:402', SITE)

beforeEach(async () => {
  fakeBrowser.reset()
  await createVault(PASSWORD)
})

describe('the signature agent', () => {
  test('is none until one is made, and its key is sealed with the wallet', async () => {
    expect(await signatureAgent()).toBeNull()
    await expect(openAgentKey()).rejects.toMatchObject({ code: 'signature_agent_missing' })
    await createSignatureAgent()
    const key = await openAgentKey()
    expect(await signatureAgent()).toMatchObject({ address: null, checkedAt: null })
    expect(JSON.stringify(await fakeBrowser.storage.local.get())).not.toContain(key.slice(2))

    await lockVault()
    expect(await signatureAgent()).not.toBeNull()
    await expect(openAgentKey()).rejects.toMatchObject({ code: 'wallet_locked' })
    await expect(createSignatureAgent()).rejects.toMatchObject({ code: 'wallet_locked' })
    await unlockVault(PASSWORD)
    expect(await openAgentKey()).toBe(key)
  })

  test('is another key each time, and gone with its removal', async () => {
    await createSignatureAgent()
    const first = await signatureAgent()
    await createSignatureAgent()
    const second = await signatureAgent()
    expect(second?.keyId).not.toBe(first?.keyId)
    await removeSignatureAgent()
    expect(await signatureAgent()).toBeNull()
    expect(await openVault(PASSWORD)).not.toHaveProperty('agentKey')
  })

  test.each([
    ['agent.example', 'https://agent.example'],
    [' https://agent.example/ ', 'https://agent.example'],
    ['https://AGENT.example:8443', 'https://agent.example:8443'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('has an address: %s', async (text, address) => {
    await createSignatureAgent()
    await setAgentAddress(text)
    expect((await signatureAgent())?.address).toBe(address)
  })

  test.each([
    '',
    'http://agent.example',
    'https://agent.example/keys',
    'https://user@agent.example',
    'https://agent.example?a=1',
    'ftp://agent.example',
    'not a host',
    'https://agent.example"',
  ])('takes no other: %s', async (text) => {
    await createSignatureAgent()
    await expect(setAgentAddress(text)).rejects.toMatchObject({ code: 'invalid_agent_address' })
  })

  test('is nobody’s without a key', async () => {
    await expect(setAgentAddress(AGENT)).rejects.toMatchObject({ code: 'signature_agent_missing' })
  })
})

describe('who is billed', () => {
  test('is nobody until the key was found under its address, and not any more once it was not', async () => {
    const nobody = { signer: 'vault', state: 'no_signature_agent', address: null }
    expect(await payer()).toEqual(nobody)
    await createSignatureAgent()
    await setAgentAddress(AGENT)
    expect(await payer()).toEqual(nobody)
    await noteAgentCheck(AGENT, true)
    expect(await payer()).toEqual({ signer: 'vault', state: 'unlocked', address: AGENT })
    await noteAgentCheck(AGENT, false)
    expect(await payer()).toEqual(nobody)
  })

  test('is known while the wallet is locked, which then says so', async () => {
    await readyAgent()
    await lockVault()
    expect(await payer()).toEqual({ signer: 'vault', state: 'locked', address: AGENT })
  })

  test('is not who was found under another address meanwhile', async () => {
    await readyAgent()
    await setAgentAddress('https://other.example')
    await noteAgentCheck(AGENT, true)
    expect(await payer()).toMatchObject({ state: 'no_signature_agent' })
  })
})

vi.setConfig({ testTimeout: 30_000 })
