const grouped = (whole: bigint): string => whole.toString().replace(/\B(?=(\d{3})+$)/g, ',')

/**
 * An amount in a unit that is no token's, as people read it: "1,000 sats", "USD 5.00". Currencies are counted in their smallest
 * coin. Null for a unit that is not known.
 */
export function sayAmount(amount: bigint, unit: string): string | null {
  if (unit === 'sat') return sats(amount * 1000n)
  if (unit === 'msat') return sats(amount)
  if (!isCurrency(unit)) return null
  const currency = unit.toUpperCase()
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
  return `${currency} ${decimal(amount, maximumFractionDigits)}`
}

function sats(thousandths: bigint): string {
  const text = decimal(thousandths, 3).replace(/\.?0+$/, '')
  return `${text} ${text === '1' ? 'sat' : 'sats'}`
}

/** Whether it is the code of a currency that states issue (ISO 4217). */
export const isCurrency = (code: string): boolean => Intl.supportedValuesOf('currency').includes(code.toUpperCase())

/** "1,234.50" for 123450 with two decimals. */
function decimal(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0')
  const whole = grouped(BigInt(digits.slice(0, digits.length - decimals)))
  return decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`
}
