import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import { DEFAULT_RULES, type Rules, rulesSchema } from '@/lib/policy/rules'

const stored = storage.defineItem<unknown>('local:rules', { fallback: null, version: 1 })

/** The user's rules. What cannot be read counts as the defaults, under which nothing is paid unasked. */
export async function getRules(): Promise<Rules> {
  const rules = z.safeDecode(rulesSchema, (await stored.getValue()) as z.input<typeof rulesSchema>)
  return rules.success ? rules.data : DEFAULT_RULES
}

/** In force before the next signature. */
export const setRules = (rules: Rules): Promise<void> => stored.setValue(z.encode(rulesSchema, rules))
