import type { Payment } from '@/lib/ledger/payment'
import { tokenId } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import type { AgentRule, Rules, SiteRule } from '@/lib/policy/rules'

/*
 * What the rules mean, in the plainest words there are, over nothing but the rows: no totals, no windows kept, no code of the
 * engine's own. Slow and simple, to be compared with it.
 */

export const isCounted = ({ state }: Payment): boolean => state !== 'released' && state !== 'expired'

const sum = (rows: readonly Payment[]): bigint => rows.reduce((total, { price }) => total + price, 0n)
const sameMoney = (a: Payment, b: Payment): boolean => realmOf(a.network) === realmOf(b.network)
const daysBetween = (earlier: string, later: string): number => (Date.parse(later) - Date.parse(earlier)) / 86_400_000
const secondOf = (time: number): number => Math.floor(time / 1000)

/** What some rows cost in the days up to a payment's. */
const spentUpTo = (payment: Payment, rows: readonly Payment[], days: number): bigint =>
  sum(
    rows.filter((row) => {
      const back = daysBetween(row.day, payment.day)
      return isCounted(row) && sameMoney(row, payment) && back >= 0 && back < days
    }),
  )

/** How many of some rows were begun in the minute up to a payment. What never came to a signature was not. */
const begunUpTo = (payment: Payment, rows: readonly Payment[]): number =>
  rows.filter((row) => {
    const back = secondOf(payment.createdAt) - secondOf(row.createdAt)
    return row.state !== 'released' && sameMoney(row, payment) && back >= 0 && back < 60
  }).length

const isPartOf = (site: string, domain: string): boolean => {
  const { protocol, hostname } = new URL(site)
  return protocol === 'https:' && (hostname === domain || hostname.endsWith(`.${domain}`))
}

const isOver = (rule: SiteRule | AgentRule, now: number): boolean =>
  rule.mode === 'auto' && typeof rule.lasts === 'object' && rule.lasts.until <= now

/** Every rule for a site, the closest first: its own, then its nearest domain's. */
const rulesOf = (rules: Rules, site: string, now: number): { key: string; rule: SiteRule }[] =>
  Object.entries(rules.sites)
    .map(([key, rule]) => ({ key, rule }))
    .filter(({ key, rule }) => (key === site || isPartOf(site, key)) && !isOver(rule, now))
    .toSorted((a, b) => b.key.length - a.key.length)

const ruleOf = (rules: Rules, site: string, now: number) => rulesOf(rules, site, now)[0]

/** Whether a page may spend at a site by the site's own rule. */
function isTrusted(rules: Rules, { site, page, createdAt }: Payment): boolean {
  const own = ruleOf(rules, site, createdAt)
  if (own?.rule.mode !== 'auto') return false
  return page === site || own.rule.pages.includes(page) || (own.key !== site && isPartOf(page, own.key))
}

const budgetOf = (rules: Rules, { agent, createdAt }: Payment): AgentRule | undefined => {
  const rule = agent === null ? undefined : rules.agents[agent]
  return rule && !isOver(rule, createdAt) ? rule : undefined
}

/** The limits that a payment has gone above, as the rows stand. */
export function overruns(rules: Rules, payment: Payment, rows: readonly Payment[]): string[] {
  const own = rulesOf(rules, payment.site, payment.createdAt).flatMap(({ key, rule }) =>
    rule.mode === 'auto' ? [{ key, rule, rows: rows.filter(({ site }) => site === key || isPartOf(site, key)) }] : [],
  )
  const here = rows.filter(({ site }) => site === payment.site)
  const hasOwnDay = own.some(({ rule }) => rule.mostPerDay !== null) && isTrusted(rules, payment)
  const general = hasOwnDay ? null : rules.mostPerSiteAndDay
  const budget = payment.decidedBy === 'rules' ? budgetOf(rules, payment) : undefined
  const its = budget?.mode === 'auto' ? budget : undefined
  const byAgent = rows.filter(({ agent, decidedBy }) => agent === payment.agent && decidedBy === 'rules')
  const money: readonly (readonly [string, readonly Payment[], number, bigint | null | undefined])[] = [
    ['day', rows, 1, rules.mostPerDay],
    ['week', rows, 7, rules.mostPerWeek],
    ['month', rows, 30, rules.mostPerMonth],
    ['site and day', here, 1, general],
    ['domain and day', own[0]?.rows ?? [], 1, general],
    ...own.flatMap(({ key, rule, rows }) => [
      [`rule for ${key}, day`, rows, 1, rule.mostPerDay] as const,
      [`rule for ${key}, week`, rows, 7, rule.mostPerWeek] as const,
      [`rule for ${key}, month`, rows, 30, rule.mostPerMonth] as const,
    ]),
    ['agent, day', byAgent, 1, its?.mostPerDay],
    ['agent, week', byAgent, 7, its?.mostPerWeek],
    ['agent, month', byAgent, 30, its?.mostPerMonth],
  ]
  const counts: readonly (readonly [string, readonly Payment[], number | null | undefined])[] = [
    ['minute', rows, rules.mostPerMinute],
    ...own.map(({ key, rule, rows }) => [`rule for ${key}, minute`, rows, rule.mostPerMinute] as const),
    ['agent, minute', byAgent, its?.mostPerMinute],
  ]
  return [
    ...money
      .filter(([, which, days, cap]) => cap != null && spentUpTo(payment, which, days) > cap)
      .map(([name]) => name),
    ...counts.filter(([, which, cap]) => cap != null && begunUpTo(payment, which) > cap).map(([name]) => name),
  ]
}

/** Everything that speaks against a payment that is about to be signed, as the rows stand, and stood a step before. */
export function objections(
  rules: Rules,
  payment: Payment,
  rows: readonly Payment[],
  before: readonly Payment[],
): string[] {
  const { site, page, price, agent, createdAt, decidedBy } = payment
  const own = ruleOf(rules, site, createdAt)?.rule
  const budget = budgetOf(rules, payment)
  const refusals: readonly (readonly [string, boolean])[] = [
    ['the site is blocked', own?.mode === 'block'],
    ['the page is blocked', ruleOf(rules, page, createdAt)?.rule.mode === 'block'],
    ['the agent is blocked', budget?.mode === 'block'],
    [
      'the token is off',
      !rules.tokens.some((token) => token === tokenId({ network: payment.network, address: asHex(payment.asset) })),
    ],
  ]
  const trusted = isTrusted(rules, payment)
  const most = own?.mode === 'auto' && (trusted || own.mostPerPayment < rules.mostPerPayment) ? own : rules
  const byRules: readonly (readonly [string, boolean])[] = [
    ['the site is asked about', own?.mode === 'ask'],
    ['the page is asked about', ruleOf(rules, page, createdAt)?.rule.mode === 'ask' && !trusted],
    ['nothing allows it', agent === null && !trusted && !rules.autoPay],
    ['it costs too much', agent === null && price > most.mostPerPayment],
    ['the agent has no budget', agent !== null && budget?.mode !== 'auto'],
    ['it costs too much for the agent', agent !== null && budget?.mode === 'auto' && price > budget.mostPerPayment],
    ['the site is new', rules.askNewSites && !isPaid(payment, rows)],
    ['the payee is new', isPaid(payment, before) && !isPaid(payment, rows, true)],
  ]
  return [
    ...[...refusals, ...(decidedBy === 'rules' ? byRules : [])].filter(([, holds]) => holds).map(([name]) => name),
    ...overruns(rules, payment, rows).map((name) => `over the limit: ${name}`),
  ]
}

/** Whether the site was paid by another payment among these, through the same payee if asked so. */
const isPaid = (payment: Payment, rows: readonly Payment[], throughSame = false): boolean =>
  rows.some(
    (row) =>
      row.id !== payment.id &&
      row.authorization !== undefined &&
      row.site === payment.site &&
      sameMoney(row, payment) &&
      (!throughSame || (row.payTo === payment.payTo && row.network === payment.network)),
  )

const asHex = (text: string): `0x${string}` => `0x${text.slice(2)}`
