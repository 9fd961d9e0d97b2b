import { encryptWithDetail } from '@metamask/browser-passworder'
import { beforeAll, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { TuppenceError } from '@/lib/errors'
import { activeAccount, importVault, openKey, unlockVault, vaultState } from '@/lib/wallet/vault'
import { PAYER, WORDS } from '../unit/wallet/typed-data'

/*
 * A stored vault with one bit changed, or cut short, is refused. Every bit of the whole text is tried: of what is encrypted and
 * how, and of the label outside. What rests on disk is the text of a JSON value; a text that is none, the browser's storage
 * cannot give.
 */

const PASSWORD = 'correct horse'
/**
 * Few rounds make thousands of attempts possible, and change nothing else: key, salt, text and label are made and read by the
 * same code. The million rounds of a real vault are tried apart.
 */
const FEW_ROUNDS = 100

interface StoredVault {
  readonly encrypted: string
}
interface Content {
  readonly words: string
}

let real: StoredVault
let quick: string
let session: string

beforeAll(async () => {
  fakeBrowser.reset()
  await importVault(WORDS, PASSWORD)
  real = (await fakeBrowser.storage.local.get()).vault as StoredVault
  const { decrypt } = await import('@metamask/browser-passworder')
  const content = (await decrypt(PASSWORD, real.encrypted)) as Content
  const parameters = { algorithm: 'PBKDF2', params: { iterations: FEW_ROUNDS } } as const
  const sealed = await encryptWithDetail(PASSWORD, content, undefined, parameters)
  quick = JSON.stringify({ ...real, encrypted: sealed.vault })
  session = sealed.exportedKeyString
}, 30_000)

/** Puts a vault on the disk, with nobody's attempts before. */
async function put(vault: unknown): Promise<void> {
  await fakeBrowser.storage.local.clear()
  await fakeBrowser.storage.session.clear()
  await fakeBrowser.storage.local.set({ vault })
}

/** Why a vault does not open; null when it does. Then it has changed what is stored, or shows it. */
async function refusal(text: string): Promise<string | null> {
  let vault: unknown
  try {
    vault = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  await put(vault)
  const before = JSON.stringify(await fakeBrowser.storage.local.get('vault'))
  let code: string | null = null
  try {
    await unlockVault(PASSWORD)
  } catch (error) {
    if (!(error instanceof TuppenceError)) throw error
    code = error.code
  }
  if (code === null || (await vaultState()) === 'unlocked') return null
  expect(JSON.stringify(await fakeBrowser.storage.local.get('vault'))).toBe(before)
  return code
}

const flip = (text: string, bit: number): string => {
  const at = bit >> 3
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit & 7))) + text.slice(at + 1)
}

const REFUSALS = ['not JSON', 'vault_damaged', 'wrong_password']

describe('a stored vault', () => {
  test('opens as it is, and as often as it is asked', async () => {
    expect(await refusal(quick)).toBeNull()
    await put(JSON.parse(quick))
    await unlockVault(PASSWORD)
    expect([await vaultState(), await activeAccount('evm')]).toEqual(['unlocked', PAYER])
    expect(await openKey(PAYER)).toMatch(/^0x/)
  }, 30_000)

  test('is refused with any one bit changed', async () => {
    const bits = quick.length * 8
    expect(bits).toBeGreaterThan(8_000)
    const refusals = new Map<string | null, number>()
    for (let bit = 0; bit < bits; bit += 1) {
      const why = await refusal(flip(quick, bit))
      if (why === null || !REFUSALS.includes(why))
        throw new Error(
          `Bit ${bit} of ${quick.slice((bit >> 3) - 20, (bit >> 3) + 20)} was changed, and it was ${why}.`,
        )
      refusals.set(why, (refusals.get(why) ?? 0) + 1)
    }
    // Each kind of refusal was met: what is encrypted, what lies around it, and what is no text at all.
    expect([...refusals.keys()].toSorted()).toEqual(REFUSALS)
    expect([...refusals.values()].reduce((sum, count) => sum + count, 0)).toBe(bits)
  }, 120_000)

  test('is refused with any one bit of its real rounds changed, and none asks for hours of work', async () => {
    const text = JSON.stringify(real)
    const at = text.indexOf('1000000')
    for (let bit = at * 8; bit < (at + 7) * 8; bit += 1) expect(REFUSALS).toContain(await refusal(flip(text, bit)))
    for (const rounds of ['0', '-1', '1.5', '4000001', '1e9', 'null', '"1000000"']) {
      const encrypted = real.encrypted.replace('1000000', rounds)
      expect(await refusal(JSON.stringify({ ...real, encrypted }))).toBe('vault_damaged')
    }
  }, 120_000)

  test('is refused cut short anywhere, and so is any of the texts in it', async () => {
    let cut = 0
    for (let length = 0; length < quick.length; length += 1) {
      expect(await refusal(quick.slice(0, length))).toBe('not JSON')
      cut += 1
    }
    const vault = JSON.parse(quick) as StoredVault
    for (let length = 0; length < vault.encrypted.length; length += 1) {
      const encrypted = vault.encrypted.slice(0, length)
      expect(await refusal(JSON.stringify({ ...vault, encrypted }))).toBe('vault_damaged')
      cut += 1
    }
    // Those that leave a sound text around a shorter one.
    const seal = JSON.parse(vault.encrypted) as Record<'data' | 'iv' | 'salt', string>
    for (const part of ['data', 'iv', 'salt'] as const)
      for (let length = 0; length < seal[part].length; length += 1) {
        const encrypted = JSON.stringify({ ...seal, [part]: seal[part].slice(0, length) })
        expect(REFUSALS).toContain(await refusal(JSON.stringify({ ...vault, encrypted })))
        cut += 1
      }
    expect(cut).toBeGreaterThan(1_000)
  }, 120_000)

  test('gives no key to a session that has unlocked it before, with any one bit changed', async () => {
    const vault = JSON.parse(quick) as StoredVault & Record<string, unknown>
    const unlocked = { key: session, since: Date.now(), until: null }
    await put(vault)
    await fakeBrowser.storage.session.set({ unlocked })
    expect(await openKey(PAYER)).toMatch(/^0x/)
    const { data, iv } = JSON.parse(vault.encrypted) as { data: string; iv: string }
    for (const part of [data, iv]) {
      const from = vault.encrypted.indexOf(part) * 8
      for (let bit = from; bit < from + part.length * 8; bit += 1) {
        await fakeBrowser.storage.local.set({ vault: { ...vault, encrypted: flip(vault.encrypted, bit) } })
        await expect(openKey(PAYER)).rejects.toThrow()
      }
    }
  }, 120_000)

  test('with another address put on it is refused, though what is encrypted is whole', async () => {
    const swapped = quick.replaceAll(PAYER, '0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
    expect(await refusal(swapped)).toBe('vault_damaged')
    expect(await refusal(quick.replace('"backedUp":true', '"backedUp":false'))).toBe('vault_damaged')
  })
})
