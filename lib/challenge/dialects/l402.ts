import { headerValues } from '@/lib/challenge/answer'
import type { Offer } from '@/lib/challenge/challenge'
import type { Dialect } from '@/lib/challenge/dialect'
import { nameOffer } from '@/lib/challenge/offer'
import { parseChallenges } from '@/lib/challenge/www-authenticate'
import { sayAmount } from '@/lib/money/stated'

const MOST_OFFERS = 32

/** An invoice's readable part (BOLT 11): a network, and an amount of bitcoins with a multiplier, or none. */
const INVOICE = /^ln(bc|tbs|tb|bcrt|sb)(?:(\d{1,12})([munp])?)?1[02-9ac-hj-np-z]+$/
/** What they make of one bitcoin, in tenths of a thousandth of a satoshi. */
const MULTIPLIERS: Readonly<Record<string, bigint>> = {
  '': 1_000_000_000_000n,
  m: 1_000_000_000n,
  u: 1_000_000n,
  n: 1_000n,
  p: 1n,
}

/** L402, and LSAT as it was called before: a Lightning invoice in `WWW-Authenticate`. Only recognised. */
export const l402: Dialect = {
  id: 'l402',
  headers: ['www-authenticate'],
  read(request, { headers }) {
    const offers = headerValues(headers, 'www-authenticate')
      .flatMap(parseChallenges)
      .filter(({ scheme }) => scheme === 'l402' || scheme === 'lsat')
      .slice(0, MOST_OFFERS)
      .map(({ scheme, params }) => lightningOffer('l402', scheme.toUpperCase(), params?.get('invoice')))
    if (offers.length === 0) return null
    const { origin: site } = new URL(request.url)
    return { ok: true, challenge: { request, site, description: null, foreignResource: false, hearsay: false, offers } }
  },
  payment: null,
}

/** What an invoice asks for; its payee is in it, but encoded, and paid by nobody here. */
const lightningOffer = (dialect: string, scheme: string, invoice: string | undefined): Offer =>
  nameOffer({ dialect, scheme, network: 'lightning', stated: statedBy(invoice ?? ''), problem: 'lightning' })

/** The amount that an invoice is for; null when it leaves it open, or is none. */
function statedBy(invoice: string): string | null {
  const [, network, digits, multiplier = ''] = INVOICE.exec(invoice.toLowerCase()) ?? []
  const factor = MULTIPLIERS[multiplier]
  if (digits === undefined || factor === undefined) return null
  const tenths = BigInt(digits) * factor
  // Nothing smaller than a thousandth of a satoshi can be paid.
  if (tenths % 10n !== 0n) return null
  const stated = sayAmount(tenths / 10n, 'msat')
  return network === 'bc' ? stated : `test ${stated}`
}
