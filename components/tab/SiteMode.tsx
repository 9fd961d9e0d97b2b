import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useRules } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { formatUsd } from '@/lib/money/usd'
import { type Rules, type SiteRule, siteRule } from '@/lib/policy/rules'

type Mode = SiteRule['mode'] | 'default'

/** Auto, ask or block for one site, in effect as soon as it is chosen. */
export function SiteMode({ site }: { site: string }) {
  const { t } = useTranslation()
  const rules = useRules()
  const save = useMutation({
    mutationFn: async (mode: Mode) => send('rules.set', withMode(await send('rules.get'), site, mode)),
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
              onChange={(mode) => save.mutate(mode)}
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

function withMode(rules: Rules, site: string, mode: Mode): Rules {
  const { [site]: _, ...others } = rules.sites
  if (mode === 'default') return { ...rules, sites: others }
  const rule: SiteRule = mode === 'auto' ? { mode, mostPerPayment: rules.mostPerPayment, pages: [] } : { mode }
  return { ...rules, sites: { ...others, [site]: rule } }
}
