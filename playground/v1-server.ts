import express, { type RequestHandler, type Response } from 'express'
import type { Address } from 'viem'
import { USDC } from './chain.ts'
import { type RunningServer, serve } from './server.ts'

/** The playground's networks by their names in version 1. */
type NetworkName = 'base-sepolia' | 'solana-devnet'

/** USDC on Solana Devnet. */
const SOLANA_USDC = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'
const MOST_SECONDS = 60
/** As the public servers of version 1 pad their paywall: with the whole wallet that it brings along. In characters. */
const PAYWALL_WEIGHT = 3_500_000

/** One entry of `accepts` (x402 v1, PaymentRequirements). */
export interface RequirementsV1 {
  readonly scheme: string
  readonly network: string
  readonly maxAmountRequired: string
  readonly resource: string
  readonly description: string
  readonly mimeType: string
  readonly payTo: string
  readonly maxTimeoutSeconds: number
  readonly asset: string
  readonly outputSchema: unknown
  readonly extra?: Readonly<Record<string, unknown>>
}

export interface RouteV1 {
  /** Dollars, in millionths. */
  readonly units: bigint
  readonly on?: NetworkName
  readonly description?: string
  /** What the server says instead of what it should. */
  readonly says?: (honest: RequirementsV1) => readonly RequirementsV1[]
  /** Whether browsers get the page even where they ask for JSON, as a server does that looks at nothing but the browser's name. */
  readonly deaf?: boolean
  /** Answers once a payment is verified; it is settled before the answer leaves. */
  readonly answer: RequestHandler
}

export interface ServerOptionsV1 {
  /** The name browsers know it by. */
  readonly host: string
  readonly port?: number
  readonly facilitatorUrl: string
  readonly payTo: Address
  readonly solanaPayTo: string
  readonly routes: Readonly<Record<`${'GET' | 'POST'} /${string}`, RouteV1>>
  /** Registers what comes before the till: free pages, headers for every answer. */
  readonly free?: (app: express.Express) => void
}

interface Settlement {
  readonly success: boolean
  readonly errorReason?: string
  readonly [field: string]: unknown
}

/**
 * Starts a server of x402 version 1, written against its specification: the npm package of that version weighs a gigabyte with
 * what it installs. JSON for programs, a page with `window.x402` for browsers, no header on a 402, as that package's Express
 * middleware has it. Payments are verified and settled by the playground's facilitator, by the x402 package's own code for
 * version 1.
 * @throws PlaygroundError when the port is taken
 */
export async function v1Server(options: ServerOptionsV1): Promise<RunningServer> {
  const { host, port, free, routes } = options
  const app = express()
  free?.(app)
  for (const [route, sold] of Object.entries(routes)) {
    const [method, path = '/'] = route.split(' ')
    const handler = sell(options, sold)
    if (method === 'POST') app.post(path, handler)
    else app.get(path, handler)
  }
  return await serve(host, app, port)
}

const sell =
  (options: ServerOptionsV1, route: RouteV1): RequestHandler =>
  async (request, response, next) => {
    const honest = await requirementsFor(options, route, `http://${request.headers.host}${request.path}`)
    const accepts = route.says?.(honest) ?? [honest]
    const refuse = (error: string) => void response.status(402).json({ x402Version: 1, error, accepts })
    const header = request.header('X-PAYMENT')
    if (header === undefined) {
      const accept = request.header('Accept') ?? ''
      const wantsPage =
        (accept.includes('text/html') || route.deaf) && request.header('User-Agent')?.includes('Mozilla')
      if (wantsPage) response.status(402).send(paywall(accepts))
      else refuse('X-PAYMENT header is required')
      return
    }
    const paymentPayload = decode(header)
    if (!paymentPayload) return refuse('Invalid or malformed payment header')
    const body = { x402Version: 1, paymentPayload, paymentRequirements: honest }
    const { isValid, invalidReason } = (await ask(options, 'verify', body)) as {
      isValid: boolean
      invalidReason?: string
    }
    if (!isValid) return refuse(invalidReason ?? 'invalid')
    settleFirst(response, () => ask(options, 'settle', body) as Promise<Settlement>, refuse)
    return route.answer(request, response, next)
  }

/** Holds the answer's end back until its payment is settled. An error is not charged for. */
function settleFirst(response: Response, settle: () => Promise<Settlement>, refuse: (error: string) => void): void {
  const send = response.send.bind(response)
  response.send = (content) => {
    response.send = send
    if (response.statusCode >= 400) return send(content)
    settle().then(
      (settled) => {
        if (!settled.success) return refuse(settled.errorReason ?? 'Settlement failed')
        response.set('X-PAYMENT-RESPONSE', Buffer.from(JSON.stringify(settled)).toString('base64'))
        send(content)
      },
      (error: unknown) => refuse(String(error)),
    )
    return response
  }
}

async function requirementsFor(
  { payTo, solanaPayTo, facilitatorUrl }: ServerOptionsV1,
  { units, on = 'base-sepolia', description = '' }: RouteV1,
  resource: string,
): Promise<RequirementsV1> {
  const common = {
    scheme: 'exact',
    network: on,
    maxAmountRequired: units.toString(),
    resource,
    description,
    mimeType: '',
    maxTimeoutSeconds: MOST_SECONDS,
    outputSchema: { input: { type: 'http', method: 'GET', discoverable: true } },
  }
  return on === 'base-sepolia'
    ? { ...common, payTo, asset: USDC, extra: { name: 'USDC', version: '2' } }
    : {
        ...common,
        payTo: solanaPayTo,
        asset: SOLANA_USDC,
        extra: { feePayer: await feePayerOf(facilitatorUrl, on) },
      }
}

/** Who pays the network's fee, by the facilitator's own word. */
async function feePayerOf(facilitatorUrl: string, network: NetworkName): Promise<unknown> {
  const supported = await (await fetch(`${facilitatorUrl}/supported`)).json()
  const { kinds } = supported as { kinds: { network: string; extra?: { feePayer?: unknown } }[] }
  return kinds.find((kind) => kind.network === network)?.extra?.feePayer
}

async function ask({ facilitatorUrl }: ServerOptionsV1, what: 'verify' | 'settle', body: unknown): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${facilitatorUrl}/${what}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return await answer.json()
}

function decode(header: string): unknown {
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString())
  } catch {
    return null
  }
}

/** What browsers are shown: the offers in a script of the page's head, and a script of megabytes that would pay them. */
const paywall = (accepts: readonly RequirementsV1[]): string => `<!DOCTYPE html><html lang="en"><head>
    <meta charset="UTF-8">
    <title>Payment Required</title>
  <script>
    window.x402 = {
      amount: ${Number(accepts[0]?.maxAmountRequired) / 1e6},
      paymentRequirements: ${JSON.stringify(accepts)},
      testnet: true,
      currentUrl: "/",
      config: {
        chainConfig: {"84532":{"usdcAddress":"${USDC}","usdcName":"USDC"}},
      },
      cdpClientKey: "",
      appName: "",
    };
    console.log('Payment requirements initialized:', window.x402);
  </script>
</head><body><h1>Payment Required</h1><script>/*${'x'.repeat(PAYWALL_WEIGHT)}*/window.x402.ready = true</script></body></html>`
