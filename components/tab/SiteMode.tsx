import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { RuleEnd } from '@/components/rules/RuleEnd'
import { useRules } from '@/components/shell/queries'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import { formatUsd } from '@/lib/money/usd'
import { autoPayUpTo, type Rules, type SiteRule, siteRuleFor } from '@/lib/policy/rules'

type Mode = SiteRule['mode'] | 'default'

/** Auto, ask or block for one site, in effect as soon as it is chosen. A domain's rule holds until the site has its own. */
export function SiteMode({ site }: { site: string }) {
  const { t } = useTranslation()
  const rules = useRules()
  const save = useMutation({ mutationFn: (rule: SiteRule | null) => send('rules.setSite', { site, rule }) })
  return (
    <Loaded query={rules}>
      {(current) => {
        const now = Date.now()
        const held = siteRuleFor(current, site, now)
        const domain = siteRuleFor({ sites: without(current.sites, site) }, site, now)?.key
        const ofDomain = held !== null && held.key !== site
        const auto = autoRule(current, site)
        const most = held?.rule.mode === 'auto' ? held.rule.mostPerPayment : auto.mostPerPayment
        return (
          <div className="grid gap-2">
            <RadioGroup<Mode>
              label={t('tab.mode')}
              value={held?.rule.mode ?? 'default'}
              disabled={save.isPending}
              onChange={(mode) => save.mutate(mode === 'default' ? null : mode === 'auto' ? auto : { mode })}
              options={[
                // The domain's rule is what is in force already: there is nothing to go back to.
                ...(ofDomain
                  ? []
                  : [
                      {
                        value: 'default' as const,
                        label: domain === undefined ? t('tab.modeDefault') : t('tab.modeDomain', { domain }),
                      },
                    ]),
                { value: 'auto', label: t('tab.modeAuto', { most: formatUsd(most) }) },
                { value: 'ask', label: t('tab.modeAsk') },
                { value: 'block', label: t('tab.modeBlock') },
              ]}
            />
            {held && (
              <div className="text-soft text-xs">
                {ofDomain && <p>{t('tab.ofDomain', { domain: held.key })}</p>}
                <RuleEnd rule={held.rule} />
              </div>
            )}
            {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
          </div>
        )
      }}
    </Loaded>
  )
}

const without = (sites: Rules['sites'], site: string): Rules['sites'] =>
  Object.fromEntries(Object.entries(sites).filter(([key]) => key !== site))

/** Auto-pay for a site: as it was set before, if it was and has ended, or else as much as is allowed everywhere. */
function autoRule({ sites, mostPerPayment }: Rules, site: string): Extract<SiteRule, { mode: 'auto' }> {
  const before = Object.hasOwn(sites, site) ? sites[site] : undefined
  return before?.mode === 'auto' ? { ...before, lasts: 'always' } : autoPayUpTo(mostPerPayment)
}
