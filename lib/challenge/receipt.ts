import { z } from 'zod'
import { decodeBase64 } from './base64'
import { cleanText } from './text'

const LONGEST_HEADER = 64 * 1024

/** What the site reports of the settlement (x402 v2, SettlementResponse). A claim until the chain confirms it. */
const settlementSchema = z.object({
  success: z.boolean(),
  transaction: z.string().max(256).catch(''), // a hash, or empty
  network: z.string().max(64).optional().catch(undefined),
  errorReason: z.string().optional().catch(undefined),
})

export interface ReportedReceipt {
  readonly success: boolean
  /** The transaction's hash; null when the site named none. */
  readonly transaction: string | null
  /** The site's own reason when it failed, cleaned. */
  readonly errorReason: string | null
}

/** Reads a `PAYMENT-RESPONSE` header. Null when there is none or it cannot be read. */
export function readReceipt(header: string | null): ReportedReceipt | null {
  if (header === null || header.length > LONGEST_HEADER) return null
  const bytes = decodeBase64(header)
  if (!bytes) return null
  try {
    const parsed = settlementSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    if (!parsed.success) return null
    const { success, transaction, errorReason } = parsed.data
    return { success, transaction: transaction || null, errorReason: cleanText(errorReason) }
  } catch {
    return null
  }
}
