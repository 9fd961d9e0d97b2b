import type { PaymentView } from '@/lib/messaging/schema'
import { usd } from '@/lib/money/usd'

/** A settled payment of five cents on Base, with whatever is different about it. */
export const paymentView = (changes: Partial<PaymentView> = {}): PaymentView => ({
  id: 'a',
  state: 'settled',
  site: 'https://shop.example',
  page: 'https://shop.example',
  url: 'https://shop.example/essay?page=1',
  method: 'GET',
  description: 'An essay',
  reason: null,
  network: 'eip155:8453',
  asset: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
  units: 50_000n,
  price: usd(50_000n),
  upTo: false,
  charged: null,
  reported: null,
  payTo: '0x1111111111111111111111111111111111111111',
  from: '0x2222222222222222222222222222222222222222',
  decidedBy: 'rules',
  agent: null,
  createdAt: Date.UTC(2026, 10, 21, 14, 5, 6, 7),
  history: [
    { state: 'reserved', at: Date.UTC(2026, 10, 21, 14, 5, 6, 7) },
    { state: 'settled', at: Date.UTC(2026, 10, 21, 14, 5, 9) },
  ],
  nonce: '0xabcd',
  validBefore: 1_795_270_000,
  answerStatus: 200,
  transaction: '0xbeef',
  errorReason: null,
  tab: null,
  disagreement: null,
  signed: false,
  ...changes,
})
