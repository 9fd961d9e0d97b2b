import { z } from 'zod'
import { usdCodec } from '@/lib/money/codec'
import { usd } from '@/lib/money/usd'

export const origin = z.string().max(2048)

/** What holds for one site in place of the general auto-pay switch. Day limits hold all the same. */
export const siteRuleSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('auto'),
    mostPerPayment: usdCodec,
    /** Origins of other sites whose pages may also spend here by themselves. */
    pages: z.array(origin).max(100),
  }),
  z.object({ mode: z.literal('ask') }),
  z.object({ mode: z.literal('block') }),
])
export type SiteRule = z.output<typeof siteRuleSchema>

/** What holds everywhere. Every limit counts real and test money apart. */
export const generalRulesSchema = z.object({
  /** Whether any site may be paid without asking. */
  autoPay: z.boolean(),
  /** Above this, no payment is made without asking. */
  mostPerPayment: usdCodec,
  /** No day's payments go above this, asked or not. */
  mostPerDay: usdCodec,
  /** No day's payments to one site go above this, asked or not. */
  mostPerSiteAndDay: usdCodec,
})
export type GeneralRules = z.output<typeof generalRulesSchema>

/** The user's rules. */
export const rulesSchema = generalRulesSchema.extend({
  /** By origin. */
  sites: z.record(origin, siteRuleSchema),
})
export type Rules = z.output<typeof rulesSchema>

/** Safe out of the box: nothing is paid unasked until the user turns it on. */
export const DEFAULT_RULES: Rules = {
  autoPay: false,
  mostPerPayment: usd(100_000n),
  mostPerDay: usd(5_000_000n),
  mostPerSiteAndDay: usd(1_000_000n),
  sites: {},
}

export const siteRule = (rules: Rules, site: string): SiteRule | null =>
  Object.hasOwn(rules.sites, site) ? (rules.sites[site] ?? null) : null
