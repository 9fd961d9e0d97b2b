import { ed25519 } from '@noble/curves/ed25519'
import { base58, base64 } from '@scure/base'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isPayable } from '@/lib/challenge/challenge'
import { dialectOf } from '@/lib/challenge/dialects'
import type { Signers } from '@/lib/rails/rail'
import { railOf } from '@/lib/rails/rails'
import type { ClearedTransfer } from '@/lib/wallet/gate-svm'
import { transferSignerFor } from '@/lib/wallet/signer-svm'
import { importVault } from '@/lib/wallet/vault'
import { challengeOf, FEE_PAYER, headerOf, message, SOLANA_PAYEE, solanaEntry } from '../challenge/samples'
import { AT, decode, LIFETIME, SOLANA_PAYER, SVM_ASSETS } from '../wallet/transactions'
import { WORDS } from '../wallet/typed-data'
import { NO_SIGNERS } from './signers'

// The one question that there is, to a server of the user's own.
vi.mock('@/lib/chain/solana', async (original) => ({
  ...(await original<typeof import('@/lib/chain/solana')>()),
  lifetimeOn: async () => LIFETIME,
}))

const record = vi.fn<(cleared: ClearedTransfer) => Promise<void>>(async () => undefined)
const fetch = vi.fn(() => Promise.reject(new Error('Nobody is to be asked.')))

beforeAll(() => importVault(WORDS, 'correct horse'), 30_000)
beforeEach(() => {
  record.mockClear()
  fetch.mockClear()
  vi.stubGlobal('fetch', fetch)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

/** Pays an offer, and gives what the server is sent: the header's content, and the transaction in its parts. */
async function pay(changes: Partial<ReturnType<typeof solanaEntry>> = {}, units?: bigint) {
  const accepted = solanaEntry(changes)
  const challenge = challengeOf(headerOf({ ...message(), accepts: [accepted] }))
  const [offer] = challenge.offers
  if (!offer || !isPayable(offer)) throw new Error('The offer cannot be paid.')
  const signers: Signers = {
    ...NO_SIGNERS,
    transaction: (expected) =>
      transferSignerFor({ ...expected, units: units ?? offer.units }, record, new AbortController().signal),
  }
  const pay = await railOf(offer.terms).prepare({ offer, terms: offer.terms, from: SOLANA_PAYER })
  const [{ name: header, value } = { name: '', value: '' }] =
    dialectOf(offer.dialect).payment?.credential(
      offer,
      await pay({ validSeconds: 60, signers, extend: NO_SIGNERS.allowance }),
    ).headers ?? []
  const content = JSON.parse(new TextDecoder().decode(base64.decode(value))) as {
    accepted: unknown
    payload: { transaction: string }
  }
  const wire = base64.decode(content.payload.transaction)
  return { header, content, signatures: wire.slice(1, 129), message: wire.slice(129), accepted }
}

describe('a payment on Solana', () => {
  test.each(SVM_ASSETS)('in $symbol on $network is signed by the payer alone, and asks nobody', async (asset) => {
    const paid = await pay({ network: asset.network, asset: asset.address })
    expect(paid.header).toBe('PAYMENT-SIGNATURE')
    expect(paid.content.accepted).toEqual(paid.accepted)
    // The fee payer's place is empty: the facilitator signs after.
    expect(paid.signatures.slice(0, 64)).toEqual(new Uint8Array(64))
    expect(ed25519.verify(paid.signatures.slice(64), paid.message, base58.decode(SOLANA_PAYER))).toBe(true)
    expect(fetch).not.toHaveBeenCalled()
  })

  test('is what was noted before it was signed', async () => {
    const { message } = await pay()
    const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(message)))]
    const hex = hash.map((byte) => byte.toString(16).padStart(2, '0')).join('')
    expect(record.mock.calls.map(([{ nonce }]) => nonce)).toEqual([`0x${hex}`])
  })

  test('names the block that our own server gave, whatever the site’s says', async () => {
    const { message } = await pay({ extra: { feePayer: FEE_PAYER, recentBlockhash: SOLANA_PAYEE } })
    expect(decode(message).lifetimeToken).toBe(LIFETIME.blockhash)
  })

  test('has the site’s memo, or one of its own', async () => {
    const memoOf = ({ message }: { message: Uint8Array }) =>
      new TextDecoder().decode(Uint8Array.from(decode(message).instructions[AT.memo]?.data ?? []))
    expect(memoOf(await pay({ extra: { feePayer: FEE_PAYER, memo: 'INV-7' } }))).toBe('INV-7')
    const [one, other] = [memoOf(await pay()), memoOf(await pay({ extra: { feePayer: FEE_PAYER, memo: '' } }))]
    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(other).not.toBe(one)
  })

  test('of an offer that differs from what was decided is not signed', async () => {
    await expect(pay({}, 10_000n)).rejects.toMatchObject({ code: 'signing_refused', values: { field: 'transfer' } })
    expect(record).not.toHaveBeenCalled()
  })
})
