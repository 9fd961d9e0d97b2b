import { z } from 'zod'
import { decodeBase64 } from './base64'
import { type Signed, signedReceiptIn } from './offer-receipt'
import { cleanText } from './text'

const LONGEST_HEADER = 64 * 1024

/** What the site reports of the settlement (x402 v2, SettlementResponse). A claim until the chain confirms it. */
const settlementSchema = z.object({
  success: z.boolean(),
  transaction: z.string().max(256).catch(''), // a hash, or empty
  network: z.string().max(64).optional().catch(undefined),
  // Atomic units that were taken, of a ceiling (x402 v2, upto scheme).
  amount: z
    .string()
    .regex(/^\d{1,78}$/)
    .optional()
    .catch(undefined),
  errorReason: z.string().optional().catch(undefined),
  extensions: z.unknown().optional(),
  /** Of a prepaid tab (x402, batch-settlement, "Payment Response Contract"). */
  extra: z
    .object({
      channelState: z.object({
        channelId: z.string(),
        chargedCumulativeAmount: z.string().regex(/^(0|[1-9]\d{0,38})$/),
      }),
    })
    .optional()
    .catch(undefined),
})

export interface ReportedReceipt {
  readonly success: boolean
  /** The transaction's hash; null when the site named none. */
  readonly transaction: string | null
  /** Atomic units that were taken, where the site says so. */
  readonly units?: bigint
  /** The site's own reason when it failed, cleaned. */
  readonly errorReason: string | null
  /** A receipt that the site has signed, if it did. */
  readonly signed?: Signed
  /** What it says that it has charged of a prepaid tab in all, in units; there only where it does. */
  readonly count?: { readonly channel: string; readonly charged: bigint }
}

/** Reads x402's settlement response, a header of base64 JSON. Null when there is none or it cannot be read. */
export function readSettlement(header: string | null): ReportedReceipt | null {
  if (header === null || header.length > LONGEST_HEADER) return null
  const bytes = decodeBase64(header)
  if (!bytes) return null
  try {
    const parsed = settlementSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    if (!parsed.success) return null
    const { success, transaction, amount, errorReason, extensions, extra } = parsed.data
    const signed = signedReceiptIn(extensions)
    const state = extra?.channelState
    return {
      success,
      transaction: transaction || null,
      ...(amount !== undefined && { units: BigInt(amount) }),
      errorReason: cleanText(errorReason),
      ...(signed && { signed }),
      ...(state && {
        count: { channel: state.channelId.toLowerCase(), charged: BigInt(state.chargedCumulativeAmount) },
      }),
    }
  } catch {
    return null
  }
}
