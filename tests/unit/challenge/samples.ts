import { encodePaymentRequiredHeader } from '@x402/core/http'
import type { PaymentRequired, PaymentRequirements } from '@x402/core/types'
import type { Answer, AnswerHeader } from '@/lib/challenge/answer'
import type { Challenge, PricedRequest, Reading } from '@/lib/challenge/challenge'
import { readChallenge } from '@/lib/payment/reading'

/** USDC on Base Sepolia, as servers write it. */
export const USDC = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
export const PAYEE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

export const request = (changes: Partial<PricedRequest> = {}): PricedRequest => ({
  method: 'GET',
  url: 'https://shop.example/article',
  bodyDigest: null,
  ...changes,
})

/** Two cents, payable in every respect. */
export const entry = (changes: Partial<PaymentRequirements> = {}): PaymentRequirements => ({
  scheme: 'exact',
  network: 'eip155:84532',
  amount: '20000',
  asset: USDC,
  payTo: PAYEE,
  maxTimeoutSeconds: 60,
  extra: { name: 'USDC', version: '2' },
  ...changes,
})

/** Who is paid on Solana, and who pays the fee there. */
export const SOLANA_PAYEE = 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx'
export const FEE_PAYER = 'cGfHiC6Kgg3FpFZvgwGcswsCRtp4aBP2fzuXRQPizuN'

/** Two cents in USDC on Solana Devnet, payable in every respect. */
export const solanaEntry = (changes: Partial<PaymentRequirements> = {}): PaymentRequirements =>
  entry({
    network: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1',
    asset: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU',
    payTo: SOLANA_PAYEE,
    extra: { feePayer: FEE_PAYER },
    ...changes,
  })

export const message = (changes: Partial<PaymentRequired> = {}): PaymentRequired => ({
  x402Version: 2,
  error: 'Payment required',
  resource: { url: 'https://shop.example/article', description: 'An article', mimeType: 'text/html' },
  accepts: [entry()],
  ...changes,
})

/** As a server of the x402 SDK writes its header. */
export const header = (changes: Partial<PaymentRequired> = {}): string => encodePaymentRequiredHeader(message(changes))

/** Any JSON value, or any text, as a header. */
export const headerOf = (content: unknown): string => btoa(String.fromCharCode(...bytesOf(content)))

const bytesOf = (content: unknown): Uint8Array =>
  new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content))

/** A 402 with these headers, whose body nobody has read. */
export const answer = (headers: readonly AnswerHeader[]): Answer => ({ status: 402, headers, body: null })

export const read = (text: string, changes: Partial<PricedRequest> = {}): Reading =>
  readChallenge(request(changes), answer([{ name: 'payment-required', value: text }]))

/** The challenge of a message that can be read. */
export function challengeOf(text: string, changes: Partial<PricedRequest> = {}): Challenge {
  const reading = read(text, changes)
  if (!reading.ok) throw new Error(`The message cannot be read: ${reading.problem}`)
  return reading.challenge
}
