import { type Realm, realmOf } from '@/lib/money/networks'
import { formatUsd, type Usd, usd } from '@/lib/money/usd'
import { withoutDot } from './hosts'
import { because, type LimitReason, type Reason } from './reasons'
import { agentRule, isTrusted, type Rules, siteRulesFor } from './rules'
import { begunIn, type Moment, spentIn, type Tally, type Window } from './tally'

/**
 * Whose spending is counted together, always in one realm: everything, one site, one agent. A domain has no count of its
 * own: its name, which ends in an asterisk, stands for the sum of its sites.
 */
export type Scope = string

export const everything = (realm: Realm): Scope => `${realm}/all`
export const agentScope = (realm: Realm, agent: string): Scope => `${realm}/agent/${agent}`

/** Hosts are written backwards ("example.shop.www"), so that all sites of a domain stand side by side. */
export function siteScope(realm: Realm, site: string): Scope {
  const { protocol, hostname, port } = new URL(site)
  return `${realm}/site/${backwards(withoutDot(hostname))}/${protocol}${port}`
}

const domainScope = (realm: Realm, domain: string): Scope => `${realm}/site/${backwards(domain)}*`

const backwards = (host: string): string => host.split('.').reverse().join('.')

/** The range of scopes that a domain's name stands for; null for every other scope. '.' and '/' are neighbours, '0' follows. */
export function rangeOf(scope: Scope): readonly [from: Scope, to: Scope] | null {
  if (!scope.endsWith('*')) return null
  const start = scope.slice(0, -1)
  return [`${start}.`, `${start}0`]
}

/** Whether what is counted in a scope is part of another, or the same. */
export function covers(scope: Scope, counted: Scope): boolean {
  const range = rangeOf(scope)
  return range ? counted >= range[0] && counted < range[1] : counted === scope
}

/** A cap on what one scope spends, or how often it pays, in one window; and the reason when that would be exceeded. */
export type Limit = { readonly scope: Scope; readonly reason: LimitReason; readonly name: string } & (
  | { readonly window: Exclude<Window, 'minute'>; readonly cap: Usd }
  | { readonly window: 'minute'; readonly cap: number }
)

/** Who pays whom. `agent` is null when no agent asked, or when a person approved: an agent's budget is for what nobody saw. */
export interface Spending {
  readonly network: string
  readonly site: string
  /** The origin of the page that asks. */
  readonly page: string
  readonly agent: string | null
}

/** The scopes that a payment is counted in. */
export function scopesOf({ network, site, agent }: Omit<Spending, 'page'>): Scope[] {
  const realm = realmOf(network)
  return [everything(realm), siteScope(realm, site), ...(agent === null ? [] : [agentScope(realm, agent)])]
}

interface Caps {
  readonly mostPerDay: Usd | null
  readonly mostPerWeek: Usd | null
  readonly mostPerMonth: Usd | null
  readonly mostPerMinute: number | null
}

/** Every limit that a payment counts against, those of everywhere first. */
export function limitsFor(rules: Rules, spending: Spending, now: number): Limit[] {
  const { network, agent } = spending
  const realm = realmOf(network)
  const limits = [...capped(everything(realm), '', '', rules), ...siteLimits(rules, spending, now)]
  if (agent === null) return limits
  const budget = agentRule(rules, agent, now)
  return budget?.mode === 'auto' ? [...limits, ...capped(agentScope(realm, agent), agent, 'agent_', budget)] : limits
}

/**
 * A site's own caps and its domain's hold together. A cap of theirs for the day is in place of the general most per site and
 * day, for the pages that their rule is for; where the closest of them is a whole domain's, the general one is for all of it.
 */
function siteLimits(rules: Rules, { network, site, page }: Spending, now: number): Limit[] {
  const realm = realmOf(network)
  const { host } = new URL(site)
  const atSite = { scope: siteScope(realm, site), name: host }
  const own = siteRulesFor(rules, site, now).flatMap(({ key, rule }) =>
    rule.mode === 'auto' ? [{ rule, ...(key === site ? atSite : { scope: domainScope(realm, key), name: key }) }] : [],
  )
  const hasOwnDay = own.some(({ rule }) => rule.mostPerDay !== null) && isTrusted(rules, site, page, now)
  const general = { ...NO_CAPS, mostPerDay: hasOwnDay ? null : rules.mostPerSiteAndDay }
  const [closest = atSite] = own
  return [
    ...own.flatMap(({ scope, name, rule }) => capped(scope, name, 'site_', rule)),
    ...capped(atSite.scope, atSite.name, 'site_', general),
    ...(closest.scope === atSite.scope ? [] : capped(closest.scope, closest.name, 'site_', general)),
  ]
}

const NO_CAPS: Caps = { mostPerDay: null, mostPerWeek: null, mostPerMonth: null, mostPerMinute: null }

function capped(scope: Scope, name: string, whose: '' | 'site_' | 'agent_', caps: Caps): Limit[] {
  const money = [
    ['day', caps.mostPerDay],
    ['week', caps.mostPerWeek],
    ['month', caps.mostPerMonth],
  ] as const
  const limits: Limit[] = money.flatMap(([window, cap]) =>
    cap === null ? [] : [{ scope, name, window, cap, reason: `over_${whose}${window}_limit` as const }],
  )
  const { mostPerMinute: cap } = caps
  return cap === null
    ? limits
    : [...limits, { scope, name, window: 'minute', cap, reason: `over_${whose}minute_limit` }]
}

/** Why one more payment of this price is too much for a limit; null while it fits. */
export function overrun(limit: Limit, tally: Tally, { now, day }: Moment, price: Usd): Reason<LimitReason> | null {
  const { reason, name } = limit
  if (limit.window === 'minute')
    return begunIn(tally, now) < limit.cap ? null : because(reason, { name, cap: limit.cap.toString() })
  const total = usd(spentIn(tally, limit.window, day) + price)
  return total <= limit.cap ? null : because(reason, { name, total: formatUsd(total), cap: formatUsd(limit.cap) })
}
