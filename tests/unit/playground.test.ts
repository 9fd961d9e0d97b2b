import { generateKeyPairSigner } from '@solana/kit'
import { toClientEvmSigner } from '@x402/evm'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { UptoEvmScheme } from '@x402/evm/upto/client'
import { decodePaymentResponseHeader, wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { ExactSvmScheme } from '@x402/svm/exact/client'
import { createPublicClient, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { baseSepolia } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EIP2612_GAS_SPONSORING, paidServer } from '../../playground/paid-server.ts'
import { type Playground, startPlayground } from '../../playground/playground.ts'

const TIDE_CLOCK = '/articles/the-tide-clock'
const BROWSER = { accept: 'text/html', 'user-agent': 'Mozilla/5.0' }

let playground: Playground
beforeAll(async () => {
  playground = await startPlayground()
})
afterAll(() => playground?.stop())

/** Node does not resolve `*.localhost` everywhere, as browsers do. */
function loopback(origin: string, path = ''): string {
  const url = new URL(path, origin)
  url.hostname = '127.0.0.1'
  return url.href
}

async function payer(usd: string) {
  const account = privateKeyToAccount(generatePrivateKey())
  await playground.fund(account.address, usd)
  const pay = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network: playground.network, client: new ExactEvmScheme(account) }],
  })
  return { address: account.address, pay }
}

function receiptOf(response: Response) {
  return decodePaymentResponseHeader(response.headers.get('payment-response') ?? '')
}

describe('the newspaper', () => {
  test('gives its front page away, with the price of each article beside its link', async () => {
    const response = await fetch(loopback(playground.shopUrl))
    expect(response.status).toBe(200)
    const html = await response.text()
    expect(html).toMatch(/<a href="\/articles\/the-tide-clock">[^<]+<\/a> <span class="price">\$0\.02</)
    expect(html).toMatch(/<a href="\/articles\/the-farthing-bridge">[^<]+<\/a> <span class="price">\$0\.35</)
  })

  test('shows a browser that has not paid the beginning of the article and its price', async () => {
    const response = await fetch(loopback(playground.shopUrl, TIDE_CLOCK), { headers: BROWSER })
    expect(response.status).toBe(402)
    expect(response.headers.get('payment-required')).toBeTruthy()
    const html = await response.text()
    expect(html).toContain('has one hand, no numerals')
    expect(html).toContain('costs <span class="price">$0.02</span>')
    expect(html).not.toContain('a second notebook')
  })

  test('sells an article: the money moves on the chain, and the receipt names the transaction', async () => {
    const { address, pay } = await payer('1')
    const earned = await playground.balanceOf(playground.payTo)

    const response = await pay(loopback(playground.shopUrl, TIDE_CLOCK), { headers: BROWSER })

    expect(response.status).toBe(200)
    expect(await response.text()).toContain('a second notebook')
    expect(await playground.balanceOf(address)).toBe(980_000n)
    expect(await playground.balanceOf(playground.payTo)).toBe(earned + 20_000n)
    expect(await playground.transfers()).toContainEqual({
      from: address,
      to: playground.payTo,
      value: 20_000n,
      transaction: receiptOf(response).transaction,
    })
  })

  test('sells the almanack as a file', async () => {
    const { pay } = await payer('1')
    const response = await pay(loopback(playground.shopUrl, '/downloads/saturday-almanack.pdf'))
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=saturday-almanack.pdf')
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(await response.text()).toMatch(/^%PDF-/)
  })

  test('refuses a payment that the payer cannot cover, and moves nothing', async () => {
    const { address, pay } = await payer('0.01')
    const response = await pay(loopback(playground.shopUrl, TIDE_CLOCK))
    expect(response.status).toBe(402)
    expect(await playground.balanceOf(address)).toBe(10_000n)
  })

  test('remembers what it was asked and what it answered', async () => {
    await fetch(loopback(playground.shopUrl, TIDE_CLOCK), { headers: { 'x-trace': 'remembered' } })
    expect(playground.requests.shop.at(-1)).toMatchObject({
      method: 'GET',
      url: loopback(playground.shopUrl, TIDE_CLOCK),
      headers: { 'x-trace': 'remembered' },
      status: 402,
    })
  })
})

describe('the weather API', () => {
  const weather = (city: string) => loopback(playground.apiUrl, `/weather?city=${city}`)

  test('lets every origin read it and exposes no headers', async () => {
    const response = await fetch(weather('Lisbon'))
    expect(response.status).toBe(402)
    const cors = [...response.headers].filter(([name]) => name.startsWith('access-control-'))
    expect(cors).toEqual([['access-control-allow-origin', '*']])
  })

  test('settles five payments that arrive together', async () => {
    const { address, pay } = await payer('1')
    const cities = ['Lisbon', 'Oslo', 'Kyoto', 'Quito', 'Perth']

    const responses = await Promise.all(cities.map((city) => pay(weather(city))))

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(await Promise.all(responses.map(async (response) => (await response.json()).city))).toEqual(cities)
    expect(new Set(responses.map((response) => receiptOf(response).transaction)).size).toBe(5)
    expect(await playground.balanceOf(address)).toBe(995_000n)
  })

  test('charges nothing for a question that it cannot answer', async () => {
    const { address, pay } = await payer('1')
    expect((await pay(weather(''))).status).toBe(400)
    expect(await playground.balanceOf(address)).toBe(1_000_000n)
  })
})

describe('what is paid through Permit2', () => {
  /** The SDK's client, which may ask the chain, and signs no transaction. */
  async function permit2Payer(usd: string) {
    const account = privateKeyToAccount(generatePrivateKey())
    await playground.fund(account.address, usd)
    const reader = createPublicClient({ chain: baseSepolia, transport: http(playground.rpcUrl) })
    const signer = toClientEvmSigner(account, reader)
    const pay = wrapFetchWithPaymentFromConfig(fetch, {
      schemes: [
        { network: playground.network, client: new ExactEvmScheme(signer) },
        { network: playground.network, client: new UptoEvmScheme(signer) },
      ],
    })
    return { address: account.address, pay }
  }

  const openStall = (extensions?: typeof EIP2612_GAS_SPONSORING) =>
    paidServer({
      host: 'stall.localhost',
      facilitatorUrl: playground.facilitatorUrl,
      payTo: playground.payTo,
      routes: {
        'GET /eels': {
          price: '$0.05',
          by: 'permit2',
          ...(extensions && { extensions }),
          answer: (_request, response) => void response.send('eels'),
        },
      },
    })

  test('is an exact price: the money moves by the proxy, once Permit2 has an allowance', async () => {
    const { address, pay } = await permit2Payer('1')
    const stall = await openStall()
    try {
      expect((await pay(loopback(stall.url, '/eels'))).status).toBe(412)
      expect(await playground.balanceOf(address)).toBe(1_000_000n)
      await playground.allowPermit2(address, '0.06')
      expect((await pay(loopback(stall.url, '/eels'))).status).toBe(200)
      expect(await playground.balanceOf(address)).toBe(950_000n)
      expect(await playground.permit2AllowanceOf(address)).toBe(10_000n)
    } finally {
      await stall.stop()
    }
  })

  test('needs no allowance where one is signed along with the payment', async () => {
    const { address, pay } = await permit2Payer('1')
    const stall = await openStall(EIP2612_GAS_SPONSORING)
    try {
      expect((await pay(loopback(stall.url, '/eels'))).status).toBe(200)
      expect(await playground.balanceOf(address)).toBe(950_000n)
      expect(await playground.permit2AllowanceOf(address)).toBe(0n)
    } finally {
      await stall.stop()
    }
  })

  test('is metered: of the ceiling only what was used is taken', async () => {
    const { address, pay } = await permit2Payer('1')
    const response = await pay(loopback(playground.apiUrl, '/tides?harbour=Wray&lines=4'))
    expect(response.status).toBe(200)
    expect((await response.json()).highWaters).toHaveLength(4)
    expect(receiptOf(response)).toMatchObject({ success: true, amount: '8000' })
    expect(await playground.balanceOf(address)).toBe(992_000n)
  })

  test('costs nothing where nothing was used', async () => {
    const { address, pay } = await permit2Payer('1')
    const response = await pay(loopback(playground.apiUrl, '/tides?harbour=Wray&lines=0'))
    expect(response.status).toBe(200)
    expect(receiptOf(response)).toMatchObject({ success: true, amount: '0', transaction: '' })
    expect(await playground.balanceOf(address)).toBe(1_000_000n)
  })
})

describe('what is paid on Solana', () => {
  async function solanaPayer(usd: string) {
    const { solana } = playground
    const signer = await generateKeyPairSigner()
    await solana.fund(signer.address, usd)
    const pay = wrapFetchWithPaymentFromConfig(fetch, {
      schemes: [{ network: solana.network, client: new ExactSvmScheme(signer, { rpcUrl: solana.rpcUrl }) }],
    })
    return { address: signer.address, pay }
  }

  test('is an article: the SDK’s own client and facilitator move the money', async () => {
    const { solana, shopUrl } = playground
    const { address, pay } = await solanaPayer('1')
    const earned = await solana.balanceOf(solana.payTo)
    const response = await pay(loopback(shopUrl, '/articles/the-impatient-lighthouse'), { headers: BROWSER })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('the one that thinks and the one that does')
    expect(await solana.balanceOf(address)).toBe(970_000n)
    expect(await solana.balanceOf(solana.payTo)).toBe(earned + 30_000n)
    expect(receiptOf(response)).toMatchObject({ success: true, network: solana.network, payer: address })
  })

  test('is an answer of the API, five times at once', async () => {
    const { address, pay } = await solanaPayer('1')
    const harbours = ['Sallow', 'Harrow', 'Penhallow', 'Wray', 'Ferry']
    const responses = await Promise.all(
      harbours.map((harbour) => pay(loopback(playground.apiUrl, `/sea?harbour=${harbour}`))),
    )
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(await playground.solana.balanceOf(address)).toBe(995_000n)
  })

  test('is refused to a payer who cannot cover it', async () => {
    const { address, pay } = await solanaPayer('0.01')
    const response = await pay(loopback(playground.shopUrl, '/articles/the-impatient-lighthouse'))
    expect(response.status).toBe(402)
    expect(await playground.solana.balanceOf(address)).toBe(10_000n)
  })
})

test('a further server can sell whatever a test needs', async () => {
  const server = await paidServer({
    host: 'stall.localhost',
    facilitatorUrl: playground.facilitatorUrl,
    payTo: playground.payTo,
    routes: {
      'POST /echo': {
        price: '$0.01',
        description: 'An echo',
        answer: (request, response) => void request.pipe(response),
      },
    },
  })
  try {
    const { pay } = await payer('1')
    const response = await pay(loopback(server.url, '/echo'), { method: 'POST', body: 'hello' })
    expect(await response.text()).toBe('hello')
    expect(server.requests.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 402],
      ['POST', 200],
    ])
  } finally {
    await server.stop()
  }
})

test('when one part cannot start, the error says why and nothing is left running', async () => {
  const taken = Number(new URL(playground.shopUrl).port)
  await expect(startPlayground({ ports: { shop: taken } })).rejects.toThrow(/EADDRINUSE/)
  await expect(startPlayground({ ports: { chain: taken } })).rejects.toThrow(/anvil did not start/)
})
