import { type AnswerHeader, findHeader } from '@/lib/challenge/answer'
import type { Offer } from '@/lib/challenge/challenge'
import type { Dialect } from '@/lib/challenge/dialect'
import { MERCHANT, readOffer } from '@/lib/challenge/offer'
import { cleanText } from '@/lib/challenge/text'
import { CREDIT } from '@/lib/money/assets'
import { CLOUDFLARE } from '@/lib/money/networks'
import { parseUsd, type Usd } from '@/lib/money/usd'

/** As offers of pay-per-crawl name their way of paying, which has no name of its own. */
export const PAY_PER_CRAWL = 'pay-per-crawl'

const PRICE = /^([A-Z]{3}) (\d{1,12}(?:\.\d{1,18})?)$/

/**
 * Pay-per-crawl: prices in headers of their own, billed later. Of the two ways to agree, the exact price is named and never a
 * maximum: nothing else than what was decided on can be charged.
 */
export const crawler: Dialect = {
  id: 'crawler',
  headers: ['crawler-price'],
  read(request, { headers }, schemes) {
    const price = findHeader(headers, 'crawler-price')
    if (price === null) return null
    const [, currency, amount = ''] = PRICE.exec(price.trim()) ?? []
    if (currency === undefined) return { ok: false, problem: 'wrong_shape' }
    const dollars = currency === 'USD'
    const offer: Offer = readOffer(
      {
        scheme: PAY_PER_CRAWL,
        network: CLOUDFLARE.id,
        // What is finer than a millionth is no amount that can be held.
        amount: (parseUsd(amount) ?? 0n).toString(),
        asset: dollars ? CREDIT.micros.address : currency,
        payTo: MERCHANT,
        maxTimeoutSeconds: 0,
      },
      { dialect: 'crawler', accepted: { 'crawler-price': price.trim() }, envelope: {} },
      schemes,
    )
    return {
      ok: true,
      challenge: {
        request,
        site: new URL(request.url).origin,
        description: null,
        foreignResource: false,
        hearsay: false,
        offers: [dollars ? offer : { ...offer, stated: cleanText(price) }],
      },
    }
  },
  payment: {
    /** The price goes back as it came: the server compares the two. */
    credential: ({ accepted }) => ({
      headers: [{ name: 'crawler-exact-price', value: String(accepted['crawler-price']) }],
    }),
    receipt(headers) {
      const errorReason = cleanText(findHeader(headers, 'crawler-error'))
      if (errorReason !== null) return { success: false, transaction: null, errorReason }
      const charged = chargedIn(headers)
      return charged === null ? null : { success: true, transaction: null, units: charged, errorReason: null }
    },
  },
}

function chargedIn(headers: readonly AnswerHeader[]): Usd | null {
  const [, currency, amount = ''] = PRICE.exec(findHeader(headers, 'crawler-charged')?.trim() ?? '') ?? []
  return currency === 'USD' ? parseUsd(amount) : null
}
