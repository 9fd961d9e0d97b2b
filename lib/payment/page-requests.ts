import type { Challenge } from '@/lib/challenge/challenge'
import { findHeader, readChallenge } from '@/lib/challenge/read'
import { cleanText } from '@/lib/challenge/text'
import type { Interceptor, SeenAnswer } from '@/lib/intercept/interceptor'
import type { PageHandlers, PageSender } from '@/lib/messaging/pages'
import { parseUsd, usdToString } from '@/lib/money/usd'
import type { PaymentErrorCode, Quote } from '@/lib/page/api'
import type { PageRequest, PayOutcome } from '@/lib/page/wire'
import type { Reason, RefuseReason } from '@/lib/policy/reasons'
import { siteRule } from '@/lib/policy/rules'
import type { RuleBook } from '@/lib/settings/rules'
import type { Orchestrator, Outcome } from './orchestrator'
import { keptHeaders, pageAddress, type Sighting } from './sighting'

/** What pages may ask of the background: each ask of `lib/page` in the project's own words, and the answer in the page's. */
export function pageHandlers(
  interceptor: Interceptor,
  orchestrator: Orchestrator,
  ruleBook: RuleBook,
  reloadUnseen: (sender: PageSender) => Promise<void>,
): PageHandlers {
  return {
    watch: async ({ tabId }) => {
      interceptor.watch(tabId)
      return null
    },
    status: async ({ origin }) => ({ version: 1, mode: siteRule(ruleBook.rules, origin, Date.now())?.mode ?? 'ask' }),
    quote: async ({ tabId }, { request }) => {
      const seen = await interceptor.seenAnswer(tabId, request.marker)
      if (!seen) return null
      const reading = readChallenge(pricedRequest(request), seen.headers)
      return reading.ok ? quoteOf(reading.challenge) : null
    },
    pay: async (sender, { request, maxAmount, reason }) => {
      if (maxAmount !== undefined && parseUsd(maxAmount) === null) return { kind: 'refused', code: 'invalid_options' }
      // The relay asks again when the background ended before it could answer.
      if (orchestrator.isAsking(sender.tabId, request.marker)) return { kind: 'waiting' }
      const seen = await interceptor.seenAnswer(sender.tabId, request.marker)
      // Nobody saw that 402: the page made it up, or its own service worker did.
      if (!seen) return { kind: 'refused', code: 'not_payable' }
      // What the page itself could not read is not for it to have paid.
      if (!isReadableBy(sender.origin, seen)) return { kind: 'refused', code: 'not_payable' }
      const sighting = fromPage(sender, request, seen, { maxAmount, reason })
      return payOutcome(await orchestrator.consider(sighting))
    },
    cancel: async ({ tabId }, { marker }) => {
      await orchestrator.cancel(tabId, marker)
      return null
    },
    unseen: async (sender) => {
      await reloadUnseen(sender)
      return null
    },
  }
}

const pricedRequest = ({ url, method, bodyDigest }: PageRequest) => ({ url, method, bodyDigest })

function fromPage(
  sender: PageSender,
  request: PageRequest,
  seen: SeenAnswer,
  { maxAmount, reason }: { maxAmount?: string | undefined; reason?: string | undefined },
): Sighting {
  const { tabId, documentId, origin, url } = sender
  return {
    target: { via: 'fetch', tabId, documentId, marker: request.marker },
    request: pricedRequest(request),
    headers: keptHeaders(seen.headers),
    page: origin,
    pageUrl: pageAddress(url),
    pageMaximum: maxAmount ?? null,
    reason: cleanText(reason),
    agent: null,
    fromHistory: false,
    afterRedirect: false,
    // The 402 has to be the answer of the very request that would be repeated.
    obstacle: seen.url === request.url && seen.method === request.method ? null : 'redirected',
  }
}

/** As the browser's own rule for reading answers of another origin (Fetch, "CORS check"). */
function isReadableBy(origin: string, { url, headers }: SeenAnswer): boolean {
  const allowed = findHeader(headers, 'access-control-allow-origin')
  return new URL(url).origin === origin || allowed === '*' || allowed === origin
}

function quoteOf({ request, description, offers }: Challenge): Quote {
  return {
    url: request.url,
    description,
    offers: offers.map(({ scheme, network, assetAddress, units, price, payTo, problem }) => ({
      scheme,
      network,
      asset: assetAddress,
      amount: units?.toString() ?? null,
      usd: price === null ? null : usdToString(price),
      payTo,
      payable: problem === null,
    })),
  }
}

/** What a page learns. */
export function payOutcome(outcome: Outcome): PayOutcome {
  switch (outcome.kind) {
    case 'asked':
      return { kind: 'waiting' }
    case 'refused':
      return { kind: 'refused', code: codeFor(outcome.reasons) }
    case 'paying':
      return { kind: 'repeat' }
  }
}

/** Whatever has to do with the user's own rules, limits or money is one and the same answer to a page. */
const CODES: Readonly<Record<RefuseReason, PaymentErrorCode>> = {
  unreadable: 'not_payable',
  nothing_payable: 'not_payable',
  plain_http: 'insecure',
  redirected: 'insecure',
  form_post: 'not_payable',
  site_blocked: 'not_allowed',
  own_payee: 'not_payable',
  own_fee_payer: 'not_payable',
  over_page_maximum: 'over_max_amount',
  agent_blocked: 'not_allowed',
  token_off: 'not_allowed',
  test_money_off: 'not_allowed',
  over_day_limit: 'not_allowed',
  over_week_limit: 'not_allowed',
  over_month_limit: 'not_allowed',
  over_minute_limit: 'not_allowed',
  over_site_day_limit: 'not_allowed',
  over_site_week_limit: 'not_allowed',
  over_site_month_limit: 'not_allowed',
  over_site_minute_limit: 'not_allowed',
  over_agent_day_limit: 'not_allowed',
  over_agent_week_limit: 'not_allowed',
  over_agent_month_limit: 'not_allowed',
  over_agent_minute_limit: 'not_allowed',
  books_unusable: 'not_allowed',
  rules_unusable: 'not_allowed',
  rules_changed: 'not_allowed',
  silenced: 'not_allowed',
  too_many_questions: 'not_allowed',
  no_site_account: 'not_allowed',
  insufficient_funds: 'not_allowed',
  rpc_needed: 'not_allowed',
  rpc_silent: 'failed',
  declined: 'declined',
  metamask_rejected: 'declined',
  metamask_failed: 'failed',
  no_answer: 'declined',
  outcome_open: 'outcome_open',
  page_gone: 'failed',
  not_repeatable: 'not_payable',
  failed: 'failed',
}

const codeFor = (reasons: readonly Reason<RefuseReason>[]): PaymentErrorCode =>
  reasons[0] ? CODES[reasons[0].code] : 'failed'
