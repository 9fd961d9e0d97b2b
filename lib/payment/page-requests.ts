import { type Answer, findHeader } from '@/lib/challenge/answer'
import type { Challenge, PricedRequest } from '@/lib/challenge/challenge'
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
import type { Paywalls } from './paywalls'
import { needsBody, readChallenge } from './reading'
import { keptHeaders, pageAddress, type Sighting } from './sighting'

/** What pages may ask of the background: each ask of `lib/page` in the project's own words, and the answer in the page's. */
export function pageHandlers(
  interceptor: Interceptor,
  orchestrator: Orchestrator,
  ruleBook: RuleBook,
  paywalls: Pick<Paywalls, 'arrived'>,
): PageHandlers {
  return {
    watch: async ({ tabId, origin }, { worker }) => {
      interceptor.watch(tabId, worker === undefined ? undefined : { origin, url: worker })
      return null
    },
    status: async ({ origin }) => ({ version: 1, mode: siteRule(ruleBook.rules, origin, Date.now())?.mode ?? 'ask' }),
    quote: async (sender, { request }) => {
      const seen = await interceptor.seenAnswer(sender, request.marker)
      if (!seen) return null
      const reading = readChallenge(pricedRequest(request), answerOf(seen, request))
      return reading.ok ? quoteOf(reading.challenge) : { url: request.url, description: null, offers: [] }
    },
    pay: async (sender, { request, maxAmount, reason }) => {
      if (maxAmount !== undefined && parseUsd(maxAmount) === null) return { kind: 'refused', code: 'invalid_options' }
      // The relay asks again when the background ended before it could answer.
      if (orchestrator.isAsking(sender.tabId, request.marker)) return { kind: 'waiting' }
      const seen = await interceptor.seenAnswer(sender, request.marker)
      // Nobody saw that 402: the page made it up, or its own service worker did, or kept it.
      if (!seen) return { kind: 'refused', code: 'not_payable' }
      // What the page itself could not read is not for it to have paid.
      if (!isReadableBy(sender.origin, seen)) return { kind: 'refused', code: 'not_payable' }
      // What the site asks now may be something else.
      if (seen.fromCache) return { kind: 'again' }
      const sighting = fromPage(sender, request, seen, { maxAmount, reason })
      return payOutcome(await orchestrator.consider(sighting))
    },
    cancel: async ({ tabId }, { marker }) => {
      await orchestrator.cancel(tabId, marker)
      return null
    },
    unseen: async (sender) => {
      paywalls.arrived(sender)
      await interceptor.loadUnseen(sender.tabId, sender.url)
      return null
    },
  }
}

const pricedRequest = ({ url, method, bodyDigest, isAuthorized }: PageRequest): PricedRequest => ({
  url,
  method,
  bodyDigest,
  ...(isAuthorized && { isAuthorized }),
})

function fromPage(
  sender: PageSender,
  request: PageRequest,
  seen: SeenAnswer,
  { maxAmount, reason }: { maxAmount?: string | undefined; reason?: string | undefined },
): Sighting {
  const { tabId, documentId, origin, url } = sender
  return {
    target: {
      via: 'fetch',
      tabId,
      documentId,
      marker: request.marker,
      ...(seen.byWorker && { worker: origin }),
    },
    request: pricedRequest(request),
    answer: answerOf(seen, request),
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

/** The answer that was seen. Its body is what the page says of it, where the headers that were seen leave that open. */
function answerOf({ status, headers }: SeenAnswer, request: PageRequest): Answer {
  const answer = { status, headers: keptHeaders(headers), body: null }
  const { answered: text } = request
  return text !== null && needsBody(pricedRequest(request), answer)
    ? { ...answer, body: { text, from: 'page' } }
    : answer
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
    offers: offers.map(({ scheme, network, assetAddress, units, price, stated, payTo, problem }) => ({
      scheme,
      network,
      asset: assetAddress,
      amount: units?.toString() ?? null,
      usd: price === null ? null : usdToString(price),
      stated,
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
    case 'opening':
      return { kind: 'again' }
  }
}

/** Whatever has to do with the user's own rules, limits or money is one and the same answer to a page. */
const CODES: Readonly<Record<RefuseReason, PaymentErrorCode>> = {
  unreadable: 'not_payable',
  says_nothing: 'not_payable',
  nothing_payable: 'not_payable',
  other_way: 'not_payable',
  plain_http: 'insecure',
  redirected: 'insecure',
  form_post: 'not_payable',
  form_files: 'not_payable',
  form_foreign: 'not_payable',
  part_cached: 'not_payable',
  part_unasked: 'not_allowed',
  site_blocked: 'not_allowed',
  own_payee: 'not_payable',
  own_fee_payer: 'not_payable',
  metamask_cannot: 'not_payable',
  signature_agent_needed: 'not_payable',
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
  allowance_missing: 'not_allowed',
  approval_unlimited: 'not_allowed',
  declined: 'declined',
  metamask_rejected: 'declined',
  metamask_failed: 'failed',
  no_answer: 'declined',
  outcome_open: 'outcome_open',
  page_gone: 'failed',
  not_repeatable: 'not_payable',
  asked_twice: 'not_payable',
  failed: 'failed',
}

const codeFor = (reasons: readonly Reason<RefuseReason>[]): PaymentErrorCode =>
  reasons[0] ? CODES[reasons[0].code] : 'failed'
