import type { PaymentRequirements } from '@x402/core/types'
import type { Challenge } from '@/lib/challenge/challenge'
import { usd, ZERO_USD } from '@/lib/money/usd'
import type { Context, Funds, Situation } from '@/lib/policy/decide'
import type { Counter } from '@/lib/policy/limits'
import type { Rules, SiteRule } from '@/lib/policy/rules'
import { challengeOf, entry, header } from '../challenge/samples'

export const SHOP = 'https://shop.example'
export const READER = 'https://reader.example'
export const DAY = '2026-11-21'
export const CENT = 10_000n

/** Auto-pay up to ten cents, five dollars a day in all, one dollar a day and site. */
export const rules = (changes: Partial<Rules> = {}): Rules => ({
  autoPay: true,
  mostPerPayment: usd(10n * CENT),
  mostPerDay: usd(500n * CENT),
  mostPerSiteAndDay: usd(100n * CENT),
  sites: {},
  ...changes,
})

export const auto = (cents: bigint, pages: string[] = []): SiteRule => ({
  mode: 'auto',
  mostPerPayment: usd(cents * CENT),
  pages,
})

/** The shop's own page, in front, asking for the first time. */
export const context = (changes: Partial<Context> = {}): Context => ({
  page: SHOP,
  activeTab: true,
  fromHistory: false,
  paidRecently: false,
  maybePaid: false,
  afterRedirect: false,
  obstacle: null,
  clockSkew: 0,
  pageMaximum: null,
  approved: false,
  ...changes,
})

/** A wallet with a hundred dollars of every token. */
export const funds = (changes: Partial<Funds> = {}): Funds => ({
  wallet: 'unlocked',
  available: () => 100_000_000n,
  ...changes,
})

/** The shop asks for so many millionths of a dollar. */
export const priced = (micros: bigint, changes: Partial<PaymentRequirements> = {}): Challenge =>
  challengeOf(header({ accepts: [entry({ amount: micros.toString(), ...changes })] }))

export const spent = (totals: Readonly<Record<Counter, bigint>>) => (counter: Counter) =>
  usd(totals[counter] ?? ZERO_USD)

/** Two cents to the shop, with nothing against it. */
export const situation = (changes: Partial<Situation> = {}): Situation => ({
  challenge: priced(2n * CENT),
  rules: rules(),
  context: context(),
  funds: funds(),
  totals: spent({}),
  day: DAY,
  ...changes,
})
