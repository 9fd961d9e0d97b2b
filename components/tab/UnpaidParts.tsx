import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useArmed } from '@/components/payment/useArmed'
import { openApproval } from '@/components/shell/pages'
import { useParts } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { PartView } from '@/lib/messaging/schema'
import { formatUsd, type Usd } from '@/lib/money/usd'

/** The images, media and frames that the page did not get, because they cost money or may do. Nothing is shown where there are none. */
export function UnpaidParts({ tabId }: { tabId: number }) {
  const { t } = useTranslation()
  const { data: parts = [], error } = useParts(tabId)
  if (error) return <Notice tone="danger">{errorSentence(t, error)}</Notice>
  if (parts.length === 0) return null
  return (
    <section aria-labelledby="unpaid-parts" className="grid gap-2">
      <h2 id="unpaid-parts" className="font-medium">
        {t('tab.parts')}
      </h2>
      <ul className="grid max-h-48 divide-y divide-line overflow-y-auto">
        {parts.map((part) => (
          <li key={`${part.kind} ${part.url}`} className="py-2 first:pt-0 last:pb-0">
            <UnpaidPart tabId={tabId} part={part} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** One of them. The site is asked for its price only when somebody wants to see it, and paid only when somebody says so. */
function UnpaidPart({ tabId, part }: { tabId: number; part: PartView }) {
  const { t } = useTranslation()
  const look = useMutation({ mutationFn: () => send('parts.price', { tabId, part }) })
  const pay = useMutation({
    mutationFn: (most: Usd) => send('parts.pay', { tabId, part, most }),
    onSuccess: ({ waits }) => waits && openApproval(),
  })
  const name = nameOf(part)
  const price = look.data?.price
  // Where the price was asked for, money is spent next: a double click shall not do both.
  const armed = useArmed(price?.toString() ?? '')
  const error = pay.error ?? look.error
  return (
    <div className="grid gap-2">
      <div className="flex items-center justify-between gap-4">
        <div className="min-w-0">
          <p className="truncate" title={part.url}>
            <bdi dir="ltr">{name}</bdi>
          </p>
          <p className="text-soft text-xs">{t(`tab.part.${part.kind}`)}</p>
        </div>
        {price ? (
          <Button
            look="primary"
            busy={pay.isPending}
            disabled={!armed || pay.isSuccess}
            {...(!pay.isSuccess && { 'aria-label': t('tab.payPartOf', { price: formatUsd(price), name }) })}
            onClick={() => pay.mutate(price)}
          >
            {pay.isSuccess ? t('tab.payingPart') : t('tab.payPart', { price: formatUsd(price) })}
          </Button>
        ) : (
          <Button busy={look.isPending} aria-label={t('tab.partPriceOf', { name })} onClick={() => look.mutate()}>
            {t('tab.partPrice')}
          </Button>
        )}
      </div>
      {price === null && <p className="text-soft">{t('tab.partUnpriced')}</p>}
      {error && <Notice tone="danger">{errorSentence(t, error)}</Notice>}
    </div>
  )
}

/** The end of its address, as far as it says something; all of the address is a hover away. */
function nameOf({ url }: PartView): string {
  const { host, pathname, search } = new URL(url)
  const name = `${pathname.split('/').at(-1) ?? ''}${search}`
  return name === '' ? host : name
}
