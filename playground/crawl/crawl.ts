import { decodePaymentSignatureHeader, encodePaymentRequiredHeader } from '@x402/core/http'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { type RunningServer, serve } from '../server.ts'
import { type SignatureTrouble, verifyRequest } from './signature.ts'

/** One line of the bill: who is charged how much, in cents, for which path. */
export interface Charge {
  readonly agent: string
  readonly cents: number
  readonly path: string
}

/** A library that bills its readers, as sites behind Cloudflare do. */
export interface Crawl extends RunningServer {
  /** Everything that will be on the bill, oldest first. */
  readonly bill: readonly Charge[]
  /** From now on, readers who sign as this agent are billed. All others are turned away. */
  register(agent: string): void
  /** What the site does once a payment is found good and is on the bill: to bring what was bought, by default. */
  afterCharge: (response: Response) => void
}

/** What the library has, in cents. */
const ESSAY = { path: '/essay', cents: 5 }
const NOTE = { path: '/note', cents: 1 }

const OFFER = {
  scheme: 'batch-settlement',
  network: 'cloudflare:402',
  amount: String(ESSAY.cents),
  asset: 'USD',
  payTo: 'merchant',
  extra: { version: '1.0.0' },
} as const

const EXTENSIONS = {
  'http-message-signatures': {
    info: {
      registrationUrl: 'https://crawl.localhost/register',
      signatureSchemes: ['ed25519'],
      tags: ['web-bot-auth'],
    },
  },
} as const

/**
 * Starts the library on crawl.localhost: an essay sold by x402's batch-settlement on cloudflare:402, and a note by pay-per-crawl.
 * Every good signature is one charge.
 */
export async function startCrawl(port = 0): Promise<Crawl> {
  const bill: Charge[] = []
  const known = new Set<string>()
  const bring = (response: Response) => void response.type('html').send(PAGE)
  const crawl = { afterCharge: bring }

  /** Charges the signer, or says why not. */
  const charge = async (request: Request, header: string, { path, cents }: typeof ESSAY) => {
    const { method, headers } = request
    const verdict = await verifyRequest({ method, url: `http://${headers.host}${request.url}`, headers }, header)
    if ('trouble' in verdict) return verdict.trouble
    if (!known.has(verdict.agent)) return 'signature_agent_unknown' satisfies SignatureTrouble
    bill.push({ agent: verdict.agent, cents, path })
    return null
  }

  const sellEssay: RequestHandler = async (request, response) => {
    const payment = request.get('payment-signature')
    const error =
      payment === undefined
        ? 'blocked'
        : isFor(payment)
          ? await charge(request, 'payment-signature', ESSAY)
          : 'price_not_acceptable'
    if (error !== null) {
      const required = {
        x402Version: 2,
        error,
        resource: { url: `http://${request.get('host')}${ESSAY.path}`, description: 'An essay', mimeType: 'text/html' },
        accepts: [OFFER],
        extensions: EXTENSIONS,
      }
      // The SDK's types know no offer without a time limit.
      response
        .set('PAYMENT-REQUIRED', encodePaymentRequiredHeader(required as never))
        .status(402)
        .type('html')
        .send(PAYWALL)
      return
    }
    const receipt = { success: true, transaction: '', network: OFFER.network, amount: OFFER.amount, asset: OFFER.asset }
    response.set('PAYMENT-RESPONSE', Buffer.from(JSON.stringify(receipt)).toString('base64'))
    crawl.afterCharge(response)
  }

  const sellNote: RequestHandler = async (request, response) => {
    const price = `USD ${(NOTE.cents / 100).toFixed(2)}`
    const exact = request.get('crawler-exact-price')
    const refuse = (status: number, error: string) =>
      void response.set({ 'crawler-price': price, 'crawler-error': error }).status(status).type('html').send(PAYWALL)
    if (exact !== undefined && request.get('crawler-max-price') !== undefined)
      return refuse(400, 'ConflictingPriceHeaders')
    if (exact === undefined) return refuse(402, 'MissingCrawlerPrice')
    if (exact !== price) return refuse(402, 'InvalidCrawlerExactPrice')
    const trouble = await charge(request, 'crawler-exact-price', NOTE)
    if (trouble !== null) return refuse(trouble === 'invalid_signature' ? 400 : 403, 'PaymentFailed')
    response.set('crawler-charged', price)
    crawl.afterCharge(response)
  }

  const app = express()
  app.get('/', (_request, response) => void response.type('html').send(FRONT))
  app.get(ESSAY.path, sellEssay)
  app.get(NOTE.path, sellNote)
  const server = await serve('crawl.localhost', app, port)
  return Object.assign(crawl, { ...server, bill, register: (agent: string) => void known.add(agent) })
}

/** The commitment is for what is asked, and goes with the offer as it was made. */
function isFor(payment: string): boolean {
  const { accepted, payload } = decodePaymentSignatureHeader(payment)
  const { amount, asset } = payload as { amount?: unknown; asset?: unknown }
  return JSON.stringify(accepted) === JSON.stringify(OFFER) && amount === OFFER.amount && asset === OFFER.asset
}

const page = (title: string, text: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`

const FRONT = page('The Lending Library', `<a href="${ESSAY.path}">An essay</a>, <a href="${NOTE.path}">a note</a>.`)
const PAYWALL = page('Payment Required', 'Readers are billed here.')
const PAGE = page('On Being Billed', 'What is read today is paid for when the month is out.')
