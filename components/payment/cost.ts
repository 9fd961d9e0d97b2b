import type { TFunction } from 'i18next'
import type { PaymentView } from '@/lib/messaging/schema'
import { formatUsd } from '@/lib/money/usd'

type Costing = Pick<PaymentView, 'price' | 'upTo'> & Partial<Pick<PaymentView, 'charged'>>

/** What a payment costs, as people read it: where the price is a ceiling, that, and what was taken of it. */
export function costText(t: TFunction, { price, upTo, charged }: Costing): string {
  if (!upTo) return formatUsd(price)
  return charged
    ? t('cost.charged', { charged: formatUsd(charged.price), price: formatUsd(price) })
    : t('cost.upTo', { price: formatUsd(price) })
}
