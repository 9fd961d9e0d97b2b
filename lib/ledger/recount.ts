import { realmOf } from '@/lib/money/networks'
import { ZERO_USD } from '@/lib/money/usd'
import { type Scope, siteScope } from '@/lib/policy/limits'
import { payeeId, type SiteRecord, UNKNOWN_SITE, withAnswer, withDenial, withPayee } from '@/lib/policy/site-record'
import { EMPTY_TALLY, type Moment, mergeTallies, shareOf, type Tally } from '@/lib/policy/tally'
import { costOf, isDelivered, isDrawn, type Payment } from './payment'
import { isHolding, type Transfer } from './transfer'

/** Names a token of an account whose units are held. */
export const holdKey = ({ from, network, asset }: { from: string; network: string; asset: string }): string =>
  `${from.toLowerCase()}/${network}/${asset}`

/** Names what is known of a site, in real or in test money. */
export const siteKey = ({ network, site }: { network: string; site: string }): Scope =>
  siteScope(realmOf(network), site)

/** Whether a payment's price counts: it was spent, or still may be. */
export const isCounted = ({ state }: Payment): boolean => state !== 'released' && state !== 'expired'

/** The site has answered, one way or the other. A connection that failed may have been given up by the page, or by us. */
export const isAnswered = ({ answer }: Payment): boolean => answer !== undefined && answer.status > 0

/** The chain shows that it was paid, and the site has answered without the content. */
export const isDenied = (payment: Payment): boolean =>
  payment.state === 'settled' && isAnswered(payment) && !isDelivered(payment)

/** All that the ledger keeps besides its rows, worked out from the rows alone. They are added oldest first. */
export class Recount {
  readonly tallies = new Map<Scope, Tally>()
  readonly holds = new Map<string, bigint>()
  readonly sites = new Map<Scope, SiteRecord>()
  readonly #moment: Moment

  /** The tallies are as caps look at them from this moment. */
  constructor(moment: Moment) {
    this.#moment = moment
  }

  add(payment: Payment): void {
    const { units, scopes, day, createdAt } = payment
    const share = shareOf({ now: createdAt, day }, isCounted(payment) ? costOf(payment) : ZERO_USD, this.#moment)
    // What was given up before it was signed was never begun.
    for (const scope of payment.state === 'released' ? [] : scopes)
      this.tallies.set(scope, mergeTallies([this.tallies.get(scope) ?? EMPTY_TALLY, share]))
    if (isCounted(payment) && payment.state !== 'settled' && !isDrawn(payment)) this.#hold(payment, units)
    this.sites.set(siteKey(payment), siteAfter(this.sites.get(siteKey(payment)) ?? UNKNOWN_SITE, payment))
  }

  /** The user's own transfers count against no limit, but what they hold cannot be spent. */
  addTransfer(transfer: Transfer): void {
    if (isHolding(transfer)) this.#hold(transfer, transfer.units)
  }

  #hold(account: { from: string; network: string; asset: string }, units: bigint): void {
    this.holds.set(holdKey(account), (this.holds.get(holdKey(account)) ?? 0n) + units)
  }
}

function siteAfter(site: SiteRecord, payment: Payment): SiteRecord {
  const paid = payment.authorization ? withPayee(site, payeeId(payment)) : site
  const answered = isAnswered(payment) ? withAnswer(paid, isDelivered(payment)) : paid
  return isDenied(payment) ? withDenial(answered) : answered
}
