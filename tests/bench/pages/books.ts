import { intentOf, requestKey } from '../../../lib/challenge/intent.ts'
import { readChallenge } from '../../../lib/challenge/read.ts'
import { Ledger, LimitReached } from '../../../lib/ledger/ledger.ts'
import { realmOf } from '../../../lib/money/networks.ts'
import { usd } from '../../../lib/money/usd.ts'
import { type Decision, decide, type Situation } from '../../../lib/policy/decide.ts'
import { limitsFor } from '../../../lib/policy/limits.ts'
import type { Rules } from '../../../lib/policy/rules.ts'

const OWNER = '0x1111111111111111111111111111111111111111'
const PAY_TO = '0xE7254f52ee1156807DB5155C8F08A8C871B278dC'
const ASSET = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const PRICE = 1_000n

const ledger = new Ledger()

/** The extension's ledger and rules in a plain page: every step of a decision that needs nothing of the extension's. */
const books = {
  open: () => ledger.open(),
  /** Decides on so many new requests one after another, and gives the milliseconds of each, reservation included. */
  async decideAndReserve(times: number): Promise<number[]> {
    const durations: number[] = []
    for (let time = 0; time < times; time++) {
      const start = performance.now()
      await buy(usd(1_000_000_000n))
      durations.push(performance.now() - start)
    }
    return durations
  },
  /** Decides on so many requests at once with room for fewer. Gives what the ledger then counts as spent, of the cap. */
  async rush(times: number, cap: bigint): Promise<{ reserved: number; spent: number }> {
    const results = await Promise.allSettled(Array.from({ length: times }, () => buy(usd(cap))))
    for (const result of results)
      if (result.status === 'rejected' && !(result.reason instanceof LimitReached)) throw result.reason
    const rows = await ledger.list(times)
    const spent = rows.filter(({ state }) => state === 'reserved').reduce((sum, { price }) => sum + price, 0n)
    return { reserved: rows.length, spent: Number(spent) / Number(cap) }
  },
}
Object.assign(window, { books })

export type Books = typeof books

/** The way of a page's request through `lib/payment`, from the 402 up to its reservation. */
async function buy(cap: ReturnType<typeof usd>): Promise<void> {
  const request = { method: 'GET', url: `${location.origin}/answer?${crypto.randomUUID()}`, bodyDigest: null }
  const rules: Rules = { autoPay: true, mostPerPayment: cap, mostPerDay: cap, mostPerSiteAndDay: cap, sites: {} }
  const reading = readChallenge(request, [{ name: 'payment-required', value: REQUIRED }])
  if (!reading.ok) throw new Error(reading.problem)
  const { challenge } = reading
  await ledger.openPurchases(requestKey(request))
  const [day, held] = await Promise.all([ledger.today(), ledger.held(OWNER, 'eip155:84532', ASSET.toLowerCase())])
  const limits = limitsFor(rules, challenge.site, realmOf('eip155:84532'), day)
  const totals = await ledger.totals(limits.map(({ counter }) => counter))
  const decision = decide({
    challenge,
    rules,
    day,
    totals,
    funds: { wallet: 'unlocked', available: () => 10n ** 12n - held },
    context: CONTEXT,
  })
  await reserve(decision, request, challenge, rules)
}

async function reserve(
  decision: Decision,
  request: Situation['challenge']['request'],
  challenge: Situation['challenge'],
  rules: Rules,
): Promise<void> {
  if (decision.action === 'refuse' && decision.reasons.every(({ code }) => code.startsWith('over_'))) return
  if (decision.action !== 'pay') throw new Error(`Decided to ${decision.action}: ${decision.reasons[0]?.code}`)
  const { offer } = decision
  await ledger.reserve(
    {
      request: requestKey(request),
      intent: intentOf(request, offer),
      site: challenge.site,
      page: challenge.site,
      url: request.url,
      method: request.method,
      description: challenge.description,
      reason: null,
      network: offer.asset.network,
      asset: offer.asset.address,
      units: offer.units,
      price: offer.price,
      payTo: offer.payTo,
      from: OWNER,
      decidedBy: 'rules',
    },
    (day) => limitsFor(rules, challenge.site, realmOf(offer.network), day),
  )
}

const CONTEXT: Situation['context'] = {
  page: location.origin,
  activeTab: true,
  fromHistory: false,
  paidRecently: false,
  maybePaid: false,
  afterRedirect: false,
  obstacle: null,
  clockSkew: 0,
  pageMaximum: null,
  approved: false,
}

const REQUIRED = btoa(
  JSON.stringify({
    x402Version: 2,
    resource: { url: `${location.origin}/answer` },
    accepts: [
      {
        scheme: 'exact',
        network: 'eip155:84532',
        amount: PRICE.toString(),
        asset: ASSET,
        payTo: PAY_TO,
        maxTimeoutSeconds: 300,
        extra: { name: 'USDC', version: '2' },
      },
    ],
  }),
)
