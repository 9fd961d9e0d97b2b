import { z } from 'zod'
import { DEFAULT_RULES, rulesSchema } from '@/lib/policy/rules'

/** The version of the rules that this version of Tuppence writes. */
export const RULES_VERSION = 2

/** By the version they lead to. Each takes rules as the version before rests in storage, amounts encoded. */
export const RULES_MIGRATIONS: Readonly<Record<number, (stored: unknown) => unknown>> = { 2: rulesToV2 }

/** Rules of an older version as this version writes them. */
export function upgradeRules(stored: unknown, version: number): unknown {
  return Object.entries(RULES_MIGRATIONS)
    .filter(([to]) => Number(to) > version)
    .reduce((rules, [, migrate]) => migrate(rules), stored)
}

/** As much of version 1 as version 2 has to know. */
const rulesV1 = z.looseObject({ sites: z.record(z.string(), z.looseObject({ mode: z.string() })) })

/** What version 2 added to a site's rule "auto". */
const LASTING = {
  mostPerDay: null,
  mostPerWeek: null,
  mostPerMonth: null,
  mostPerMinute: null,
  lasts: 'always',
  background: false,
}

/**
 * Version 2: caps for a week, a month and a minute, an end and a place in the background for a site's auto-pay, allowed
 * tokens, agents. What is not in version 1's shape is left as it is, and will be found unreadable.
 */
function rulesToV2(stored: unknown): unknown {
  const rules = rulesV1.safeParse(stored)
  if (!rules.success) return stored
  const sites = Object.entries(rules.data.sites).map(([site, rule]) => [
    site,
    rule.mode === 'auto' ? { ...LASTING, ...rule } : rule,
  ])
  return { ...z.encode(rulesSchema, DEFAULT_RULES), ...rules.data, sites: Object.fromEntries(sites) }
}
