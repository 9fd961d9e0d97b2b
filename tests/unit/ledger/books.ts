import { onTestFinished } from 'vitest'
import type { Credential } from '@/lib/challenge/credential'
import type { Intent, RequestKey } from '@/lib/challenge/intent'
import { Ledger } from '@/lib/ledger/ledger'
import type { Draft, EvmAuthorization, Payment } from '@/lib/ledger/payment'
import type { PaymentState } from '@/lib/ledger/states'
import { usd } from '@/lib/money/usd'
import { limitsFor } from '@/lib/policy/limits'
import { DEFAULT_RULES, type Rules } from '@/lib/policy/rules'
import type { Moment } from '@/lib/policy/tally'

export const SHOP = 'https://shop.example'
export const WALLET = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
export const USDC = '0x036cbd53842c5426634e7929541ec2318f3dcf7e'
export const NETWORK = 'eip155:84532'

/** A ledger with a database of its own, closed when the test ends. */
export async function openLedger(options: ConstructorParameters<typeof Ledger>[0] = {}): Promise<Ledger> {
  const ledger = new Ledger({ name: `test-${crypto.randomUUID()}`, ...options })
  await ledger.open()
  onTestFinished(() => ledger.close())
  return ledger
}

export const requestNamed = (name: string) => name as RequestKey

/** Two cents to the shop. */
export const draft = (changes: Partial<Draft> = {}): Draft => ({
  request: requestNamed('an article'),
  intent: 'an article for two cents' as Intent,
  site: SHOP,
  page: SHOP,
  url: `${SHOP}/article`,
  method: 'GET',
  description: 'An article',
  reason: null,
  dialect: 'x402-v2',
  rail: 'exact-eip3009',
  network: NETWORK,
  asset: USDC,
  units: 20_000n,
  price: usd(20_000n),
  payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  from: WALLET,
  decidedBy: 'rules',
  agent: null,
  ...changes,
})

/** The limits of the shop, in test money, for what nobody's agent asks. */
export const limits = (perDay = 5_000_000n, perSiteAndDay = 1_000_000n) =>
  limitsUnder({ mostPerDay: usd(perDay), mostPerSiteAndDay: usd(perSiteAndDay) })

/** The limits of a payment under rules of one's own. */
export const limitsUnder =
  (changes: Partial<Rules>, { site = SHOP, agent = null as string | null, network = NETWORK as string } = {}) =>
  ({ now }: Moment) =>
    limitsFor({ ...DEFAULT_RULES, mostPerMonth: null, ...changes }, { network, site, page: site, agent }, now)

let nonces = 0
export const authorization = (changes: Partial<EvmAuthorization> = {}): EvmAuthorization => {
  nonces += 1
  return {
    method: 'eip3009',
    nonce: `0x${nonces.toString(16).padStart(64, '0')}`,
    validBefore: 2_000_000_000,
    digest: '0xd1',
    ...changes,
  }
}

export const TRANSACTION = `0x${'7a'.repeat(32)}`
export const CREDENTIAL: Credential = { headers: [{ name: 'PAYMENT-SIGNATURE', value: 'signed' }] }

/** Walks a new payment to a state, the shortest way. */
export async function paymentIn(ledger: Ledger, state: PaymentState, changes: Partial<Draft> = {}): Promise<Payment> {
  const { id } = await ledger.reserve(draft(changes), limits())
  if (state === 'released') await ledger.release(id)
  if (state === 'reserved' || state === 'released') return existing(ledger, id)
  await ledger.sign(id, authorization())
  if (state !== 'signed') await ledger.send(id, CREDENTIAL)
  if (state === 'unknown') await ledger.answer(id, 500, null)
  if (state === 'settled') await ledger.settle(id, TRANSACTION)
  if (state === 'expired') await ledger.expire(id)
  return existing(ledger, id)
}

export async function existing(ledger: Ledger, id: string): Promise<Payment> {
  const payment = await ledger.get(id)
  if (!payment) throw new Error(`There is no payment ${id}.`)
  return payment
}
