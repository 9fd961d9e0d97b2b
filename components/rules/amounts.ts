import type { TFunction } from 'i18next'
import { parseUsd, type Usd, usdToString, ZERO_USD } from '@/lib/money/usd'

/* Caps as forms have them. A cap that is null is an empty field. */

const MOST_PER_MINUTE = 100_000

/** Checks of a field: true, or what to write instead. */
export const isAmount = (t: TFunction) => (text: string) => parseUsd(text) !== null || t('common.notAnAmount')
export const isAmountOrEmpty = (t: TFunction) => (text: string) =>
  isEmpty(text) || parseUsd(text) !== null || t('rules.notAnAmountOrEmpty')
export const isCountOrEmpty = (t: TFunction) => (text: string) =>
  isEmpty(text) || toCount(text) !== null || t('rules.notACount')

/** Of a checked field. */
export const toAmount = (text: string): Usd => parseUsd(text) ?? ZERO_USD
export const toCap = (text: string): Usd | null => parseUsd(text)

export function toCount(text: string): number | null {
  const count = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0
  return count >= 1 && count <= MOST_PER_MINUTE ? count : null
}

export const capText = (cap: Usd | null): string => (cap === null ? '' : usdToString(cap))
export const countText = (count: number | null): string => count?.toString() ?? ''

const isEmpty = (text: string): boolean => text.trim() === ''
