import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import type { Usd } from '@/lib/money/usd'
import {
  allowing,
  DEFAULT_RULES,
  type GeneralRules,
  type Rules,
  rulesSchema,
  type SiteRule,
  withoutSessionRules,
} from '@/lib/policy/rules'
import type { Interlock } from '@/lib/queue'
import { RULES_MIGRATIONS, RULES_VERSION } from './migrations'

const stored = storage.defineItem<unknown, { v?: number }>('local:rules', {
  fallback: null,
  version: RULES_VERSION,
  migrations: RULES_MIGRATIONS,
})

/** Why the stored rules cannot be used. */
export type RulesTrouble = 'newer' | 'unreadable'

/**
 * The user's rules. They rest in storage and are read once, so that a decision and the signature after it look at them
 * without a pause in between. Every change goes through here, one after another, and waits for signatures under way: once
 * it is acknowledged, nothing is signed any more under the rules before.
 */
export class RuleBook {
  readonly #signing: Interlock
  #rules: Rules = DEFAULT_RULES
  #trouble: RulesTrouble | null = null

  constructor(signing: Interlock) {
    this.#signing = signing
  }

  /**
   * Reads the rules; those "for this session" end where a new one begins. What cannot be read is kept as it is, and the
   * defaults hold, under which nothing is paid unasked.
   */
  async open({ newSession }: { newSession: boolean }): Promise<void> {
    const [value, meta] = await Promise.all([stored.getValue(), stored.getMeta()])
    if (value === null) return
    const rules = z.safeDecode(rulesSchema, value as z.input<typeof rulesSchema>)
    if ((meta.v ?? 1) > RULES_VERSION) this.#trouble = 'newer'
    else if (!rules.success) this.#trouble = 'unreadable'
    else this.#rules = newSession ? withoutSessionRules(rules.data) : rules.data
    if (newSession && !this.#trouble) await this.#change((current) => current)
  }

  /** The rules in force. Every change makes another object: the same object means the same rules. */
  get rules(): Rules {
    return this.#rules
  }

  get trouble(): RulesTrouble | null {
    return this.#trouble
  }

  setGeneral(general: GeneralRules): Promise<void> {
    return this.#change((rules) => ({ ...rules, ...general }))
  }

  /** Gives one site or domain a rule of its own, or (null) takes it away. */
  setSite(key: string, rule: SiteRule | null): Promise<void> {
    return this.#change((rules) => {
      const { [key]: _, ...others } = rules.sites
      return { ...rules, sites: rule === null ? others : { ...others, [key]: rule } }
    })
  }

  /** Lets a site be paid up to a price unasked, on a page that asked for it. */
  allow(site: string, page: string, price: Usd): Promise<void> {
    return this.#change((rules) => allowing(rules, site, page, price, Date.now()))
  }

  /** Puts these rules in place of all there are, unreadable ones included. */
  replace(rules: Rules): Promise<void> {
    return this.#signing.change(async () => {
      const lasting = withoutSessionRules(rules)
      await stored.setValue(z.encode(rulesSchema, lasting))
      if ((await stored.getMeta()).v !== RULES_VERSION) await stored.setMeta({ v: RULES_VERSION })
      this.#rules = lasting
      this.#trouble = null
    })
  }

  /** Throws `rules_unusable` while what is stored cannot be read: it is not overwritten by accident. */
  #change(next: (rules: Rules) => Rules): Promise<void> {
    return this.#signing.change(async () => {
      if (this.#trouble !== null) throw new TuppenceError('rules_unusable')
      const rules = next(this.#rules)
      await stored.setValue(z.encode(rulesSchema, rules))
      this.#rules = rules
    })
  }
}
