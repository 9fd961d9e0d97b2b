import { z } from 'zod'
import { ASSETS, isPaidWith, tokenId } from '@/lib/money/assets'
import { usdCodec } from '@/lib/money/codec'
import { realmOf } from '@/lib/money/networks'
import { type Usd, usd } from '@/lib/money/usd'
import { withoutDot } from './hosts'

/** An origin, just as the browser writes it. */
const origin = z
  .string()
  .max(2048)
  .refine((text) => /^https?:/.test(text) && URL.parse(text)?.origin === text)

/** A whole registrable domain ("shop.example"): a rule may hold for it and every host below. Never an address of numbers. */
const domain = z
  .string()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/)

/** Whom a site's rule is for: one origin, or a whole domain. */
export const siteKey = z.union([origin, domain])

/** A cap on payments a minute. */
const count = z.int().min(1).max(100_000)

/** How long an auto-pay rule holds: always, until the browser is closed, or until a time in Unix milliseconds. */
const lastsSchema = z.union([z.literal('always'), z.literal('session'), z.object({ until: z.number() })])
export type Lasts = z.output<typeof lastsSchema>

/** What may be spent without asking. A cap that is null was not set: then those of everywhere hold alone. */
const autoSchema = z.object({
  mode: z.literal('auto'),
  /** Above this, one payment is asked about. */
  mostPerPayment: usdCodec,
  mostPerDay: usdCodec.nullable(),
  mostPerWeek: usdCodec.nullable(),
  mostPerMonth: usdCodec.nullable(),
  mostPerMinute: count.nullable(),
  lasts: lastsSchema,
  /** Whether it may also pay in tabs that nobody looks at. */
  background: z.boolean(),
})
const askSchema = z.object({ mode: z.literal('ask') })
const blockSchema = z.object({ mode: z.literal('block') })

/** Whether the site may know an account again that has paid it, in place of being paid again. It then knows that both visits are one's. */
const signIn = z.boolean().optional()

/**
 * What holds for one site in place of the general auto-pay switch, the general most per payment, and the general most per site
 * and day. Its caps hold for what is asked as well; the totals of everywhere hold all the same.
 */
export const siteRuleSchema = z.discriminatedUnion('mode', [
  autoSchema.extend({
    /** Origins of other sites whose pages may also spend here by themselves. */
    pages: z.array(origin).max(100),
    signIn,
  }),
  askSchema.extend({ signIn }),
  blockSchema,
])
export type SiteRule = z.output<typeof siteRuleSchema>

/** A site's rule to pay up to a price unasked, for good, with no limits of its own. */
export const autoPayUpTo = (
  mostPerPayment: Usd,
  pages: readonly string[] = [],
): Extract<SiteRule, { mode: 'auto' }> => ({
  mode: 'auto',
  mostPerPayment,
  mostPerDay: null,
  mostPerWeek: null,
  mostPerMonth: null,
  mostPerMinute: null,
  lasts: 'always',
  background: false,
  pages: [...pages],
})

/** What an agent may spend by itself. Its caps are for that alone; without a rule they are nothing, and it can only ask. */
export const agentRuleSchema = z.discriminatedUnion('mode', [autoSchema, askSchema, blockSchema])
export type AgentRule = z.output<typeof agentRuleSchema>

/** What holds everywhere. Every limit counts real and test money apart. */
export const generalRulesSchema = z.object({
  /** Whether any site may be paid without asking. */
  autoPay: z.boolean(),
  /** Whether the first payment to a site is always asked about. */
  askNewSites: z.boolean(),
  /** Above this, no payment is made without asking, where no site's own rule names another. */
  mostPerPayment: usdCodec,
  /** No day's, week's or month's payments go above these, asked or not. */
  mostPerDay: usdCodec,
  mostPerWeek: usdCodec.nullable(),
  mostPerMonth: usdCodec.nullable(),
  /** No day's payments to one site go above this, asked or not. A site's own rule may name another. */
  mostPerSiteAndDay: usdCodec,
  /** No more payments than this in any minute, asked or not. */
  mostPerMinute: count.nullable(),
  /** The tokens that may be paid with (`tokenId`); test money only when it is among them. */
  tokens: z.array(z.string().max(256)).max(200),
  /** The network that is paid on when a site offers several. */
  preferredNetwork: z.string().max(64).nullable(),
})
export type GeneralRules = z.output<typeof generalRulesSchema>

/** The user's rules. */
export const rulesSchema = generalRulesSchema.extend({
  /** By origin or domain. */
  sites: z.record(siteKey, siteRuleSchema),
  /** By the agent's id. */
  agents: z.record(z.string().max(256), agentRuleSchema),
})
export type Rules = z.output<typeof rulesSchema>

/** Safe out of the box: nothing is paid unasked, and with no test money, until the user turns it on. */
export const DEFAULT_RULES: Rules = {
  autoPay: false,
  askNewSites: false,
  mostPerPayment: usd(100_000n),
  mostPerDay: usd(5_000_000n),
  mostPerWeek: null,
  mostPerMonth: usd(50_000_000n),
  mostPerSiteAndDay: usd(1_000_000n),
  mostPerMinute: null,
  // USDC is what nearly everybody asks for. Whoever has another dollar switches it on.
  tokens: ASSETS.filter(isPaidWith)
    .filter(({ network, symbol }) => realmOf(network) === 'main' && symbol === 'USDC')
    .map(tokenId),
  preferredNetwork: null,
  sites: {},
  agents: {},
}

/** A rule, and whom the user gave it for. */
export interface SiteRuleFor {
  readonly key: string
  readonly rule: SiteRule
}

/** Every rule that is for a site (an origin) now, the closest first: its own, then its domains'. None that has ended. */
export function siteRulesFor({ sites }: Pick<Rules, 'sites'>, site: string, now: number): SiteRuleFor[] {
  return [site, ...domainsOf(site)].flatMap((key) => {
    const rule = Object.hasOwn(sites, key) ? sites[key] : undefined
    return rule && !hasEnded(rule, now) ? [{ key, rule }] : []
  })
}

/** The rule that holds for a site now, the closest there is. Its caps are not the only ones: those of its domain hold too. */
export function siteRuleFor(rules: Pick<Rules, 'sites'>, site: string, now: number): SiteRuleFor | null {
  return siteRulesFor(rules, site, now)[0] ?? null
}

export function siteRule(rules: Pick<Rules, 'sites'>, site: string, now: number): SiteRule | null {
  return siteRuleFor(rules, site, now)?.rule ?? null
}

/** What an agent may do now. Null when there is no rule for it, or it has ended. */
export function agentRule({ agents }: Pick<Rules, 'agents'>, agent: string, now: number): AgentRule | null {
  const rule = Object.hasOwn(agents, agent) ? agents[agent] : undefined
  return rule && !hasEnded(rule, now) ? rule : null
}

/** Rules "for this session" are dropped when the next one begins, so that only the clock can end one here. */
function hasEnded(rule: SiteRule | AgentRule, now: number): boolean {
  return rule.mode === 'auto' && typeof rule.lasts === 'object' && rule.lasts.until <= now
}

/** Every domain that a site belongs to, its own host first: "www.shop.example", "shop.example". None for plain http, or no origin. */
function domainsOf(site: string): string[] {
  const { protocol, hostname } = URL.parse(site) ?? {}
  if (!hostname || (protocol !== 'https:' && !hostname.endsWith('.localhost'))) return []
  const labels = withoutDot(hostname).split('.')
  return labels.slice(0, -1).map((_, index) => labels.slice(index).join('.'))
}

/** Whether a page may spend at a site by the site's own auto-pay rule: its own pages, its domain's, and those that it lists. */
export function isTrusted(rules: Pick<Rules, 'sites'>, site: string, page: string, now: number): boolean {
  const own = siteRuleFor(rules, site, now)
  if (own?.rule.mode !== 'auto') return false
  return page === site || own.rule.pages.includes(page) || (own.key !== site && domainsOf(page).includes(own.key))
}

/**
 * The rules that let a site be paid up to a price unasked, from its own pages and the one that asked. A rule that is there
 * already keeps its caps and its end; a site that is blocked by now stays so.
 */
export function allowing(rules: Rules, site: string, page: string, price: Usd, now: number): Rules {
  const own = siteRuleFor(rules, site, now)
  if (own?.rule.mode === 'block') return rules
  const key = own?.rule.mode === 'auto' ? own.key : site
  const before = own?.rule.mode === 'auto' ? own.rule : autoPayUpTo(price)
  const pages = page === site || isTrusted(rules, site, page, now) ? before.pages : [...before.pages, page]
  const mostPerPayment = before.mostPerPayment > price ? before.mostPerPayment : price
  return { ...rules, sites: { ...rules.sites, [key]: { ...before, mostPerPayment, pages } } }
}

/** The rules without those that were given for one browser session, at the begin of the next. */
export function withoutSessionRules(rules: Rules): Rules {
  const lasting = <Rule extends SiteRule | AgentRule>(all: Readonly<Record<string, Rule>>) =>
    Object.fromEntries(Object.entries(all).filter(([, rule]) => rule.mode !== 'auto' || rule.lasts !== 'session'))
  return { ...rules, sites: lasting(rules.sites), agents: lasting(rules.agents) }
}
