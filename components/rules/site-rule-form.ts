import { autoPayUpTo, type Lasts, type Rules, type SiteRule } from '@/lib/policy/rules'
import { capText, countText, toAmount, toCap, toCount } from './amounts'

type AutoRule = Extract<SiteRule, { mode: 'auto' }>

const DAY_MS = 86_400_000

/** A site's rule as its form has it. */
export interface Values {
  /** What is typed where a site is added. */
  site: string
  reach: 'site' | 'domain'
  mode: SiteRule['mode']
  mostPerPayment: string
  mostPerDay: string
  mostPerWeek: string
  mostPerMonth: string
  mostPerMinute: string
  /** `kept`: until the time that it has. */
  lasts: 'always' | 'day' | 'session' | 'kept'
  background: boolean
  signIn: boolean
  pages: string[]
}

/** A new rule pays as much unasked as is allowed everywhere. */
export function toValues(rule: SiteRule | undefined, { mostPerPayment }: Rules): Values {
  const auto = rule?.mode === 'auto' ? rule : autoPayUpTo(mostPerPayment)
  return {
    site: '',
    reach: 'site',
    mode: rule?.mode ?? 'auto',
    mostPerPayment: capText(auto.mostPerPayment),
    mostPerDay: capText(auto.mostPerDay),
    mostPerWeek: capText(auto.mostPerWeek),
    mostPerMonth: capText(auto.mostPerMonth),
    mostPerMinute: countText(auto.mostPerMinute),
    lasts: typeof auto.lasts === 'object' ? 'kept' : auto.lasts,
    background: auto.background,
    signIn: rule !== undefined && rule.mode !== 'block' && rule.signIn === true,
    pages: auto.pages,
  }
}

/** Of checked values. What the form does not show stays as it was. */
export function fromValues(values: Values, before: SiteRule | undefined): SiteRule {
  const { mode, pages, background, signIn } = values
  if (mode === 'block') return { mode }
  if (mode === 'ask') return { mode, ...(signIn && { signIn }) }
  const mostPerPayment = toAmount(values.mostPerPayment)
  const { signIn: _, ...auto } = before?.mode === 'auto' ? before : autoPayUpTo(mostPerPayment)
  return {
    ...auto,
    mostPerPayment,
    mostPerDay: toCap(values.mostPerDay),
    mostPerWeek: toCap(values.mostPerWeek),
    mostPerMonth: toCap(values.mostPerMonth),
    mostPerMinute: toCount(values.mostPerMinute),
    lasts: toLasts(values.lasts, auto),
    background,
    pages,
    ...(signIn && { signIn }),
  }
}

function toLasts(lasts: Values['lasts'], { lasts: before }: AutoRule): Lasts {
  if (lasts === 'kept') return before
  return lasts === 'day' ? { until: Date.now() + DAY_MS } : lasts
}
