import type { PaymentRequirements } from '@x402/core/types'
import type { Challenge } from '@/lib/challenge/challenge'
import { ASSETS, tokenId } from '@/lib/money/assets'
import { usd } from '@/lib/money/usd'
import type { Context, Funds, Payer, Situation } from '@/lib/policy/decide'
import { covers, type Scope } from '@/lib/policy/limits'
import { type AgentRule, autoPayUpTo, type Rules, type SiteRule } from '@/lib/policy/rules'
import { type SiteRecord, UNKNOWN_SITE } from '@/lib/policy/site-record'
import { type Day, type Moment, mergeTallies, type Tally } from '@/lib/policy/tally'
import { challengeOf, entry, header } from '../challenge/samples'

export const SHOP = 'https://shop.example'
export const READER = 'https://reader.example'
export const AGENT = 'shopping-agent'
export const DAY = '2026-11-21'
export const NOON = Date.UTC(2026, 10, 21, 12)
export const CENT = 10_000n

/** Auto-pay with any token up to ten cents, five dollars a day in all, one dollar a day and site. */
export const rules = (changes: Partial<Rules> = {}): Rules => ({
  autoPay: true,
  askNewSites: false,
  mostPerPayment: usd(10n * CENT),
  mostPerDay: usd(500n * CENT),
  mostPerWeek: null,
  mostPerMonth: null,
  mostPerSiteAndDay: usd(100n * CENT),
  mostPerMinute: null,
  tokens: ASSETS.map(tokenId),
  preferredNetwork: null,
  sites: {},
  agents: {},
  ...changes,
})

type Auto = Extract<SiteRule, { mode: 'auto' }>

/** A site's rule to pay up to so many cents unasked. */
export const auto = (cents: bigint, pages: string[] = [], changes: Partial<Auto> = {}): Auto => ({
  ...autoPayUpTo(usd(cents * CENT), pages),
  ...changes,
})

/** An agent's budget: up to so many cents for a payment. */
export const budget = (
  cents: bigint,
  changes: Partial<Extract<AgentRule, { mode: 'auto' }>> = {},
): Extract<AgentRule, { mode: 'auto' }> => {
  const { pages: _, ...rule } = auto(cents)
  return { ...rule, ...changes }
}

/** The shop's own page, in front, asking for the first time. */
export const context = (changes: Partial<Context> = {}): Context => ({
  page: SHOP,
  agent: null,
  activeTab: true,
  fromHistory: false,
  paidRecently: false,
  maybePaid: false,
  afterRedirect: false,
  unasked: false,
  obstacle: null,
  clockSkew: 0,
  pageMaximum: null,
  approved: false,
  ...changes,
})

/** A wallet with a hundred dollars of every token. */
export const funds = ({
  payer = {},
  available = () => 100_000_000n,
  lacksRpc = () => false,
  obstacle = () => null,
}: {
  payer?: Partial<Payer>
  available?: Funds['available']
  lacksRpc?: Funds['lacksRpc']
  obstacle?: Funds['obstacle']
} = {}): Funds => ({
  payer: () => ({
    signer: 'vault',
    state: 'unlocked',
    address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    ...payer,
  }),
  available,
  lacksRpc,
  obstacle,
})

/** The shop asks for so many millionths of a dollar. */
export const priced = (micros: bigint, changes: Partial<PaymentRequirements> = {}): Challenge =>
  challengeOf(header({ accepts: [entry({ amount: micros.toString(), ...changes })] }))

/** So much spent by scope, on a day. */
export const spent = (totals: Readonly<Record<Scope, bigint>>, day: Day = DAY) =>
  counted(Object.fromEntries(Object.entries(totals).map(([scope, total]) => [scope, { days: { [day]: total } }])))

/** So many payments begun by scope, in the second of noon. */
export const begun = (counts: Readonly<Record<Scope, number>>) =>
  counted(
    Object.fromEntries(
      Object.entries(counts).map(([scope, count]) => [scope, { seconds: { [Math.floor(NOON / 1000)]: count } }]),
    ),
  )

const counted = (tallies: Readonly<Record<Scope, Partial<Tally>>>) => (scope: Scope) =>
  mergeTallies(
    Object.entries(tallies)
      .filter(([name]) => covers(scope, name))
      .map(([, tally]) => ({ days: {}, seconds: {}, ...tally })),
  )

/** What earlier payments taught about the site. */
export const known = (changes: Partial<SiteRecord>) => (): SiteRecord => ({ ...UNKNOWN_SITE, ...changes })

export const moment = (changes: Partial<Moment> = {}): Moment => ({ now: NOON, day: DAY, ...changes })

/** Two cents to the shop, with nothing against it. */
export const situation = (changes: Partial<Situation> = {}): Situation => ({
  challenge: priced(2n * CENT),
  signature: () => null,
  bought: null,
  rules: rules(),
  context: context(),
  site: () => UNKNOWN_SITE,
  funds: funds(),
  tallies: spent({}),
  moment: moment(),
  ...changes,
})
