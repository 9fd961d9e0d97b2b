import { intentOf, requestKey } from '../../../lib/challenge/intent.ts'
import { Ledger, LimitReached } from '../../../lib/ledger/ledger.ts'
import { ASSETS, tokenId } from '../../../lib/money/assets.ts'
import { usd } from '../../../lib/money/usd.ts'
import { readChallenge } from '../../../lib/payment/reading.ts'
import { type Decision, decide, type Situation } from '../../../lib/policy/decide.ts'
import { limitsFor } from '../../../lib/policy/limits.ts'
import { DEFAULT_RULES, type Rules } from '../../../lib/policy/rules.ts'

const NETWORK = 'eip155:84532'
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
  const rules: Rules = {
    ...DEFAULT_RULES,
    autoPay: true,
    mostPerPayment: cap,
    mostPerDay: cap,
    mostPerMonth: cap,
    mostPerSiteAndDay: cap,
    tokens: ASSETS.map(tokenId),
  }
  const reading = readChallenge(request, {
    status: 402,
    headers: [{ name: 'payment-required', value: REQUIRED }],
    body: null,
  })
  if (!reading.ok) throw new Error(reading.problem)
  const { challenge } = reading
  const spending = { network: NETWORK, site: challenge.site, page: challenge.site, agent: null }
  const moment = ledger.moment()
  const [held, site] = await Promise.all([
    ledger.held(OWNER, NETWORK, ASSET.toLowerCase()),
    ledger.siteRecord(spending),
    ledger.openPurchases(requestKey(request)),
    ledger.latestPaid(requestKey(request), Date.now() - 600_000),
  ])
  const tallies = await ledger.tallies(limitsFor(rules, spending, moment.now).map(({ scope }) => scope))
  const decision = decide({
    challenge,
    signature: () => null,
    bought: null,
    rules,
    moment,
    tallies,
    site: () => site,
    funds: {
      payer: () => ({ signer: 'vault', state: 'unlocked', address: OWNER }),
      available: () => 10n ** 12n - held,
      lacksRpc: () => false,
      obstacle: () => null,
    },
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
      dialect: offer.dialect,
      rail: offer.terms.rail,
      network: offer.asset.network,
      asset: offer.asset.address,
      units: offer.units,
      price: offer.price,
      payTo: offer.payTo,
      from: OWNER,
      decidedBy: 'rules',
      agent: null,
    },
    ({ now }) =>
      limitsFor(rules, { network: offer.network, site: challenge.site, page: challenge.site, agent: null }, now),
  )
}

const CONTEXT: Situation['context'] = {
  page: location.origin,
  agent: null,
  activeTab: true,
  fromHistory: false,
  paidRecently: false,
  maybePaid: false,
  afterRedirect: false,
  unasked: false,
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
        network: NETWORK,
        amount: PRICE.toString(),
        asset: ASSET,
        payTo: PAY_TO,
        maxTimeoutSeconds: 300,
        extra: { name: 'USDC', version: '2' },
      },
    ],
  }),
)
