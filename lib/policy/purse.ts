import { findAsset, priceOf } from '@/lib/money/assets'
import { realmOf } from '@/lib/money/networks'
import { type Usd, usd, ZERO_USD } from '@/lib/money/usd'

/** A spending wallet with more than this is worth stealing, and should be smaller. */
const MOST_AT_HAND = usd(20_000_000n)

/** What is known of one token in the wallet. */
export interface Content {
  readonly network: string
  readonly asset: string
  /** Null when it is unknown. */
  readonly units: bigint | null
  /** Units that open payments and withdrawals may still take. */
  readonly held: bigint
  readonly status: 'known' | 'no_rpc' | 'unreachable'
}

/** What may be said of a wallet's content. The amount is what can be spent; `network` is null for all real money together. */
export type PurseHint =
  | { readonly kind: 'low'; readonly left: Usd; readonly network: string | null }
  | { readonly kind: 'large'; readonly total: Usd }

/**
 * Whether the next payment may fail for lack of money, or there is more than should be carried about. Low is the network that was
 * used last, or all real money together, when it does not cover the most that one payment may cost. Says nothing of what is not
 * known.
 */
export function purseHint(
  contents: readonly Content[],
  mostPerPayment: Usd,
  lastNetwork: string | null,
): PurseHint | null {
  const last = contents.filter(({ network }) => network === lastNetwork)
  const leftThere = spendable(last)
  if (lastNetwork !== null && leftThere !== null && leftThere < mostPerPayment)
    return { kind: 'low', left: leftThere, network: lastNetwork }
  const real = contents.filter(({ network }) => realmOf(network) === 'main')
  const left = spendable(real)
  if (left !== null && left < mostPerPayment) return { kind: 'low', left, network: null }
  const total = sum(real.map(({ units, ...content }) => ({ ...content, units: units ?? 0n })))
  return total > MOST_AT_HAND ? { kind: 'large', total } : null
}

/** Null when somebody was asked and did not answer, or nobody was. */
function spendable(contents: readonly Content[]): Usd | null {
  const asked = contents.filter(({ status }) => status !== 'no_rpc')
  const known = asked.flatMap(({ units, held, ...content }) =>
    units === null ? [] : [{ ...content, units: units - held }],
  )
  return known.length === 0 || known.length < asked.length ? null : sum(known)
}

/** Every pinned token is a dollar, one for one. */
const sum = (contents: readonly { network: string; asset: string; units: bigint }[]): Usd =>
  contents.reduce<Usd>((total, { network, asset: address, units }) => {
    const asset = findAsset(network, address)
    return asset && units > 0n ? usd(total + priceOf({ units, asset })) : total
  }, ZERO_USD)
