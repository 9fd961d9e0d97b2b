import { setTimeout as sleep } from 'node:timers/promises'
import { encodePaymentResponseHeader } from '@x402/core/http'
import type { SettleResponse } from '@x402/core/types'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import type { Playground } from '../../playground/playground.ts'
import { expect, type Page, signaturesAt, test } from './fixtures.ts'
import { type Behaviour, type Deal, type HostileShop, openHostileShop, PRICE } from './hostile-shop.ts'

/** What a server does, how it is visited, and what must have come of it. */
interface Case extends Behaviour {
  /** What the page gets, try by try; "asked" where a person is asked instead. */
  readonly tries?: readonly (string | RegExp)[]
  /** In place of tries: how often a tab loads the page. */
  readonly loads?: number
  /** What is asked for. */
  readonly path?: string
  readonly init?: { readonly method?: string; readonly cache?: RequestCache; readonly headers?: Record<string, string> }
  /** How many requests go out at the same time, one by default. */
  readonly atOnce?: number
  /** After so many milliseconds the page gives up. */
  readonly patience?: number
  /** The request comes from a page of another site. */
  readonly fromElsewhere?: boolean
  /** How many different signatures the server sees, one by default. */
  readonly signatures?: number
  /** How many transfers the chain shows, none by default. */
  readonly transfers?: number
  /** The states of the ledger's rows, oldest first. */
  readonly states: string | RegExp
}

const TAKEN = /^(unknown|settled)$/
const MADE_UP = `0x${'ab'.repeat(32)}`
const LOSES_PATIENCE_MS = 1_000
const QUIET_MS = 400
/** Servers that go around in circles are never quiet. */
const MOST_LOOKS = 8
const OFTEN = { intervals: [50] }

const receipt = (settlement: Partial<SettleResponse>) => ({
  'PAYMENT-RESPONSE': encodePaymentResponseHeader({
    success: true,
    transaction: '',
    network: 'eip155:84532',
    ...settlement,
  }),
})

/** Takes the money, then does something else. */
const afterSettling = (next: (deal: Deal, settlement: SettleResponse) => unknown) => async (deal: Deal) =>
  next(deal, await deal.settle())

/** Servers that take the money, once, and give something for it. */
const DELIVERING: Readonly<Record<string, Case>> = {
  'settles and answers 204': {
    paid: afterSettling(({ answer }) => answer(204)),
    tries: ['204'],
    transfers: 1,
    states: 'settled',
  },
  'settles and says nothing of it': {
    paid: afterSettling(({ answer }) => answer(200)),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and says that it did not': {
    paid: afterSettling(({ answer }) => answer(200, receipt({ success: false, errorReason: 'insufficient_funds' }))),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and names a transaction that is none': {
    paid: afterSettling(({ answer }) => answer(200, receipt({ transaction: MADE_UP }))),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and names a transaction of others': {
    paid: afterSettling(({ answer }) => answer(200, receipt({ transaction: transactionOfOthers }))),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and names another network': {
    paid: afterSettling(({ answer }, { transaction }) => answer(200, receipt({ transaction, network: 'eip155:8453' }))),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and sends a receipt of rubbish': {
    paid: afterSettling(({ answer }) => answer(200, { 'PAYMENT-RESPONSE': '%%% not base64 %%%' })),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and sends a receipt of a hundred kilobytes': {
    paid: afterSettling(({ answer }) => answer(200, { 'PAYMENT-RESPONSE': 'A'.repeat(100 * 1024) })),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles and asks for more in the same answer': {
    paid: afterSettling(({ answer, offer }) => answer(200, offer({ amount: '90000' }))),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles the same bytes twice at once': {
    paid: async ({ settle, answer }) => {
      await Promise.all([settle(), settle()])
      answer(200)
    },
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles the same bytes again and again': {
    paid: async ({ settle, answer }) => {
      for (let time = 0; time < 3; time++) await settle()
      answer(200)
    },
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles once more after it has answered': {
    paid: async ({ settle, answer }) => {
      await settle()
      answer(200)
      await settle()
    },
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles when the authorization has almost run out': {
    unpaid: ({ quote }) => quote({ maxTimeoutSeconds: 9 }),
    paid: async ({ settle, answer }) => {
      await sleep(1_500)
      await settle()
      answer(200)
    },
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'settles after it has answered': {
    paid: async ({ settle, answer }) => {
      answer(200)
      await sleep(300)
      await settle()
    },
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'says first that it is working on it': {
    paid: afterSettling(({ answer, response }) => {
      response.writeProcessing()
      answer(200)
    }),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'gives early hints first': {
    paid: afterSettling(({ answer, response }) => {
      response.writeEarlyHints({ link: '</essay>; rel=preload; as=fetch' })
      answer(200)
    }),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'sells the head of a page': {
    init: { method: 'HEAD' },
    paid: afterSettling(({ answer }) => answer(200)),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'lets its 402 be cached, and the page prefers the cache': {
    init: { cache: 'force-cache' },
    unpaid: ({ quote }) => quote({}, { 'Cache-Control': 'public, max-age=3600, immutable' }),
    paid: afterSettling(({ answer }) => answer(200)),
    tries: ['200'],
    transfers: 1,
    states: 'settled',
  },
  'cuts the content short': {
    paid: afterSettling(({ response }) => {
      response.writeHead(200, { 'Content-Length': 1_000 })
      response.write('The ess', () => response.destroy())
    }),
    tries: ['TypeError'],
    transfers: 1,
    states: 'settled',
  },
  'sends a packed content that cannot be unpacked': {
    paid: afterSettling(({ response }) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      response.end('not packed at all')
    }),
    tries: ['TypeError'],
    transfers: 1,
    states: 'settled',
  },
  'sends a content that never ends': {
    paid: afterSettling(({ response }) => {
      response.writeHead(200)
      response.write('The ess')
    }),
    patience: LOSES_PATIENCE_MS,
    tries: ['TimeoutError'],
    transfers: 1,
    states: 'settled',
  },
  'is asked twice at once, and takes each payment once': {
    paid: afterSettling(({ answer }) => answer(200)),
    atOnce: 2,
    tries: ['200 200'],
    signatures: 2,
    transfers: 2,
    states: 'settled settled',
  },
}

/** Servers that take the money and do not give what was paid for. */
const TAKING: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    [304, 400, 401, 404, 412, 429, 500, 503].map((status) => [
      `settles and answers ${status}`,
      {
        paid: afterSettling(({ answer }: Deal) => answer(status, { 'Retry-After': '0', 'WWW-Authenticate': 'Bearer' })),
        tries: [`${status}`, 'asked'],
        transfers: 1,
        states: TAKEN,
      },
    ]),
  ),
  'settles and asks for the same again': {
    paid: afterSettling(({ quote }) => quote()),
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and asks for more': {
    paid: afterSettling(({ quote }) => quote({ amount: '90000' })),
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and asks for another payee': {
    paid: afterSettling(({ quote, newPayee }) => quote({ payTo: newPayee() })),
    unpaid: ({ quote, newPayee }) => quote({ payTo: newPayee() }),
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and asks again, with a cookie': {
    paid: afterSettling(({ quote }) => quote({}, { 'Set-Cookie': 'visitor=1; Path=/' })),
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles, says that it failed, and asks again': {
    paid: afterSettling(({ quote }) => quote({}, receipt({ success: false, errorReason: 'nonce_used' }))),
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles only after it has asked again': {
    paid: async ({ settle, quote }) => {
      quote()
      await sleep(300)
      await settle()
    },
    tries: ['402', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and breaks the connection': {
    paid: afterSettling(({ response }) => response.destroy()),
    tries: ['TypeError', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and answers with more headers than the browser takes': {
    paid: afterSettling(({ answer }) => answer(200, { 'PAYMENT-RESPONSE': 'A'.repeat(400 * 1024) })),
    tries: ['TypeError', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and never answers': {
    paid: ({ settle }) => settle(),
    patience: LOSES_PATIENCE_MS,
    tries: ['TimeoutError', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
  'settles and leads to another page of its own': {
    unpaid: ({ request, quote, answer }) => (request.url === '/thanks' ? answer(200) : quote()),
    paid: afterSettling(({ answer }) => answer(303, { Location: '/thanks' })),
    tries: ['200', 'asked'],
    transfers: 1,
    states: TAKEN,
  },
}

/** Servers that do not take the money, or claim what is not so: the same bytes may go out again, and no others. */
const CLAIMING: Readonly<Record<string, Case>> = {
  'asks for the same for ever': {
    paid: ({ quote }) => quote(),
    tries: Array.from({ length: 5 }, () => '402'),
    states: 'unknown',
  },
  'asks for more each time': {
    paid: ({ quote, paidRequests }) => quote({ amount: `${paidRequests + 1}0000` }),
    tries: ['402', '402', '402'],
    states: 'unknown',
  },
  'asks for less each time': {
    paid: ({ quote, paidRequests }) => quote({ amount: `${1000 - paidRequests}` }),
    tries: ['402', '402', '402'],
    states: 'unknown',
  },
  'changes price and payee with every request': {
    unpaid: ({ quote, newPayee }) => quote({ payTo: newPayee(), amount: `${1000 + Math.floor(Math.random() * 1000)}` }),
    paid: ({ quote, newPayee }) => quote({ payTo: newPayee() }),
    tries: ['402', '402', '402'],
    states: 'unknown',
  },
  'asks again, with a cookie': {
    paid: ({ quote, paidRequests }) => quote({}, { 'Set-Cookie': `try=${paidRequests}; Path=/` }),
    tries: ['402', '402', '402'],
    states: 'unknown',
  },
  'asks again in words alone': {
    paid: ({ answer }) => answer(402),
    tries: ['402', '402'],
    states: 'unknown',
  },
  'fails five times': {
    paid: ({ answer }) => answer(500),
    tries: Array.from({ length: 5 }, () => '500'),
    states: 'unknown',
  },
  'is busy, and says when to come again': {
    paid: ({ answer, paidRequests }) => answer(paidRequests % 2 ? 503 : 429, { 'Retry-After': '0' }),
    tries: ['503', '429', '503'],
    states: 'unknown',
  },
  'wants a password in between': {
    paid: ({ answer, paidRequests }) =>
      answer(paidRequests === 1 ? 401 : 500, { 'WWW-Authenticate': 'Bearer realm="Members"' }),
    tries: ['401', '500'],
    states: 'unknown',
  },
  'wants a proxy’s password': {
    paid: ({ answer }) => answer(407, { 'Proxy-Authenticate': 'Basic realm="Members"' }),
    tries: ['TypeError', 'TypeError'],
    states: 'unknown',
  },
  'says that the request took too long': {
    paid: ({ answer }) => answer(408, { Connection: 'close' }),
    tries: [/408|TypeError/],
    states: 'unknown',
  },
  'breaks the connection each time': {
    paid: ({ response }) => response.destroy(),
    tries: ['TypeError', 'TypeError', 'TypeError'],
    states: 'unknown',
  },
  'answers in another language': {
    paid: ({ response }) => response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n\r\n\r\n'),
    tries: ['TypeError'],
    states: 'unknown',
  },
  'never answers until the page gives up': {
    paid: () => undefined,
    patience: LOSES_PATIENCE_MS,
    tries: ['TimeoutError', 'TimeoutError'],
    states: 'unknown',
  },
  'answers when the authorization has run out': {
    unpaid: ({ quote }) => quote({ maxTimeoutSeconds: 2 }),
    paid: async ({ answer }) => {
      await sleep(4_000)
      answer(200)
    },
    tries: ['200'],
    states: 'unknown',
  },
  'gives without taking': {
    paid: ({ answer }) => answer(200),
    tries: ['200'],
    states: 'sent',
  },
  'gives, and makes up a transaction': {
    paid: ({ answer }) => answer(200, receipt({ transaction: MADE_UP })),
    tries: ['200'],
    states: 'sent',
  },
  'gives, and names a transaction of others': {
    paid: ({ answer }) => answer(200, receipt({ transaction: transactionOfOthers })),
    tries: ['200'],
    states: 'sent',
  },
  'gives, and says that it failed': {
    paid: ({ answer }) => answer(200, receipt({ success: false, errorReason: 'expired' })),
    tries: ['200'],
    states: 'sent',
  },
  'fails, and makes up a transaction': {
    paid: ({ answer }) => answer(500, receipt({ transaction: MADE_UP })),
    tries: ['500', '500'],
    states: 'unknown',
  },
  'asks again, and makes up a transaction': {
    paid: ({ quote }) => quote({}, receipt({ transaction: MADE_UP })),
    tries: ['402', '402'],
    states: 'unknown',
  },
  'takes one of two payments for both': {
    ...sharing(),
    atOnce: 2,
    tries: ['200 200'],
    signatures: 2,
    transfers: 1,
    states: /^(sent settled|settled sent)$/,
  },
}

/** Servers that lead elsewhere, or speak to the browser in place of the page. */
const LEADING: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((status) => [
      `sends the paid request on to another site by ${status}`,
      {
        paid: ({ answer }: Deal) => answer(status, { Location: thiefUrl('/') }),
        tries: ['200'],
        states: 'unknown',
      },
    ]),
  ),
  'sends the paid request on to where it could be paid again': {
    paid: ({ answer }) => answer(307, { Location: thiefUrl('/essay') }),
    tries: ['402', '402'],
    states: 'unknown',
  },
  'sends the paid request on to plain http': {
    paid: ({ answer }) => answer(307, { Location: 'http://plain.example/essay' }),
    tries: ['TypeError', 'TypeError'],
    states: 'unknown',
  },
  'sends the paid request on to another of its pages': {
    unpaid: ({ request, quote, answer }) => (request.url === '/free' ? answer(200) : quote()),
    paid: ({ answer }) => answer(302, { Location: '/free' }),
    tries: ['200', '200'],
    states: 'unknown',
  },
  'sends the paid request around in a circle': {
    paid: ({ answer, request }) => answer(302, { Location: request.url ?? '/' }),
    tries: [/402|TypeError/, /402|TypeError/],
    states: 'unknown',
  },
  'sends every request around in a circle': {
    unpaid: ({ answer, request }) => answer(302, { Location: request.url ?? '/' }),
    paid: ({ answer }) => answer(200),
    tries: ['TypeError'],
    signatures: 0,
    states: '',
  },
  'leads to its price by a redirect': {
    path: '/start',
    unpaid: ({ request, quote, answer }) => (request.url === '/start' ? answer(302, { Location: '/essay' }) : quote()),
    paid: ({ answer }) => answer(200),
    tries: ['402'],
    signatures: 0,
    states: '',
  },
  'answers the preflight with its price': {
    fromElsewhere: true,
    init: { headers: { 'x-visitor': '1' } },
    preflight: ({ quote }) => quote(),
    paid: ({ answer }) => answer(200),
    tries: ['TypeError'],
    signatures: 0,
    states: '',
  },
  'refuses every preflight': {
    fromElsewhere: true,
    init: { headers: { 'x-visitor': '1' } },
    preflight: ({ answer }) => answer(403),
    paid: ({ answer }) => answer(200),
    tries: ['TypeError'],
    signatures: 0,
    states: '',
  },
  'refuses the second preflight': {
    fromElsewhere: true,
    init: { headers: { 'x-visitor': '1' } },
    ...changingItsMind(),
    paid: ({ answer }) => answer(200),
    tries: ['TypeError'],
    signatures: 0,
    states: /^(sent|unknown)$/,
  },
}

/** The same for pages that a tab loads. */
const LOADED: Readonly<Record<string, Case>> = {
  'settles and fails, however often it is loaded': {
    paid: afterSettling(({ answer }) => answer(500)),
    loads: 3,
    transfers: 1,
    states: TAKEN,
  },
  'settles and asks for another payee, however often it is loaded': {
    paid: afterSettling(({ quote, newPayee }) => quote({ payTo: newPayee() })),
    loads: 3,
    transfers: 1,
    states: TAKEN,
  },
  'settles and breaks the connection, however often it is loaded': {
    paid: afterSettling(({ response }) => response.destroy()),
    loads: 2,
    transfers: 1,
    states: TAKEN,
  },
  'settles and cuts the page short': {
    paid: afterSettling(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Length': 1_000 })
      response.write('<p>The ess', () => response.destroy())
    }),
    loads: 2,
    transfers: 1,
    states: 'settled',
  },
  'settles and gives nothing to show': {
    paid: afterSettling(({ answer }) => answer(204)),
    loads: 2,
    transfers: 1,
    states: 'settled',
  },
  'settles and leads on to another bill': {
    paid: afterSettling(({ answer }) => answer(302, { Location: '/essay/next' })),
    loads: 2,
    transfers: 1,
    states: TAKEN,
  },
  'settles and leads to another site': {
    paid: afterSettling(({ answer }) => answer(302, { Location: thiefUrl('/essay') })),
    loads: 1,
    transfers: 1,
    states: TAKEN,
  },
  'asks for the same, however often it is loaded': {
    paid: ({ quote }) => quote(),
    loads: 4,
    states: 'unknown',
  },
  'sends the paid page around in a circle': {
    paid: ({ answer, request }) => answer(302, { Location: request.url ?? '/' }),
    loads: 1,
    // Still going around, maybe.
    states: /^(sent|unknown)$/,
  },
  'leads to its price by redirects': {
    path: '/start',
    unpaid: ({ request, quote, answer }) =>
      request.url === '/start'
        ? answer(302, { Location: '/middle' })
        : request.url === '/middle'
          ? answer(307, { Location: '/essay' })
          : quote(),
    paid: ({ answer }) => answer(200),
    loads: 1,
    signatures: 0,
    states: '',
  },
  'lets its 402 and the paid page be cached': {
    unpaid: ({ quote }) => quote({}, { 'Cache-Control': 'public, max-age=3600' }),
    paid: afterSettling(({ answer }) => answer(200, { 'Cache-Control': 'public, max-age=3600' })),
    loads: 3,
    transfers: 1,
    states: 'settled',
  },
  'lets both be cached, one for payers': {
    unpaid: ({ quote }) => quote({}, { 'Cache-Control': 'max-age=3600', Vary: 'PAYMENT-SIGNATURE' }),
    paid: afterSettling(({ answer }) => answer(200, { 'Cache-Control': 'max-age=3600', Vary: 'PAYMENT-SIGNATURE' })),
    loads: 3,
    transfers: 1,
    states: 'settled',
  },
  'loads its paid page again by itself': {
    paid: afterSettling(({ answer }) => answer(200, { Refresh: '0' })),
    loads: 1,
    transfers: 1,
    states: 'settled',
  },
}

/** Settles the first payment for whoever comes. */
function sharing(): Behaviour {
  let first: Promise<SettleResponse> | undefined
  return {
    paid: async ({ settle, answer }) => {
      first ??= settle()
      await first
      answer(200)
    },
  }
}

/** Lets the first preflight pass. */
function changingItsMind(): Pick<Behaviour, 'preflight'> {
  let asked = 0
  const allowing = { 'Access-Control-Allow-Headers': '*', 'Access-Control-Max-Age': '0' }
  return { preflight: ({ answer }) => (asked++ === 0 ? answer(204, allowing) : answer(403)) }
}

/** Another site, which would like to have a signature. */
let thief: HostileShop
const thiefUrl = (path: string) => thief.url + path
/** One that moved money, but not this money. */
let transactionOfOthers = ''

test.describe('a hostile server', () => {
  test.beforeAll(async ({ playground }) => {
    thief = await openHostileShop(playground, 'thief.localhost', { paid: ({ answer }) => answer(200) })
  })
  test.afterAll(() => thief.stop())

  const groups = {
    'that delivers is paid once for each purchase, whatever it says of it': DELIVERING,
    'that takes the money and does not deliver is not paid again unasked': TAKING,
    'that does not take the money gets the same bytes, and is not believed': CLAIMING,
    'that leads elsewhere gets nothing taken along': LEADING,
    'whose page a tab loads is paid once at most': LOADED,
  }
  for (const [title, cases] of Object.entries(groups))
    test(title, async ({ tuppence, playground, spentOnChain }) => {
      test.setTimeout(120_000)
      transactionOfOthers = (await playground.transfers()).at(-1)?.transaction ?? ''
      await tuppence.setRules({ autoPay: true })
      const failures: string[] = []
      let expected = 0n
      for (const [index, [name, hostile]] of Object.entries(cases).entries()) {
        expected += BigInt(hostile.transfers ?? 0) * PRICE
        await test
          .step(`a server that ${name}`, () => tryOut(tuppence, playground, `server-${index}.localhost`, hostile))
          .catch((error: Error) => failures.push(`A server that ${name}: ${error.message}`))
      }
      expect(failures.join('\n\n')).toBe('')
      expect(await spentOnChain()).toBe(expected)
      expect(signaturesAt(thief)).toEqual([])
    })
})

/** Visits one server, and sees what came of it: on the chain, in the ledger, and over the wire. */
async function tryOut(tuppence: Tuppence, playground: Playground, host: string, hostile: Case): Promise<void> {
  const shop = await openHostileShop(playground, host, hostile)
  const page = await tuppence.context.newPage()
  try {
    const url = `${shop.url}${hostile.path ?? '/essay'}`
    if (hostile.loads) await loadTimes(page, shop, url, hostile.loads)
    else {
      await page.goto(hostile.fromElsewhere ? thief.url : shop.url)
      for (const [index, expected] of (hostile.tries ?? []).entries()) {
        expect(await tryOnce(tuppence, page, url, hostile), `try ${index + 1}`).toMatch(expected)
        await shop.idle()
      }
    }
    const rows = async () => (await tuppence.payments()).filter(({ site }) => site === shop.url).reverse()
    const states = async () => (await rows()).map(({ state }) => state).join(' ')
    await expect.poll(states, { ...OFTEN, message: 'states in the ledger' }).toMatch(matching(hostile.states))
    const signed = shop.requests.filter(({ headers }) => headers['payment-signature'])
    expect(new Set(signaturesAt(shop)).size, 'different signatures').toBe(hostile.signatures ?? 1)
    expect(
      signed.filter((request) => request.url !== url),
      'signatures at other addresses',
    ).toEqual([])
    const made = (await playground.transfers()).filter(({ to }) => shop.payees.has(to))
    const prices = Array.from({ length: hostile.transfers ?? 0 }, () => PRICE)
    expect(
      made.map(({ value }) => value),
      'transfers on the chain',
    ).toEqual(prices)
    const proofs = made.map(({ transaction }) => transaction)
    for (const { state, transaction } of await rows()) if (state === 'settled') expect(proofs).toContain(transaction)
  } finally {
    await page.close()
    await shop.stop()
  }
}

const matching = (expected: string | RegExp): RegExp =>
  typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected

/** The page calls the page API's fetch. Gives what came of it, or "asked" when a person is asked: then the page gives up. */
async function tryOnce(
  tuppence: Tuppence,
  page: Page,
  url: string,
  { init, atOnce = 1, patience }: Case,
): Promise<string> {
  let over = false
  const outcome = page
    .evaluate(
      async ([url, init, atOnce, patience]) => {
        const controller = new AbortController()
        Object.assign(window, { giveUp: () => controller.abort() })
        if (patience) setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), patience)
        const outcomes = Array.from({ length: atOnce }, async () => {
          try {
            const response = await window.x402Provider.fetch(url, { ...init, signal: controller.signal })
            await response.text()
            return response.status
          } catch (error) {
            return (error as Error).name
          }
        })
        return (await Promise.all(outcomes)).join(' ')
      },
      [url, init, atOnce, patience] as const,
    )
    .finally(() => {
      over = true
    })
  await expect.poll(async () => over || (await tuppence.pendingApprovals()).length > 0, OFTEN).toBe(true)
  if (over) return outcome
  await page.evaluate(() => (window as unknown as { giveUp(): void }).giveUp())
  await outcome
  await expect.poll(async () => (await tuppence.pendingApprovals()).length, OFTEN).toBe(0)
  return 'asked'
}

/** Goes to the page so often, each time waiting until nothing more happens. */
async function loadTimes(page: Page, shop: HostileShop, url: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await page.goto(url, { waitUntil: 'commit' }).catch(() => undefined)
    let seen = -1
    for (let look = 0; look < MOST_LOOKS && seen < shop.requests.length; look++) {
      seen = shop.requests.length
      await sleep(QUIET_MS)
    }
    await shop.idle()
  }
}
