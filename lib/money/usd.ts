/**
 * US dollars in whole millionths (`1_000_000n` is one dollar), the unit of every limit and total.
 * The brand keeps it apart from a token's own atomic units.
 */
export type Usd = bigint & { readonly unit: 'micro-usd' }

const DECIMALS = 6
const ONE_CENT = 10_000n
const DOLLARS = /^(\d{1,12})(?:\.(\d{1,6}))?$/

export const usd = (micros: bigint): Usd => micros as Usd

export const ZERO_USD = usd(0n)

/** Reads dollars as people type them ("5", "0.10"). Null for anything else: signs, blanks, over six decimals. */
export function parseUsd(text: string): Usd | null {
  const match = DOLLARS.exec(text.trim())
  if (!match) return null
  const [, whole = '', fraction = ''] = match
  return usd(BigInt(whole) * 10n ** BigInt(DECIMALS) + BigInt(fraction.padEnd(DECIMALS, '0')))
}

/** The exact amount as plain digits ("0.05", "0.001"): at least two decimals, at most six. The inverse of `parseUsd`. */
export function usdToString(amount: Usd): string {
  const sign = amount < 0n ? '-' : ''
  const digits = (amount < 0n ? -amount : amount).toString().padStart(DECIMALS + 1, '0')
  const fraction = digits.slice(-DECIMALS).replace(/0{1,4}$/, '')
  return `${sign}${digits.slice(0, -DECIMALS)}.${fraction}`
}

/** An exact price or limit for people: "$0.05", "$0.001", "$1,250.00". Never rounded. */
export function formatUsd(amount: Usd): string {
  const [whole = '0', fraction] = usdToString(amount < 0n ? usd(-amount) : amount).split('.')
  return `${amount < 0n ? '-' : ''}$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`
}

/** A total for people, in cents where it is more than one: "$12.34". Rounds up, so that no total looks smaller than it is. */
export function formatUsdTotal(amount: Usd): string {
  return amount < ONE_CENT ? formatUsd(amount) : formatUsd(usd(((amount + ONE_CENT - 1n) / ONE_CENT) * ONE_CENT))
}
