import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { decodePaymentSignatureHeader, encodePaymentRequiredHeader } from '@x402/core/http'
import { HTTPFacilitatorClient } from '@x402/core/server'
import type { PaymentRequirements, SettleResponse } from '@x402/core/types'
import type { Address } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import type { Playground } from '../../playground/playground.ts'
import { type RunningServer, serve } from '../../playground/server.ts'

/** What everything costs, in atomic units: a cent. */
export const PRICE = 10_000n

/** One request to a hostile shop, and what the shop can do about it. */
export interface Deal {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** How many requests with a payment there were, this one included. */
  readonly paidRequests: number
  /** The header of an offer, which may be another than the last time. */
  offer(changes?: Partial<PaymentRequirements>): OutgoingHttpHeaders
  /** Answers 402 with an offer. */
  quote(changes?: Partial<PaymentRequirements>, headers?: OutgoingHttpHeaders): void
  /** Takes the money. A facilitator that refuses is no error. */
  settle(): Promise<SettleResponse>
  /** Answers in full, with a word for a body. */
  answer(status: number, headers?: OutgoingHttpHeaders): void
  /** An address that has never been seen before. */
  newPayee(): Address
}

/** What a shop does: with requests that carry a payment, with those that carry none, and with preflights. */
export interface Behaviour {
  readonly paid: (deal: Deal) => unknown
  /** Quotes the price by default. */
  readonly unpaid?: (deal: Deal) => unknown
  readonly preflight?: (deal: Deal) => unknown
}

export interface HostileShop extends RunningServer {
  /** Every address that money of this shop's could go to. */
  readonly payees: ReadonlySet<Address>
  /** Resolves when it has done all that it does with payments. */
  idle(): Promise<void>
}

/** Opens a shop at `host` that sells all but its front page, and keeps to nothing. */
export async function openHostileShop(
  { facilitatorUrl, network, asset }: Playground,
  host: string,
  { paid, unpaid = ({ quote }) => quote(), preflight = ({ answer }) => answer(204, ANY_ORIGIN) }: Behaviour,
): Promise<HostileShop> {
  const facilitator = new HTTPFacilitatorClient({ url: facilitatorUrl })
  const payees = new Set<Address>()
  const newPayee = () => {
    const payee = privateKeyToAddress(generatePrivateKey())
    payees.add(payee)
    return payee
  }
  const payTo = newPayee()
  const busy: unknown[] = []
  let paidRequests = 0

  const server = await serve(host, (request, response) => {
    const signature = request.headers['payment-signature']
    const deal: Deal = {
      request,
      response,
      paidRequests: signature ? ++paidRequests : paidRequests,
      newPayee,
      offer: (changes) => {
        const accepts = [{ ...usual, payTo, ...changes }]
        const resource = { url: `http://${request.headers.host}${request.url}` }
        return { 'PAYMENT-REQUIRED': encodePaymentRequiredHeader({ x402Version: 2, resource, accepts }) }
      },
      quote: (changes, headers) => deal.answer(402, { ...deal.offer(changes), ...headers }),
      settle: () => {
        const payload = decodePaymentSignatureHeader(String(signature))
        return facilitator
          .settle(payload, payload.accepted)
          .catch((): SettleResponse => ({ success: false, transaction: '', network, errorReason: 'refused' }))
      },
      answer: (status, headers) => {
        response.writeHead(status, { 'Content-Type': 'text/html', ...ANY_ORIGIN, ...headers })
        response.end(status === 204 || status === 304 ? undefined : `<p>Answer ${status}</p>`)
      },
    }
    if (request.url === '/' || request.url === '/favicon.ico') deal.answer(200)
    else if (request.method === 'OPTIONS') preflight(deal)
    else if (signature) busy.push(paid(deal))
    else unpaid(deal)
  })
  const usual = { scheme: 'exact', network, amount: PRICE.toString(), asset, maxTimeoutSeconds: 60, extra: USDC_DOMAIN }
  return {
    ...server,
    payees,
    idle: async () => {
      await Promise.all(busy)
    },
  }
}

const USDC_DOMAIN = { name: 'USDC', version: '2' }
const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' }
