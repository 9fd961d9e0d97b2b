import type { Evidence, PaymentView } from '@/lib/messaging/schema'
import { cellsOf } from './columns'

/** A payment with what the site has signed of it, as the text of a file that others can check. */
export const evidenceFile = (payment: PaymentView, { offer, receipt }: Evidence): string =>
  `${JSON.stringify({ payment: Object.fromEntries(cellsOf(payment)), signedOffer: offer?.signed ?? null, signedReceipt: receipt?.signed ?? null }, null, 2)}\n`
