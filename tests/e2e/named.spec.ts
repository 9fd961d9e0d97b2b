import { serve } from '../../playground/server.ts'
import { type Claim, proves } from '../conformance/claims.ts'
import { expectAccessible } from './accessible.ts'
import { expect, test } from './fixtures.ts'

const INVOICE = `lnbc10u1${'pvjluezpp5qqqsyqcyq5rqwzqf'.repeat(4)}`
/** NUT-26's own example: 1,000 sats. */
const CASHU =
  'CREQB1QYQQWER9D4HNZV3NQGQQSQQQQQQQQQQRAQPSQQGQQSQQZQG9QQVXSAR5WPEN5TE0D45KUAPWV4UXZMTSD3JJUCM0D5RQQRJRDANXVET9YPCXZ7TDV4H8GXHR3TQ'

/** What sites answer that nobody here can pay, and what the popup says of it. */
const CASES: Readonly<Record<string, { headers: Record<string, string>; says: string }>> = {
  '/lightning': {
    headers: { 'WWW-Authenticate': `L402 macaroon="AGIAJEemVQUTEyNCR0exk7ek90Cg==", invoice="${INVOICE}"` },
    says: 'This site asks for Lightning (L402): 1,000 sats. Tuppence cannot pay that: it would need a Lightning wallet.',
  },
  '/cashu': {
    headers: { 'X-Cashu': CASHU },
    says: 'This site asks for Cashu ecash: 1,000 sats. Tuppence cannot pay that: it would need a Cashu wallet',
  },
  '/bare': { headers: {}, says: 'but not how much, nor how to pay' },
}

const named = (dialect: Claim['dialect'], scheme: string, transport: Claim['transport']): Claim => ({
  dialect,
  scheme,
  transport,
  request: 'page',
  outcome: 'named, not paid',
  server: 'the playground',
})

const CLAIMS = [
  named('L402', 'Lightning invoice', 'header'),
  named('Cashu', 'payment request', 'header'),
  named('none', 'no word on how to pay', 'status alone'),
]

test('what cannot be paid is named, with its price and what it would need', proves(...CLAIMS), async ({ tuppence }) => {
  const server = await serve('named.localhost', ({ url = '' }, response) => {
    response.writeHead(402, { 'Content-Type': 'text/html', ...CASES[url]?.headers }).end('<h1>Pay first</h1>')
  })
  try {
    for (const [path, { says }] of Object.entries(CASES)) {
      const page = await tuppence.open(server.url + path)
      await expect(page.getByText('Pay first')).toBeVisible()
      await expect.poll(async () => (await tuppence.tabState(page)).state).toBe('not_paid')
      const popup = await tuppence.popup(page)
      await expect(popup.getByText(says)).toBeVisible()
      if (path === '/lightning') await expectAccessible(popup)
      await popup.close()
      await page.close()
    }
    const page = await tuppence.open(`${server.url}/lightning`)
    const quotes = await page.evaluate(() =>
      Promise.all(['/lightning', '/bare'].map((path) => window.x402Provider.quote(path))),
    )
    expect(quotes).toMatchObject([
      { offers: [{ scheme: 'L402', network: 'lightning', usd: null, stated: '1,000 sats', payable: false }] },
      { offers: [] },
    ])
    expect(await tuppence.payments()).toEqual([])
  } finally {
    await server.stop()
  }
})
