import 'fake-indexeddb/auto'

import { createSIWxResourceServerExtension, InMemorySIWxStorage } from '@x402/extensions/sign-in-with-x'
import { privateKeyToAddress } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Challenge } from '@/lib/challenge/challenge'
import { requestKey } from '@/lib/challenge/intent'
import type { Interceptor, PaidAnswer } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { SignIns, signsIn } from '@/lib/payment/sign-ins'
import { createInterlock } from '@/lib/queue'
import { chooseAccount, importAccount } from '@/lib/wallet/accounts'
import { importVault } from '@/lib/wallet/vault'
import { challengeOf, header, request } from '../challenge/samples'
import { draft, limits, openLedger } from '../ledger/books'
import { auto, rules, SHOP } from '../policy/situations'
import { KEY, PAYER } from '../wallet/typed-data'
import { sighting } from './sightings'

const OTHER_KEY = `0x${'02'.repeat(32)}` as const
const OTHER = privateKeyToAddress(OTHER_KEY)
const storage = new InMemorySIWxStorage()
const server = createSIWxResourceServerExtension({ origin: SHOP, storage })

/** A 402 whose server lets accounts sign in, as the extension's own package writes it. */
async function offering(networks = ['eip155:84532']): Promise<Challenge> {
  const enriched = await server.enrichPaymentRequiredResponse?.({ _options: { network: networks } }, {
    resourceInfo: { url: request().url },
    requirements: [],
  } as never)
  return challengeOf(header({ extensions: { 'sign-in-with-x': enriched as never } }))
}

const send =
  vi.fn<
    (
      credential: { headers: readonly { name: string; value: string }[] },
      until: number,
      options: unknown,
    ) => Promise<unknown>
  >()
const interceptor = { isShowing: vi.fn(async () => true), prepare: vi.fn(async () => ({ send })) }

let ledger: Ledger
let signIns: SignIns
beforeAll(() => importVault(KEY, 'correct horse'), 30_000)
beforeEach(async () => {
  await fakeBrowser.storage.session.remove('signIns')
  send.mockReset()
  ledger = await openLedger()
  signIns = new SignIns(ledger, interceptor as unknown as Interceptor, createInterlock())
})

/** Something was bought, and brought. */
async function buy(changes: object = {}): Promise<void> {
  const { id } = await ledger.reserve(
    draft({ request: requestKey(request()), from: PAYER, ...changes }),
    limits(10_000_000n, 10_000_000n),
  )
  await ledger.sign(id, {
    method: 'eip3009',
    nonce: `0x${crypto.randomUUID().replaceAll('-', '').padEnd(64, '0')}`,
    validBefore: 0,
    digest: '0x',
  })
  await ledger.send(id, { headers: [] })
  await ledger.answer(id, 200, null)
}

const answering = (status: number) => {
  const answered: Promise<PaidAnswer> = Promise.resolve({ status, headers: [], whole: Promise.resolve(true) })
  send.mockResolvedValue({ answered })
}

describe('what was bought before', () => {
  test('can be opened again by the account that bought it, where the site offers it', async () => {
    expect(await signIns.bought(sighting(), await offering())).toBeNull()
    await buy()
    expect(await signIns.bought(sighting(), await offering())).toMatchObject({
      address: PAYER,
      network: 'eip155:84532',
    })
    expect(await signIns.bought(sighting(), challengeOf(header()))).toBeNull()
  })

  test.each<[string, Parameters<typeof sighting>[0]]>([
    ['another address', { request: request({ url: `${SHOP}/other` }) }],
    ['another method', { request: request({ method: 'POST' }) }],
    ['another body', { request: request({ bodyDigest: '0'.repeat(64) }) }],
    ['what cannot be sent again', { obstacle: 'form_post' }],
  ])('is not %s', async (_, changes) => {
    await buy()
    expect(await signIns.bought(sighting(changes), await offering())).toBeNull()
  })

  test('is not known on another network, or to another account', async () => {
    await buy()
    expect(await signIns.bought(sighting(), await offering(['eip155:8453', 'solana:x']))).toBeNull()
    await importAccount(OTHER_KEY)
    await chooseAccount(OTHER)
    expect(await signIns.bought(sighting(), await offering())).toBeNull()
    await chooseAccount(PAYER)
  })

  test('is opened with what the site’s own side verifies, and is in the history', async () => {
    await buy()
    const challenge = await offering()
    const bought = await signIns.bought(sighting(), challenge)
    if (!bought) throw new Error('It was bought.')
    answering(200)
    await signIns.open(sighting(), bought)
    const [{ headers } = { headers: [] }, , options] = send.mock.calls[0] ?? []
    expect(options).toEqual({ again: true })
    expect(headers.map(({ name }) => name)).toEqual(['sign-in-with-x'])
    storage.recordPayment('/article', PAYER)
    const granted = await server.transportHooks?.http?.onProtectedRequest?.(
      {} as never,
      {
        adapter: { getHeader: () => headers[0]?.value },
        path: '/article',
      } as never,
      { accepts: [] } as never,
    )
    expect(granted).toEqual({ grantAccess: true })
    await vi.waitFor(async () =>
      expect(await ledger.openings(9)).toMatchObject([{ site: SHOP, url: request().url, address: PAYER }]),
    )
    expect(await signIns.bought(sighting(), challenge)).not.toBeNull()
  })

  test('is not tried once more in this session where the site did not know the account', async () => {
    await buy()
    const challenge = await offering()
    const bought = await signIns.bought(sighting(), challenge)
    if (!bought) throw new Error('It was bought.')
    answering(402)
    await signIns.open(sighting(), bought)
    expect(await signIns.bought(sighting(), challenge)).toBeNull()
    expect(await ledger.openings(9)).toEqual([])
  })

  test('is not opened by signing anything else', async () => {
    await buy()
    const bought = await signIns.bought(sighting(), await offering())
    if (!bought) throw new Error('It was bought.')
    const info = { ...bought.info, domain: 'evil.example' }
    await expect(signIns.open(sighting(), { ...bought, info })).rejects.toMatchObject({ code: 'signing_refused' })
    expect(send).not.toHaveBeenCalled()
  })
})

describe('a site knows an account again unasked', () => {
  const at = (rule: object, page = SHOP) => signsIn(rules({ sites: { [SHOP]: rule as never } }), SHOP, page, 0)
  test.each<[string, object, string, boolean]>([
    ['where its rule says so', { ...auto(2n), signIn: true }, SHOP, true],
    ['even where it is asked about', { mode: 'ask', signIn: true }, SHOP, true],
    [
      'from pages that its rule names',
      { ...auto(2n, ['https://other.example']), signIn: true },
      'https://other.example',
      true,
    ],
    ['but from no others', { ...auto(2n), signIn: true }, 'https://other.example', false],
    ['not by itself', auto(2n), SHOP, false],
    ['not where it is blocked', { mode: 'block' }, SHOP, false],
  ])('%s', (_, rule, page, expected) => {
    expect(at(rule, page)).toBe(expected)
  })
})
