import { randomBytes } from 'node:crypto'
import { evm, Request as MppRequest, Mppx, Transport } from 'mppx/server'
import { type Address, formatUnits } from 'viem'
import { baseSepolia } from 'viem/chains'
import { USDC } from './chain.ts'
import { type RunningServer, serve } from './server.ts'

interface Goods {
  /** In dollars. */
  readonly price: string
  readonly description: string
  /** Whether it is for whoever signs in as well: `Authorization` is then the visitor's own, and the payment comes beside it. */
  readonly forMembers?: boolean
  readonly answer: (request: Request) => Response
}

/** What the harbour office sells, by path. */
const GOODS: Readonly<Record<string, Goods>> = {
  '/chart': {
    price: '0.02',
    description: 'The harbour chart of Little Harrow',
    answer: () =>
      html('The harbour chart', '<p>Keep the beacon north of the old pier, and mind the sandbank at low water.</p>'),
  },
  '/depth': {
    price: '0.001',
    description: "Today's depth at the pier",
    answer: () => Response.json({ harbour: 'Little Harrow', metres: 3.4 }),
  },
  '/log': {
    price: '0.001',
    description: 'Who came in last night',
    forMembers: true,
    answer: ({ headers }) => Response.json({ ships: ['Mary Anne', 'Cormorant'], for: headers.get('Authorization') }),
  },
}

/** What the library shows to a browser in place of what was asked for: the price, and no way to pay it. */
const PAYMENT_PAGE = {
  config: {},
  content: '',
  formatAmount: ({ amount }: { amount: string }) => `$${formatUnits(BigInt(amount), 6)}`,
  text: undefined,
  theme: undefined,
}

/**
 * Starts the harbour office on mpp.localhost: a page and two figures, sold by the Machine Payments Protocol with its own
 * server library, for USDC on the playground's chain.
 * @throws PlaygroundError when the port is taken
 */
export function startHarbour(
  { facilitatorUrl, payTo }: { facilitatorUrl: string; payTo: Address },
  port = 0,
): Promise<RunningServer> {
  const method = evm.charge({
    chainId: baseSepolia.id,
    currency: USDC,
    decimals: 6,
    authorization: { name: 'USDC', version: '2' },
    recipient: payTo,
    x402: { facilitator: facilitatorUrl },
  })
  const secretKey = randomBytes(32).toString('base64url')
  const tillFor = (forMembers: boolean) => {
    // The method's own transport asks by x402 as well, and forgets whose Authorization is.
    const transport = Transport.http({ requiresAuth: forMembers })
    return Mppx.create({ methods: [{ ...method, transport, html: PAYMENT_PAGE }], secretKey, requiresAuth: forMembers })
  }
  const [till, membersTill] = [tillFor(false), tillFor(true)]

  const sell = async (request: Request, { price: amount, description, forMembers, answer }: Goods) => {
    const { charge } = forMembers ? membersTill : till
    const result = await charge({ amount, description })(request)
    return result.status === 402 ? result.challenge : result.withReceipt(answer(request))
  }
  const listener = MppRequest.toNodeListener(async (request) => {
    const { pathname } = new URL(request.url)
    const goods = GOODS[pathname]
    const response = goods ? await sell(request, goods) : frontPage(pathname)
    response.headers.set('Access-Control-Allow-Origin', '*')
    return response
  })
  return serve('mpp.localhost', (request, response) => void listener(request, response), port)
}

function frontPage(pathname: string): Response {
  if (pathname !== '/') return new Response('There is nothing here.', { status: 404 })
  const items = Object.entries(GOODS).map(
    ([path, { description, price }]) => `<li><a href="${path}">${description}</a>, $${price}</li>`,
  )
  return html('The harbour office', `<ul>${items.join('')}</ul>`)
}

const html = (title: string, body: string) =>
  new Response(
    `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title></head>
<body><h1>${title}</h1>${body}</body>
</html>
`,
    { headers: { 'Content-Type': 'text/html; charset=utf-8' } },
  )
