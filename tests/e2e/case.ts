import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Download, Page, Response } from '@playwright/test'
import { z } from 'zod'
import type { X402Provider } from '../../lib/page/api.ts'
import type { Payment, Tuppence } from '../../playground/driver/tuppence.ts'
import { until } from '../../playground/driver/until.ts'

const LONGEST_DATA = 2_000
/** How long a page that is not waiting for a person may still change its mind, in milliseconds. */
const GRACE_MS = 2_000
/** How long the chain may take to show what the site reported, in milliseconds. */
const SETTLING_MS = 3_000

/** One thing to buy, as CASES has it. */
export const caseSchema = z
  .strictObject({
    id: z.union([z.string(), z.number()]),
    url: z.url(),
    /** `fetch`: a page calls the page API. `navigate`: a tab goes there. */
    via: z.enum(['fetch', 'native', 'navigate']),
    method: z.string().default('GET'),
    body: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    /** The page that calls; by default a blank one at the resource's own origin. */
    pageUrl: z.url().optional(),
    /** What the person says when asked. */
    onPrompt: z.enum(['pay', 'decline']),
    /** So many times one after another, in the same page. */
    repeat: z.int().min(1).default(1),
    /** So many at the same time. */
    parallel: z.int().min(1).max(1_000).default(1),
    timeoutMs: z.int().min(1).default(30_000),
  })
  .refine(({ via, method, body, parallel }) => via !== 'navigate' || (method === 'GET' && !body && parallel === 1), {
    error: 'a navigation is one GET at a time: leave out method, body and parallel',
  })
export type Case = z.output<typeof caseSchema>

export interface CaseResult {
  readonly id: string | number
  /** Whether every answer was a 2xx. */
  readonly success: boolean
  /** Of the first answer that was no success, else of the last one; so is `data`. Null when there was no answer. */
  readonly status_code: number | null
  /** The answer's text, its first 2,000 characters. */
  readonly data: string | null
  /** The last receipt that came, decoded: PAYMENT-RESPONSE, or what other dialects have in its place. */
  readonly payment_response: unknown
  /** How many approvals were shown. */
  readonly prompts: number
  /** Why nothing was paid. */
  readonly reason: string | null
  readonly payments: readonly PaymentResult[]
  /** What went wrong in the case itself. */
  readonly error?: string
}

interface PaymentResult {
  readonly state: Payment['state']
  /** Atomic units. */
  readonly amount: string
  readonly asset: string
  readonly network: string
  readonly payTo: string
  readonly nonce?: string
  readonly transaction?: string
}

interface Answer {
  readonly status: number | null
  readonly data: string | null
  /** Why there is no answer. */
  readonly error?: string
}

/**
 * Runs one case in a tab of its own. Never rejects and never hangs: what goes wrong is in the result.
 * @param provable whether the extension can ask the chain, so that payments become settled
 */
export async function runCase(tuppence: Tuppence, spec: Case, provable: boolean): Promise<CaseResult> {
  if (spec.via === 'native')
    return failure(spec.id, 'unsupported', 'A page’s own window.fetch does not pay yet: use via "fetch".')
  try {
    return await buy(tuppence, spec, provable)
  } catch (error) {
    return failure(spec.id, 'error', messageOf(error))
  }
}

/** The result of a case that could not be run. */
export function failure(id: Case['id'], reason: string, error: string): CaseResult {
  const nothing = { success: false, status_code: null, data: null, payment_response: null, prompts: 0 }
  return { id, ...nothing, reason, payments: [], error }
}

class TimedOut extends Error {}

async function buy(tuppence: Tuppence, spec: Case, provable: boolean): Promise<CaseResult> {
  const started = Date.now()
  const page = await tuppence.context.newPage()
  const lastReceipt = watchReceipts(page)
  const person = answerPrompts(tuppence, spec.onPrompt)
  const answers: Answer[] = []
  let trouble: unknown
  try {
    const calls = spec.via === 'navigate' ? navigate(tuppence, page, spec, answers) : callFrom(page, spec, answers)
    await Promise.race([calls, person.failed, timeLimit(spec.timeoutMs)])
  } catch (error) {
    trouble = error
  }
  const reasons = await tuppence.tabState(page).then(
    (tab) => tab.reasons,
    () => [],
  )
  const prompts = await person.leave()
  const payments = await paymentsSince(tuppence, started, provable)
  const receipt = await lastReceipt()
  await page.close()
  // What still waits for an answer is for a page that is gone: the next case must not find it.
  await until(
    () => tuppence.pendingApprovals(),
    (approvals) => approvals.length === 0,
    'An approval outlived its page',
  )

  const shown = answers.find((answer) => !isSuccess(answer)) ?? answers.at(-1)
  const error = trouble ? messageOf(trouble) : shown?.error
  const reason = trouble instanceof TimedOut ? 'timeout' : (reasons[0]?.code ?? (error ? 'error' : null))
  return {
    id: spec.id,
    success: answers.length === spec.repeat * spec.parallel && answers.every(isSuccess),
    status_code: shown?.status ?? null,
    data: shown?.data ?? null,
    payment_response: receipt,
    prompts,
    reason: payments.length > 0 ? null : reason,
    payments,
    ...(error && { error }),
  }
}

const isSuccess = ({ status }: Answer): boolean => status !== null && status >= 200 && status < 300

/** The page calls the page API. */
async function callFrom(page: Page, spec: Case, answers: Answer[]): Promise<void> {
  if (spec.pageUrl) await page.goto(spec.pageUrl)
  else await openBlankPage(page, new URL('/blank', spec.url).href)
  await page.waitForFunction(() => 'x402Provider' in window)
  const { url, method, body, headers } = spec
  const init = { method, ...(body !== undefined && { body }), ...(headers && { headers }) }
  for (let round = 0; round < spec.repeat; round += 1) {
    const round = await page.evaluate(
      ({ url, init, parallel, longest }) => {
        const { x402Provider } = window as unknown as { x402Provider: X402Provider }
        const call = async () => {
          try {
            const response = await x402Provider.fetch(url, init)
            return { status: response.status, data: (await response.text()).slice(0, longest) }
          } catch (error) {
            return { status: null, data: null, error: String(error) }
          }
        }
        return Promise.all(Array.from({ length: parallel }, call))
      },
      { url, init, parallel: spec.parallel, longest: LONGEST_DATA },
    )
    answers.push(...round)
  }
}

/** An empty page of the origin, without asking its server for one. */
async function openBlankPage(page: Page, url: string): Promise<void> {
  await page.route(url, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Blank</title>' }),
  )
  await page.goto(url)
  await page.unroute(url)
}

/** The tab goes to the address, and shows what comes of it. */
async function navigate(tuppence: Tuppence, page: Page, spec: Case, answers: Answer[]): Promise<void> {
  if (spec.headers) await page.setExtraHTTPHeaders(spec.headers)
  for (let round = 0; round < spec.repeat; round += 1) {
    // What is known of a page is forgotten when its tab goes elsewhere.
    await page.goto('about:blank')
    const seen = watchDocument(page)
    // An empty 402, a download and a tab that is loaded again all reject here, and are all in order.
    const failed = await page.goto(spec.url).then(() => null, messageOf)
    if (seen.response) await outcomeOf(tuppence, page, seen)
    seen.stop()
    const error = !seen.response && failed !== null && { error: failed }
    answers.push({ status: seen.response?.status() ?? null, data: await dataOf(seen), ...error })
  }
}

/** What a tab's top frame was last answered. */
interface SeenDocument {
  response: Response | null
  download: Download | null
  stop(): void
}

function watchDocument(page: Page): SeenDocument {
  const onResponse = (response: Response) => {
    if (response.request().isNavigationRequest() && response.frame() === page.mainFrame()) seen.response = response
  }
  const onDownload = (download: Download) => {
    seen.download = download
  }
  const seen: SeenDocument = {
    response: null,
    download: null,
    stop() {
      page.off('response', onResponse).off('download', onDownload)
    },
  }
  page.on('response', onResponse).on('download', onDownload)
  return seen
}

/** Waits until the page was delivered, or until it is clear that it will not be paid. */
async function outcomeOf(tuppence: Tuppence, page: Page, seen: SeenDocument): Promise<void> {
  const started = Date.now()
  let idleSince = started
  while (seen.response?.status() === 402) {
    const state = await tuppence.tabState(page).then(
      (tab) => tab.state,
      () => 'free',
    )
    if (state === 'not_paid') return
    if (state === 'waiting' || (await tuppence.payments(started)).some(isUnanswered)) idleSince = Date.now()
    else if (Date.now() - idleSince > GRACE_MS) return
    await sleep(50)
  }
}

const isUnanswered = ({ state, answerStatus }: Payment): boolean =>
  (state === 'reserved' || state === 'signed' || state === 'sent') && answerStatus === null

async function dataOf({ response, download }: SeenDocument): Promise<string | null> {
  const text = download ? await readFile(await download.path(), 'utf8') : await response?.text().catch(() => '')
  return text?.slice(0, LONGEST_DATA) ?? null
}

/** A person who gives every approval the same answer. */
function answerPrompts(tuppence: Tuppence, answer: Case['onPrompt']) {
  let prompts = 0
  let present = true
  const watch = async () => {
    while (present) {
      const [waiting] = await tuppence.pendingApprovals()
      if (waiting) {
        prompts += 1
        await (answer === 'pay' ? tuppence.approve() : tuppence.decline())
      } else {
        await sleep(50)
      }
    }
  }
  const watching = watch()
  return {
    /** Rejects when an approval cannot be answered, and never resolves. */
    failed: new Promise<never>((_, reject) => watching.catch(reject)),
    /** Stops answering, and tells how many approvals there were. */
    async leave(): Promise<number> {
      present = false
      await watching.catch(() => undefined)
      return prompts
    },
  }
}

async function timeLimit(ms: number): Promise<never> {
  await sleep(ms, undefined, { ref: false })
  throw new TimedOut(`The case took longer than ${ms} ms.`)
}

/** Of x402 in its two versions, and of MPP. */
const RECEIPT_HEADERS = ['payment-response', 'x-payment-response', 'payment-receipt']

/** Collects the receipts that reach the browser, whatever the page may see of them. Gives the last one. */
function watchReceipts(page: Page): () => Promise<unknown> {
  const headers: Promise<string | null>[] = []
  page.on('response', (response) => {
    for (const name of RECEIPT_HEADERS) headers.push(response.headerValue(name).catch(() => null))
  })
  return async () => {
    const last = (await Promise.all(headers)).filter((header) => header !== null).at(-1)
    return last === undefined ? null : decodeHeader(last)
  }
}

function decodeHeader(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString())
  } catch {
    return null
  }
}

/** The payments made since then, oldest first, once the answers and the chain have had a moment to have their say. */
async function paymentsSince(tuppence: Tuppence, since: number, provable: boolean): Promise<PaymentResult[]> {
  const isMoving = (payment: Payment) => isUnanswered(payment) || (provable && payment.state === 'sent')
  const deadline = Date.now() + SETTLING_MS
  let rows = await tuppence.payments(since)
  while (rows.some(isMoving) && Date.now() < deadline) {
    await sleep(50)
    rows = await tuppence.payments(since)
  }
  return rows.toReversed().map(({ state, units, charged, asset, network, payTo, nonce, transaction }) => ({
    state,
    // Of a ceiling, what was taken.
    amount: charged?.units ?? units,
    asset,
    network,
    payTo,
    ...(nonce && { nonce }),
    ...(transaction && { transaction }),
  }))
}

/** The first line says it; what Playwright adds below is for its own tests. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] ?? message
}
