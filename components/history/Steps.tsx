import { useTranslation } from 'react-i18next'
import { Time } from '@/components/ui/Time'

/** What happened when, oldest first. */
export function Steps({ steps }: { steps: readonly { readonly name: string; readonly at: number }[] }) {
  const { t } = useTranslation()
  return (
    <section className="grid gap-2">
      <h3 className="font-semibold">{t('payments.history')}</h3>
      <ol className="grid gap-1.5 border-line-strong border-s-2 ps-3">
        {steps.map(({ name, at }) => (
          <li key={`${name} ${at}`} className="flex flex-wrap justify-between gap-x-4">
            <span>{name}</span>
            <span className="text-soft">
              <Time at={at} exact />
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
