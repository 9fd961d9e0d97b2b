import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import { DEFAULT_RULES, type GeneralRules, type Rules, rulesSchema, type SiteRule } from '@/lib/policy/rules'
import { createQueue } from '@/lib/queue'

const stored = storage.defineItem<unknown>('local:rules', { fallback: null, version: 1 })

/** The user's rules. What cannot be read counts as the defaults, under which nothing is paid unasked. */
export async function getRules(): Promise<Rules> {
  const rules = z.safeDecode(rulesSchema, (await stored.getValue()) as z.input<typeof rulesSchema>)
  return rules.success ? rules.data : DEFAULT_RULES
}

/** One change at a time, each upon the last: two screens never undo each other's. In force before the next signature. */
const inOrder = createQueue()
const change = (next: (rules: Rules) => Rules): Promise<void> =>
  inOrder(async () => stored.setValue(z.encode(rulesSchema, next(await getRules()))))

export const setGeneralRules = (general: GeneralRules): Promise<void> => change((rules) => ({ ...rules, ...general }))

/** Gives one site a rule of its own, or (null) takes it away. */
export const setSiteRule = (site: string, rule: SiteRule | null): Promise<void> =>
  change((rules) => {
    const { [site]: _, ...others } = rules.sites
    return { ...rules, sites: rule === null ? others : { ...others, [site]: rule } }
  })
