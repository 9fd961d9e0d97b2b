import { useTranslation } from 'react-i18next'
import { formatUsd, parseUsd } from '@/lib/money/usd'
import type { Values } from './GeneralRules'

/** What the settings would do, in a sentence or two, while they are being typed. */
export function Meaning({ values }: { values: Values }) {
  const { t } = useTranslation()
  const { mostPerPayment, mostPerDay, mostPerWeek, mostPerMonth, mostPerSiteAndDay, mostPerMinute } = values
  const sentences = [
    values.autoPay ? t('rules.meansAuto', { most: figure(mostPerPayment) }) : t('rules.meansAsk'),
    values.autoPay && values.askNewSites && t('rules.meansNewSites'),
    t('rules.meansDay', { day: figure(mostPerDay), site: figure(mostPerSiteAndDay) }),
    isSet(mostPerWeek) && t('rules.meansWeek', { week: figure(mostPerWeek) }),
    isSet(mostPerMonth) && t('rules.meansMonth', { month: figure(mostPerMonth) }),
    isSet(mostPerMinute) && t('rules.meansMinute', { payments: mostPerMinute.trim() }),
  ]
  return <p>{sentences.filter(Boolean).join(' ')}</p>
}

/** An amount that is none yet is a gap. */
function figure(text: string): string {
  const amount = parseUsd(text)
  return amount === null ? '…' : formatUsd(amount)
}

const isSet = (text: string): boolean => text.trim() !== ''
