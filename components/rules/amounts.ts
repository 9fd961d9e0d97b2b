import type { TFunction } from 'i18next'
import { parseUsd } from '@/lib/money/usd'

/** A form's check of an amount in dollars. */
export const isAmount = (t: TFunction) => (text: string) => parseUsd(text) !== null || t('common.notAnAmount')
