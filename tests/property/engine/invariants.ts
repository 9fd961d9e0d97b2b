import type { Payment } from '@/lib/ledger/payment'
import type { PaymentState } from '@/lib/ledger/states'
import { realmOf } from '@/lib/money/networks'
import { agentScope, everything, siteScope } from '@/lib/policy/limits'
import type { Rules } from '@/lib/policy/rules'
import type { Books } from './books'
import type { Chain } from './chain'
import { isCounted, overruns } from './spec'

interface Step {
  readonly before: Books
  readonly after: Books
  readonly chain: Chain
  /** All rules that were in force at some time of the step. */
  readonly rules: readonly Rules[]
  /** The latest time that this life of the background may have seen, in Unix milliseconds. */
  readonly seen: number
}

/** What is wrong after a step; nothing when all is well. */
export function expectSound(step: Step): string[] {
  return [...limits(step), ...totals(step), ...holds(step), ...changes(step), ...outflow(step), ...times(step)]
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
const isOpen = ({ state }: Payment): boolean => ['reserved', 'signed', 'sent', 'unknown'].includes(state)
const newIn = ({ before, after }: Step): Payment[] => after.payments.slice(before.payments.length)

/**
 * I1: what is spent and held is within every limit, those of some time of the step. What was reserved after a payment is not held
 * against it: the site's own pages may go above the general limit that holds for another page.
 */
function limits(step: Step): string[] {
  const { after, rules } = step
  const upTo = (payment: Payment) => after.payments.slice(0, after.payments.indexOf(payment) + 1)
  return newIn(step)
    .filter(isCounted)
    .filter((payment) => rules.every((one) => overruns(one, payment, upTo(payment)).length > 0))
    .map((payment) => `I1: reserved above a limit: ${overruns(rules[0] as Rules, payment, upTo(payment)).join(', ')}.`)
}

/** Where a payment is counted, by who asked whom. */
function scopesOf({ network, site, agent, decidedBy }: Payment): string[] {
  const realm = realmOf(network)
  const own = [everything(realm), siteScope(realm, site)]
  return agent !== null && decidedBy === 'rules' ? [...own, agentScope(realm, agent)] : own
}

/** I2: every total is the sum of its rows. */
function totals({ after: { payments, tallies } }: Step): string[] {
  const problems: string[] = []
  const scopes = new Set([...payments.flatMap(scopesOf), ...tallies.map(({ scope }) => scope)])
  const lastDay = payments.at(-1)?.day ?? ''
  for (const scope of scopes) {
    const rows = payments.filter((payment) => scopesOf(payment).includes(scope))
    const kept = tallies.find((tally) => tally.scope === scope)
    const days = new Set([...rows.map(({ day }) => day), ...Object.keys(kept?.days ?? {})])
    for (const day of [...days].filter((one) => Date.parse(lastDay) - Date.parse(one) < 30 * 86_400_000)) {
      const spent = sum(rows.filter((row) => row.day === day && isCounted(row)).map(({ price }) => price))
      if ((kept?.days[day] ?? 0n) !== spent) problems.push(`I2: ${scope} on ${day}: ${kept?.days[day]}, not ${spent}.`)
    }
    const seconds = rows.map(({ createdAt }) => Math.floor(createdAt / 1000))
    for (const second of seconds.filter((one) => one > (seconds.at(-1) ?? 0) - 60)) {
      const begun = rows.filter(({ state }, index) => state !== 'released' && seconds[index] === second).length
      if ((kept?.seconds[second] ?? 0) !== begun) problems.push(`I2: ${scope} in second ${second}: not ${begun}.`)
    }
  }
  return problems
}

/** I2: what is held of the wallet's money is what open payments may take. */
function holds({ after }: Step): string[] {
  const held = sum(after.holds.map(({ units }) => units))
  const open = sum(after.payments.filter(isOpen).map(({ units }) => units))
  return held === open ? [] : [`I2: ${held} held for ${open}.`]
}

const NEXT: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  reserved: ['signed', 'sent', 'unknown', 'settled', 'expired', 'released'],
  signed: ['sent', 'unknown', 'settled', 'expired'],
  sent: ['unknown', 'settled', 'expired'],
  unknown: ['sent', 'settled', 'expired'],
  settled: [],
  expired: [],
  released: [],
}

/** I3, I5, I7: rows keep what they say, and nothing is given back or called paid without proof. */
function changes({ before, after, chain }: Step): string[] {
  const problems: string[] = []
  for (const payment of after.payments) {
    const { id, state, authorization, credential, history } = payment
    const was = before.payments.find((one) => one.id === id)
    if (was && was.state !== state && !NEXT[was.state].includes(state)) problems.push(`${was.state} → ${state}.`)
    if (was?.authorization && was.authorization.nonce !== authorization?.nonce) problems.push('I3: another nonce.')
    if (was?.credential && JSON.stringify(was.credential) !== JSON.stringify(credential))
      problems.push('I7: other bytes on the row.')
    if (history.filter((one) => one.state === 'signed').length > 1) problems.push('I3: signed twice.')
    if (state === 'released' && authorization) problems.push('I5: released after a signature.')
    if (was?.state === state) continue
    const transfer = authorization && chain.transfers.get(authorization.nonce)
    if (state === 'settled' && !transfer) problems.push('Settled without a transfer.')
    if (state === 'expired' && (transfer || !chain.isUp || !chain.isOver(authorization?.validBefore ?? 0)))
      problems.push('I5: given back without proof.')
  }
  for (const { id } of before.payments)
    if (!after.payments.some((payment) => payment.id === id)) problems.push('A row is gone.')
  return problems
}

/** I6: what left the wallet is spent or held on the books, each transfer on its own row. */
function outflow({ after, chain }: Step): string[] {
  return [...chain.transfers.values()]
    .filter(({ nonce, units, payTo }) => {
      const row = after.payments.find((payment) => payment.nonce === nonce)
      return !row || !isCounted(row) || row.units !== units || row.payTo !== payTo
    })
    .map(({ nonce }) => `I6: the transfer ${nonce} is on no row that counts.`)
}

/**
 * I10: neither time nor days go back, and a day is the user's own or the latest that ever was. What could not be written down
 * may still be remembered, until the background ends.
 */
function times(step: Step): string[] {
  const problems: string[] = []
  const { noted, payments } = step.before
  const last = payments.at(-1)
  if (last && (!noted || noted.at < last.createdAt || noted.day < last.day))
    problems.push('I10: a later time was noted.')
  let latest = noted?.at ?? 0
  let latestDay = noted?.day ?? ''
  for (const { createdAt, day } of newIn(step)) {
    const now = Math.max(latest, Date.now())
    const today = localDay(now)
    const expected = [today, latestDay].toSorted().at(-1)
    if (createdAt < now || createdAt > Math.max(now, step.seen))
      problems.push(`I10: made at ${createdAt}, when it was ${now}.`)
    if (day !== expected && day !== localDay(createdAt)) problems.push(`I10: counted on ${day}, which was ${expected}.`)
    latest = createdAt
    latestDay = day
  }
  return problems
}

const localDay = (time: number): string => new Date(time).toLocaleDateString('sv')
