import type { Sighting } from '@/lib/payment/sighting'
import { answer, header, request } from '../challenge/samples'

export const MARKER = 'x402-00000000-0000-4000-8000-000000000000'

/** A page's own fetch that was answered 402, for two cents. */
export const sighting = (changes: Partial<Sighting> = {}): Sighting => ({
  target: { via: 'fetch', tabId: 7, documentId: 'document', marker: MARKER },
  request: request(),
  answer: answer([{ name: 'PAYMENT-REQUIRED', value: header() }]),
  page: 'https://shop.example',
  pageUrl: 'https://shop.example/',
  pageMaximum: null,
  reason: null,
  agent: null,
  fromHistory: false,
  afterRedirect: false,
  obstacle: null,
  ...changes,
})
