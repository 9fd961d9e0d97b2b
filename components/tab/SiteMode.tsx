import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useRules } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { formatUsd, type Usd } from '@/lib/money/usd'
import { type SiteRule, siteRule } from '@/lib/policy/rules'

type Mode = SiteRule['mode'] | 'default'

/** Auto, ask or block for one site, in effect as soon as it is chosen. */
export function SiteMode({ site }: { site: string }) {
  const { t } = useTranslation()
  const rules = useRules()
  const save = useMutation({
    mutationFn: ({ mode, most }: { mode: Mode; most: Usd }) =>
      send('rules.setSite', { site, rule: ruleFor(mode, most) }),
  })
  return (
    <Loaded query={rules}>
      {(current) => {
        const rule = siteRule(current, site)
        const most = formatUsd(rule?.mode === 'auto' ? rule.mostPerPayment : current.mostPerPayment)
        return (
          <>
            <RadioGroup<Mode>
              label={t('tab.mode')}
              value={rule?.mode ?? 'default'}
              disabled={save.isPending}
              onChange={(mode) => save.mutate({ mode, most: current.mostPerPayment })}
              options={[
                { value: 'default', label: t('tab.modeDefault') },
                { value: 'auto', label: t('tab.modeAuto', { most }) },
                { value: 'ask', label: t('tab.modeAsk') },
                { value: 'block', label: t('tab.modeBlock') },
              ]}
            />
            {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
          </>
        )
      }}
    </Loaded>
  )
}

function ruleFor(mode: Mode, mostPerPayment: Usd): SiteRule | null {
  if (mode === 'default') return null
  return mode === 'auto' ? { mode, mostPerPayment, pages: [] } : { mode }
}
