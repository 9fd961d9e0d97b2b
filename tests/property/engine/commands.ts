import type { PaymentRequirements } from '@x402/core/types'
import fc from 'fast-check'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { usd } from '@/lib/money/usd'
import type { Sighting } from '@/lib/payment/sighting'
import {
  type AgentRule,
  DEFAULT_RULES,
  type GeneralRules,
  type Rules,
  type SiteRule,
  withoutSessionRules,
} from '@/lib/policy/rules'
import { answer as answered, entry, header } from '../../unit/challenge/samples'
import { AGENT, auto, budget, CENT, rules } from '../../unit/policy/situations'
import { boundary, type Fault } from './boundary'
import type { Plan } from './browser'
import type { World } from './world'

const SHOP = 'https://shop.example'
const WWW = 'https://www.shop.example'
const NEWS = 'https://news.example'
const SITES = [SHOP, WWW, NEWS] as const
const PAYEES = ['0x70997970C51812dc3A010C7d01b50e0d17dc79C8', '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'] as const
const TABS = [1, 2, 3, 4] as const
const ZONES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Berlin'] as const
const REAL = { network: 'eip155:8453', asset: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913' } as const
const [TEST_TOKEN] = rules().tokens.filter((token) => token.startsWith('eip155:84532/'))
const ALL_TOKENS = rules().tokens
const NO_TEST_TOKENS = ALL_TOKENS.filter((token) => token !== TEST_TOKEN)

/** Who wants something, and how. */
interface Visit {
  readonly do: 'visit'
  readonly site: (typeof SITES)[number]
  readonly cents: number
  readonly payee: number
  readonly money: 'test' | 'main'
  readonly by: 'navigation' | 'page' | 'other page' | 'agent'
  readonly tab: number
  readonly inFront: boolean
  readonly plan: Plan
}

/** What can be done at the same time as something else. */
type Act =
  | Visit
  /** The same request once more, of the same page. */
  | { readonly do: 'again'; readonly which: number; readonly plan: Plan }
  | { readonly do: 'answer'; readonly which: number; readonly answer: 'pay' | 'decline'; readonly remember: boolean }
  | { readonly do: 'leave'; readonly tab: number }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'general'; readonly changes: Partial<GeneralRules> }
  | { readonly do: 'site'; readonly key: string; readonly rule: SiteRule | null }
  | { readonly do: 'agent'; readonly rule: AgentRule | null }
  | { readonly do: 'lock' | 'unlock' | 'look' }

export type Command =
  | Act
  /** Each act begins when the background has made so many calls for those before. */
  | { readonly do: 'burst'; readonly acts: readonly { readonly act: Act; readonly after: number }[] }
  /** Time goes by, for everybody. */
  | { readonly do: 'wait'; readonly seconds: number }
  /** The user's clock is set. */
  | { readonly do: 'clock'; readonly hours: number }
  | { readonly do: 'zone'; readonly zone: string }
  | { readonly do: 'rpc'; readonly isUp: boolean }
  | { readonly do: 'settle'; readonly which: number }
  | { readonly do: 'deliver' | 'reorganise' | 'mend' }
  | { readonly do: 'restart'; readonly newSession: boolean }
  | {
      readonly do: 'damage'
      readonly what: 'newer books' | 'lost books' | 'wrong total' | 'newer rules' | 'garbage rules'
    }

export interface Step {
  readonly command: Command
  readonly fault: Fault | null
}

/* What there is to choose from. Small numbers, so that limits are met, just missed and just exceeded all the time. */

const plan: fc.Arbitrary<Plan> = fc.record({
  settles: fc.constantFrom('now', 'now', 'later', 'later', 'twice', 'never'),
  status: fc.constantFrom(200, 200, 402, 500, 0),
  says: fc.constantFrom('truth', 'truth', 'lie', 'nothing'),
  answers: fc.constantFrom('now', 'now', 'now', 'later', 'never'),
})
const visit: fc.Arbitrary<Visit> = fc.record({
  do: fc.constant('visit'),
  site: fc.constantFrom(...SITES),
  cents: fc.constantFrom(1, 2, 3, 5),
  payee: fc.constantFrom(0, 0, 0, 0, 1),
  money: fc.constantFrom('test', 'test', 'test', 'main'),
  by: fc.constantFrom('navigation', 'navigation', 'page', 'page', 'other page', 'agent'),
  tab: fc.constantFrom(...TABS),
  inFront: fc.constantFrom(true, true, true, true, false),
  plan,
})
const again: fc.Arbitrary<Act> = fc.record({ do: fc.constant('again'), which: fc.nat(3), plan })
const answer: fc.Arbitrary<Act> = fc.record({
  do: fc.constant('answer'),
  which: fc.nat(2),
  answer: fc.constantFrom('pay', 'pay', 'pay', 'decline'),
  remember: fc.constantFrom(false, false, false, true),
})
const cents = (...choices: number[]) => fc.constantFrom(...choices.map((amount) => usd(BigInt(amount) * CENT)))
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.oneof(fc.constant(null), value)
const caps = {
  mostPerPayment: cents(1, 3, 10),
  mostPerDay: maybe(cents(3, 6, 20)),
  mostPerWeek: maybe(cents(6, 15)),
  mostPerMonth: maybe(cents(6, 25)),
  mostPerMinute: maybe(fc.constantFrom(1, 2, 4)),
  lasts: fc.constantFrom('always' as const, 'session' as const, { until: Date.UTC(2026, 10, 22) }),
  background: fc.boolean(),
}
const siteRule: fc.Arbitrary<SiteRule | null> = fc.oneof(
  fc.constantFrom(null, { mode: 'ask' as const }, { mode: 'block' as const }),
  fc.record(caps).map((changes) => auto(0n, [], changes)),
  fc.record(caps).map((changes) => auto(0n, [NEWS], changes)),
)
const agentRule: fc.Arbitrary<AgentRule | null> = fc.oneof(
  fc.constantFrom(null, { mode: 'ask' as const }, { mode: 'block' as const }),
  fc.record(caps).map((changes) => budget(0n, changes)),
)
const general: fc.Arbitrary<Act> = fc.record({
  do: fc.constant('general'),
  changes: fc.record(
    {
      autoPay: fc.constantFrom(true, true, false),
      askNewSites: fc.constantFrom(false, false, true),
      mostPerPayment: cents(1, 3, 10),
      mostPerDay: cents(3, 6, 12, 40),
      mostPerWeek: maybe(cents(6, 20)),
      mostPerMonth: maybe(cents(6, 30)),
      mostPerSiteAndDay: cents(3, 6, 20),
      mostPerMinute: maybe(fc.constantFrom(1, 2, 4)),
      tokens: fc.constantFrom(ALL_TOKENS, ALL_TOKENS, NO_TEST_TOKENS, []),
    },
    { requiredKeys: [] },
  ),
})
const change: fc.Arbitrary<Act> = fc.oneof(
  general,
  fc.record({
    do: fc.constant('site' as const),
    key: fc.constantFrom('shop.example', ...SITES),
    rule: siteRule,
  }),
  fc.record({ do: fc.constant('agent' as const), rule: agentRule }),
  fc.constant({ do: 'lock' as const }),
)
const leave: fc.Arbitrary<Act> = fc.record({ do: fc.constant('leave'), tab: fc.constantFrom(...TABS) })
const cancel: fc.Arbitrary<Act> = fc.record({ do: fc.constant('cancel'), which: fc.nat(3) })
const request = fc.oneof(
  { weight: 4, arbitrary: visit },
  { weight: 2, arbitrary: again },
  { weight: 1, arbitrary: answer },
)
/** Several requests at once, and at most one change among them: of two, nobody could say which comes first. */
const burst: fc.Arbitrary<Command> = fc
  .tuple(
    fc.array(fc.record({ act: request, after: fc.constantFrom(0, 0, 0, 0, 10, 40) }), {
      minLength: 2,
      maxLength: 6,
      size: 'max',
    }),
    fc.option(fc.record({ act: fc.oneof(change, change, leave, cancel), after: fc.nat(150) })),
  )
  .map(([requests, other]) => ({ do: 'burst', acts: other ? [...requests, other] : requests }))

const rest: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 25, 25, 70, 700, 90_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('clock' as const), hours: fc.constantFrom(-800, -25, -2, 2, 25, 180) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('zone' as const), zone: fc.constantFrom(...ZONES) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rpc' as const), isUp: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.constantFrom<Command>({ do: 'look' }, { do: 'deliver' }, { do: 'deliver' }) },
  { weight: 2, arbitrary: fc.constantFrom<Command>({ do: 'reorganise' }, { do: 'unlock' }, { do: 'mend' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), newSession: fc.boolean() }) },
)
const damage: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('damage'),
  what: fc.constantFrom('newer books', 'lost books', 'wrong total', 'newer rules', 'garbage rules'),
})

const crash: fc.Arbitrary<Fault> = fc.record({ kind: fc.constant('crash'), at: fc.nat(60) })
const failure: fc.Arbitrary<Fault> = fc.record({ kind: fc.constantFrom('quota', 'abort'), at: fc.nat(12) })
const fault: fc.Arbitrary<Fault | null> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(null) },
  { weight: 3, arbitrary: crash },
  { weight: 1, arbitrary: failure },
)

const alone: fc.Arbitrary<Command> = fc.oneof(
  { weight: 12, arbitrary: request },
  { weight: 3, arbitrary: change },
  { weight: 1, arbitrary: fc.oneof(leave, cancel) },
  { weight: 9, arbitrary: rest },
)
const stepsOf = (command: fc.Arbitrary<Command>, minLength: number, maxLength: number) =>
  fc.array(fc.record<Step>({ command, fault }), { minLength, maxLength, size: 'max' })
/** Books or rules go bad, and whoever waits for an answer gets one. */
const ruin = fc
  .tuple(damage, stepsOf(fc.oneof(answer, answer, visit), 1, 4))
  .map(([command, after]) => [{ command, fault: null }, ...after])

/** One thing after another, each with what goes wrong meanwhile. */
export const steps = fc
  .tuple(stepsOf(alone, 5, 16), fc.oneof(fc.constant([]), ruin))
  .map(([before, after]) => [...before, ...after])

/** The same, with much at the same time. */
export const bursts = stepsOf(
  fc.oneof({ weight: 6, arbitrary: burst }, { weight: 1, arbitrary: change }, { weight: 3, arbitrary: rest }),
  3,
  8,
)

/** Auto-pay up to five cents, twelve a day, ten a day and site, in any money; a small budget for the agent. */
export const FIRST_RULES: Rules = rules({
  mostPerPayment: usd(5n * CENT),
  mostPerDay: usd(12n * CENT),
  mostPerSiteAndDay: usd(10n * CENT),
  agents: { [AGENT]: budget(3n, { mostPerDay: usd(6n * CENT) }) },
})

/* How it is done. */

export async function run(world: World, { command, fault: goingWrong }: Step): Promise<void> {
  switch (command.do) {
    case 'restart':
      await world.restart(command.newSession, goingWrong)
      return world.check()
    case 'damage':
      await damaged(world, command.what)
      return world.check()
    case 'visit':
    case 'again':
      return world.step(() => once(world, command), goingWrong)
    default:
      return world.step(() => perform(world, command), goingWrong)
  }
}

async function perform(world: World, command: Exclude<Command, { do: 'restart' | 'damage' }>): Promise<unknown> {
  const { chain, browser, life } = world
  switch (command.do) {
    case 'visit': {
      const sighting = sightingOf(world, command)
      world.met.push(sighting)
      return consider(world, sighting, command.plan, command.inFront)
    }
    case 'again': {
      const met = world.met[command.which % Math.max(world.met.length, 1)]
      return met && consider(world, reloaded(world, met), command.plan, true)
    }
    case 'answer':
      return world.answerQuestion(command.which, command.answer, command.remember)
    case 'leave':
      return life.orchestrator.left(command.tab, { ...browser.show(command.tab, `${NEWS}/`), url: `${NEWS}/` }, false)
    case 'cancel': {
      const target = world.met[command.which % Math.max(world.met.length, 1)]?.target
      return target?.via === 'fetch' && life.orchestrator.cancel(target.tabId, target.marker)
    }
    case 'general': {
      const { sites: _, agents: __, ...now } = world.rules
      const next = { ...now, ...command.changes }
      return world.changeRules({ ...world.rules, ...next }, () => life.screens['rules.set'](next))
    }
    case 'site': {
      const { key, rule } = command
      const { [key]: _, ...others } = world.rules.sites
      const next = { ...world.rules, sites: rule === null ? others : { ...others, [key]: rule } }
      return world.changeRules(next, () => life.screens['rules.setSite']({ site: key, rule }))
    }
    case 'agent': {
      const next = withoutSessionRules({
        ...world.rules,
        agents: command.rule === null ? {} : { [AGENT]: command.rule },
      })
      await world.changeRules(next, () => life.ruleBook.replace(next))
      // All rules are new ones now.
      if (world.trouble === 'rules') world.trouble = null
      return
    }
    case 'lock':
      return world.lock()
    case 'unlock':
      return world.unlock()
    case 'look':
      return life.screens['payments.check'](undefined)
    case 'burst':
      return Promise.all(
        command.acts.map(async ({ act, after }) => {
          await boundary.after(after)
          await perform(world, act).catch((error: unknown) => world.judge(error))
        }),
      )
    case 'wait':
      chain.now += command.seconds * 1000
      world.elapse(command.seconds * 1000)
      return life.orchestrator.expireApprovals()
    case 'clock':
      return world.setClock(Date.now() + command.hours * 3_600_000)
    case 'zone':
      process.env.TZ = command.zone
      return
    case 'rpc':
      chain.isUp = command.isUp
      return
    case 'settle':
      return browser.settleLate(command.which)
    case 'deliver':
      return browser.deliver()
    case 'reorganise':
      return chain.reorganise()
    case 'mend':
      for (const trouble of life.health.troubles)
        if (trouble === 'ledger_full' || trouble === 'ledger_unreadable') await life.screens['health.mend']({ trouble })
  }
}

/** I3: what may still be paid by an earlier signature is not signed for anew, unless a person says so. */
async function once(world: World, act: Act): Promise<void> {
  const earlier = await world.unansweredSignatures()
  await perform(world, act)
  await world.expectNoneAnew(earlier)
}

async function consider(world: World, sighting: Sighting, plan: Plan, inFront: boolean): Promise<void> {
  const { url } = sighting.request
  world.browser.plans.set(url, plan)
  if (!inFront) world.browser.hide(sighting.target.tabId)
  const { kind } = await world.life.orchestrator.consider(sighting)
  world.note(kind)
}

let markers = 0

function sightingOf(world: World, { site, cents: amount, payee, money, by, tab }: Visit): Sighting {
  const url = `${site}/for-${amount}`
  const accepts: Partial<PaymentRequirements> = {
    amount: (BigInt(amount) * CENT).toString(),
    payTo: PAYEES[payee] ?? PAYEES[0],
    ...(money === 'main' && REAL),
  }
  const page = by === 'other page' ? NEWS : site
  const pageUrl = by === 'navigation' ? url : `${page}/`
  const document = world.browser.show(tab, pageUrl)
  markers += 1
  return {
    target:
      by === 'navigation' ? { via: 'navigation', ...document } : { via: 'fetch', ...document, marker: `${markers}` },
    request: { method: 'GET', url, bodyDigest: null },
    answer: answered([{ name: 'PAYMENT-REQUIRED', value: header({ accepts: [entry(accepts)], resource: { url } }) }]),
    page,
    pageUrl,
    pageMaximum: null,
    reason: null,
    agent: by === 'agent' ? AGENT : null,
    fromHistory: false,
    afterRedirect: false,
    obstacle: null,
  }
}

/** A page met before, loaded again in its tab. */
function reloaded(world: World, met: Sighting): Sighting {
  const document = world.browser.show(met.target.tabId, met.pageUrl)
  return { ...met, target: { ...met.target, ...document } }
}

async function damaged(world: World, what: Extract<Command, { do: 'damage' }>['what']): Promise<void> {
  if (world.trouble === 'books') return
  const { payments } = await world.books.read()
  const { local } = fakeBrowser.storage
  switch (what) {
    case 'newer books':
      return world.restart(false, null, async () => {
        await world.books.makeNewer()
        world.trouble = 'books'
      })
    case 'lost books':
      // What was never noted to exist cannot be missed.
      if (!(await boundary.inspect(() => local.get('everPaid'))).everPaid) return
      return world.restart(false, null, async () => {
        await world.books.delete()
        world.trouble = 'books'
      })
    case 'wrong total':
      if (payments.length === 0) return
      return world.restart(true, null, async () => {
        const today = new Date().toLocaleDateString('sv')
        await world.books.tamper([today, payments.at(-1)?.day ?? today].toSorted().at(-1) ?? today)
        world.trouble = 'books'
      })
    case 'newer rules':
    case 'garbage rules':
      return world.restart(false, null, async () => {
        const damage: Record<string, unknown> =
          what === 'newer rules' ? { rules$: { v: 3 } } : { rules: { autoPay: 'always' } }
        await boundary.inspect(() => local.set(damage))
        world.trouble = 'rules'
        world.rules = DEFAULT_RULES
      })
  }
}
