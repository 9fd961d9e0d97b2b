/** What earlier payments have taught about a site. */
export interface SiteRecord {
  /** Whom it was paid through so far (`payeeId`), the latest last. Empty for a site that was never paid. */
  readonly payees: readonly string[]
  /** Payments in a row that brought nothing. */
  readonly fruitless: number
  /** The chain shows that it took money for what it then did not bring. */
  readonly denied: boolean
}

export const UNKNOWN_SITE: SiteRecord = { payees: [], fruitless: 0, denied: false }

/** Some sites name a new payee for every payment: of those the latest are remembered. */
const MOST_PAYEES = 50

/** One payee of one network, whatever the case of its address. */
export const payeeId = ({ network, payTo }: { network: string; payTo: string }): string =>
  `${network}/${payTo.toLowerCase()}`

export function withPayee(site: SiteRecord, payee: string): SiteRecord {
  return site.payees.includes(payee) ? site : { ...site, payees: [...site.payees, payee].slice(-MOST_PAYEES) }
}

/** After a payment's first answer. Content makes up for everything before. */
export function withAnswer(site: SiteRecord, delivered: boolean): SiteRecord {
  return delivered ? { ...site, fruitless: 0, denied: false } : { ...site, fruitless: site.fruitless + 1 }
}

export const withDenial = (site: SiteRecord): SiteRecord => ({ ...site, denied: true })
